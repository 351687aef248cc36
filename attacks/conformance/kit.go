package conformance

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/arbench/arbench"
)

// A kit is an attack, what it promises, and a model of five classes to attack.
type kit struct {
	attack     arbench.Attack
	properties []Property
	model      *softmax
	batch      arbench.Batch

	n    int    // examples that the attack was put to
	note string // what a rule found, or why it does not apply
	skip bool   // it does not apply
}

func newKit(construct func() arbench.Attack, properties []Property) *kit {
	m := newSoftmax(5, 2, 3, 5)
	return &kit{attack: construct(), properties: properties, model: m, batch: m.examples(16, 0)}
}

func (k *kit) promises(p Property) bool { return slices.Contains(k.properties, p) }

// without says that the rule under way does not apply, and returns nil, which is its result.
func (k *kit) without(why string) error {
	k.skip, k.note = true, why
	return nil
}

// threats returns one threat for each norm that the attack declares, strong enough to break some
// images and not all.
func (k *kit) threats() []arbench.Threat {
	var ts []arbench.Threat
	for _, n := range k.attack.Info().Norms {
		ts = append(ts, threat(n))
	}
	return ts
}

func threat(n arbench.Norm) arbench.Threat {
	eps := map[arbench.Norm]float64{arbench.Linf: 0.1, arbench.L2: 0.4, arbench.L1: 1.5, arbench.L0: 4}
	return arbench.Threat{Norm: n, Eps: eps[n]}
}

// perturb puts the attack to b as the runner does: a cascade stage by stage, each on what the
// stages before it left. A panic becomes an error.
func (k *kit) perturb(
	ctx context.Context, m *softmax, b arbench.Batch, t arbench.Threat, seed uint64,
) (x arbench.Tensor, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicError{r}
		}
	}()
	k.n += b.Len()
	staged, ok := k.attack.(arbench.Staged)
	if !ok {
		return single(ctx, k.attack, m, b, t, seed)
	}
	stages, err := staged.Stages(m.Info(), t)
	if err != nil {
		return arbench.Tensor{}, err
	}
	return cascade(ctx, stages, m, b, t, seed)
}

func cascade(
	ctx context.Context, stages []arbench.Stage, m *softmax, b arbench.Batch, t arbench.Threat, seed uint64,
) (arbench.Tensor, error) {
	x := b.X.Clone()
	rows := indices(b.Len())
	for _, s := range stages {
		sub := b.Gather(rows)
		c, err := single(ctx, s.Attack, m, sub, t.Gather(rows), seed)
		if err != nil {
			return arbench.Tensor{}, fmt.Errorf("stage %s: %w", s.Name, err)
		}
		if s.Attack.Info().MinimumNorm {
			t.Gather(rows).Project(c, sub.X)
		}
		x.Scatter(rows, c)
		var left []int
		for i, y := range m.labels(c) {
			if y == sub.Y[i] {
				left = append(left, rows[i])
			}
		}
		rows = left
	}
	return x, nil
}

func single(
	ctx context.Context, a arbench.Attack, m *softmax, b arbench.Batch, t arbench.Threat, seed uint64,
) (arbench.Tensor, error) {
	trial := func(b arbench.Batch, t arbench.Threat) arbench.Trial {
		oracle := arbench.NewOracle(m, a.Info().Access, arbench.Frozen, b, t)
		return arbench.Trial{Model: oracle, Batch: b, Threat: t, Seed: seed, Others: others(a, m, b, t)}
	}
	tr := trial(b, t)
	if c, ok := a.(arbench.Crafted); ok {
		all := t
		all.Each = nil
		crafted, err := c.Craft(ctx, func(yield func(arbench.Trial, error) bool) {
			_ = yield(trial(m.examples(16, 1000), all), nil) && yield(trial(m.examples(16, 2000), all), nil)
		})
		if err != nil {
			return arbench.Tensor{}, fmt.Errorf("craft: %w", err)
		}
		tr.Crafted = crafted
	}
	x, err := a.Perturb(ctx, tr)
	if err == nil && (!slices.Equal(x.Shape, b.X.Shape) || len(x.Data) != len(b.X.Data)) {
		return arbench.Tensor{}, shapeError{x, b.X.Shape}
	}
	return x, err
}

// others returns a model with other weights than m for each that an option of a names.
func others(a arbench.Attack, m *softmax, b arbench.Batch, t arbench.Threat) map[arbench.ModelRef]*arbench.Oracle {
	out := map[arbench.ModelRef]*arbench.Oracle{}
	v := reflect.ValueOf(a)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return out
	}
	for field, f := range v.Elem().Fields() {
		if !field.IsExported() {
			continue
		}
		if ref, ok := f.Interface().(arbench.ModelRef); ok && ref != "" {
			out[ref] = arbench.NewOracle(m.other(), arbench.Gradients, arbench.Frozen, b, t)
		}
	}
	return out
}

func indices(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// panicError is the error that a panic of an attack becomes.
type panicError struct{ value any }

func (e panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// shapeError is the error that candidates of another shape than the images become.
type shapeError struct {
	x    arbench.Tensor
	want []int
}

func (e shapeError) Error() string {
	return fmt.Sprintf("candidates have shape %v and %d values, want %v: one candidate for each image",
		e.x.Shape, len(e.x.Data), e.want)
}

// isFault reports an error that is none of the attack: it panicked, or returned what are no candidates.
func isFault(err error) bool {
	return errors.As(err, new(panicError)) || errors.As(err, new(shapeError))
}
