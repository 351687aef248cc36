package regularizertest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/arbench/arbench"
)

func describesItself(_ context.Context, k *kit) error {
	r := k.construct()
	_, prepares := r.(arbench.Preparer)
	_, penalizes := r.(arbench.Penalizer)
	_, wraps := r.(arbench.Wrapper)
	_, finishes := r.(arbench.Finisher)
	switch {
	case r.Info().Doc == "":
		return fmt.Errorf("Info().Doc is empty: say in one line what it does")
	case reflect.TypeOf(r).Kind() != reflect.Pointer:
		return fmt.Errorf("it is a %T, want a pointer to a struct of options", r)
	case !prepares && !penalizes && !wraps && !finishes:
		return fmt.Errorf("it has no verb: implement Prepare, Penalize, Around or Finish")
	case prepares && len(r.(arbench.Preparer).Replaces()) == 0:
		return fmt.Errorf("it prepares but Replaces() is empty: say what")
	}
	if v, ok := r.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return fmt.Errorf("the constructor's options do not pass Validate: %w", err)
		}
	}
	return nil
}

// keepsBatch: the images, classes and ids that the step came with belong to the caller.
func keepsBatch(ctx context.Context, k *kit) error {
	s, _, err := newStep()
	if err != nil {
		return err
	}
	given, want := s.Batch, examples(s.Batch.Len())
	if err := take(ctx, k.construct(), s); err != nil {
		return err
	}
	if !reflect.DeepEqual(given, want) {
		return fmt.Errorf("it changed the batch it was given: put a new tensor into the step")
	}
	return nil
}

func replacesWhatItSays(ctx context.Context, k *kit) error {
	p, ok := k.construct().(arbench.Preparer)
	if !ok {
		return nil
	}
	s, _, err := newStep()
	if err != nil {
		return err
	}
	before := *s
	if err := p.Prepare(ctx, s); err != nil {
		return err
	}
	parts := p.Replaces()
	if !slices.Contains(parts, arbench.Images) && !reflect.DeepEqual(before.Batch, s.Batch) {
		return fmt.Errorf("it changed the batch, but Replaces() is %q", parts)
	}
	if !slices.Contains(parts, arbench.Base) && !reflect.DeepEqual(before.Loss, s.Loss) {
		return fmt.Errorf("it changed the loss, but Replaces() is %q", parts)
	}
	return nil
}

func stepFitsTogether(ctx context.Context, k *kit) error {
	s, _, err := newStep()
	if err != nil {
		return err
	}
	if err := prepare(ctx, k.construct(), s); err != nil {
		return err
	}
	n, groups := s.X.Len(), 0
	for _, g := range s.Groups {
		groups += g
	}
	switch {
	case len(s.Y) != n || len(s.ID) != n:
		return fmt.Errorf("%d images, %d classes and %d ids", n, len(s.Y), len(s.ID))
	case s.Weight != nil && len(s.Weight) != n:
		return fmt.Errorf("%d images and %d weights", n, len(s.Weight))
	case s.Groups != nil && groups != n:
		return fmt.Errorf("%d images in groups of %v", n, s.Groups)
	case !finite(s.X.Data) || !finite(s.Weight):
		return fmt.Errorf("an image or a weight is not a finite number")
	}
	return nil
}

func finite(x []float32) bool {
	return !slices.ContainsFunc(x, func(v float32) bool { return v-v != 0 })
}

// keepsParameters: only the optimizer and Finish move the parameters for good.
func keepsParameters(ctx context.Context, k *kit) error {
	s, m, err := newStep()
	if err != nil {
		return err
	}
	before, err := m.Params(ctx)
	if err != nil {
		return err
	}
	r := k.construct()
	if err := prepare(ctx, r, s); err != nil {
		return err
	}
	for i, p := range m.params {
		if !slices.Equal(p.Grad.Data, before[i].Grad.Data) {
			return fmt.Errorf("a derivative is left in %s after Prepare: that is for the pass of the step", p.Name)
		}
	}
	if err := pass(ctx, r, s); err != nil {
		return err
	}
	for i, p := range m.params {
		if !slices.Equal(p.Value.Data, before[i].Value.Data) {
			return fmt.Errorf("it left another value in %s: put back what it moved", p.Name)
		}
	}
	return nil
}

func sameStep(ctx context.Context, k *kit) error {
	var values [2]float64
	var params [2][]arbench.Param
	for i := range params {
		s, m, err := newStep()
		if err != nil {
			return err
		}
		if err := take(ctx, k.construct(), s); err != nil {
			return err
		}
		values[i], params[i] = s.Value, m.params
	}
	if values[0] != values[1] || !reflect.DeepEqual(params[0], params[1]) {
		return fmt.Errorf("the same step taken twice gave two results: draw from Step.Rand")
	}
	return nil
}

// derivative compares the running sums with central differences of the value of the step. The step
// is prepared once: what Prepare finds, such as adversarial examples, counts as constant.
func derivative(ctx context.Context, k *kit) error {
	s, m, err := newStep()
	if err != nil {
		return err
	}
	r := k.construct()
	if err := prepare(ctx, r, s); err != nil {
		return err
	}
	value := func() (float64, error) {
		m.ClearGrad()
		err := pass(ctx, r, s)
		return s.Value, err
	}
	if _, err := value(); err != nil {
		return err
	}
	got, err := m.Params(ctx)
	if err != nil {
		return err
	}
	for i, p := range m.params {
		for j := range p.Value.Data {
			want, err := difference(&p.Value.Data[j], value)
			if err != nil {
				return err
			}
			// Logits are rounded to float32, which leaves about 1e-7/step in a difference.
			if g := float64(got[i].Grad.Data[j]); math.Abs(g-want) > 1e-3*(0.1+math.Abs(want)) {
				return fmt.Errorf("derivative in %s[%d] is %v, differences of the value give %v",
					p.Name, j, g, want)
			}
		}
	}
	return nil
}

// difference returns the central difference of f in v.
func difference(v *float32, f func() (float64, error)) (float64, error) {
	const h = 1.0 / 256
	v0 := *v
	defer func() { *v = v0 }()
	*v = v0 + h
	hi := float64(*v)
	up, err := f()
	if err != nil {
		return 0, err
	}
	*v = v0 - h
	down, err := f()
	return (up - down) / (hi - float64(*v)), err
}

func countsPasses(ctx context.Context, k *kit) error {
	s, m, err := newStep()
	if err != nil {
		return err
	}
	if err := take(ctx, k.construct(), s); err != nil {
		return err
	}
	if s.Passes != m.passes {
		return fmt.Errorf("the step counted %d forward and %d backward, the model saw %d and %d: "+
			"go through Step.Run and Step.Attack",
			s.Passes.Forward, s.Passes.Backward, m.passes.Forward, m.passes.Backward)
	}
	return nil
}

// plain does nothing.
type plain struct{}

func (plain) Info() arbench.RegularizerInfo { return arbench.RegularizerInfo{} }

// strengthZero compares the parameters after a step of strength 0 with those after a plain one.
func strengthZero(ctx context.Context, k *kit) error {
	if k.off == nil {
		return nil
	}
	var values [2]float64
	var params [2][]arbench.Param
	for i, r := range []arbench.Regularizer{plain{}, k.off()} {
		s, m, err := newStep()
		if err != nil {
			return err
		}
		if err := take(ctx, r, s); err != nil {
			return err
		}
		values[i], params[i] = s.Value, m.params
	}
	if math.Abs(values[0]-values[1]) > 1e-6 {
		return fmt.Errorf("the value is %v, that of plain training %v", values[1], values[0])
	}
	for i, p := range params[0] {
		for j, want := range p.Value.Data {
			if got := params[1][i].Value.Data[j]; math.Abs(float64(got-want)) > 1e-6 {
				return fmt.Errorf("%s[%d] is %v after the step, %v in plain training", p.Name, j, got, want)
			}
		}
	}
	return nil
}

// stopsWhenCancelled cancels in the second pass of the step.
func stopsWhenCancelled(ctx context.Context, k *kit) error {
	s, m, err := newStep()
	if err != nil {
		return err
	}
	ctx, m.cancel = context.WithCancel(ctx)
	err = take(ctx, k.construct(), s)
	if m.calls >= 2 && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("cancelled on the way it gave the error %v, want that of the context", err)
	}
	if m.calls > 2 {
		return fmt.Errorf("it went on for %d passes after the context was cancelled", m.calls-2)
	}
	m.cancel()
	return nil
}
