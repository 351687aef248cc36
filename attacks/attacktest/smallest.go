package attacktest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/arbench/arbench"
)

// An Excess is the greatest share by which an attack's distances exceed the closed form on planes: on
// models of two classes, and of more.
type Excess struct{ Two, More float64 }

// RunSmallest checks, each in a subtest of its name, the rules of attacks that look for the smallest
// change, on the attack that construct returns: that on planes it finds the closed form but for the
// excess, which is to be stated for each attack, or in L0 one value more, and that images that need no change, or of which
// nothing can be learnt, keep their pixels.
func RunSmallest(t *testing.T, construct func() arbench.Attack, excess Excess, properties ...Property) {
	t.Helper()
	for _, r := range smallestRules(excess) {
		t.Run(r.name, func(t *testing.T) {
			if err := r.check(t.Context(), newKit(construct, properties)); err != nil {
				t.Error(err)
			}
		})
	}
}

// CheckSmallest is RunSmallest outside a test: its error names every rule that is broken.
func CheckSmallest(
	ctx context.Context, construct func() arbench.Attack, excess Excess, properties ...Property,
) error {
	var errs []error
	for _, r := range smallestRules(excess) {
		if err := r.check(ctx, newKit(construct, properties)); err != nil {
			errs = append(errs, fmt.Errorf("rule %s: %w", r.name, err))
		}
	}
	return errors.Join(errs...)
}

type smallestRule struct {
	name  string
	check func(context.Context, *kit) error
}

func smallestRules(excess Excess) []smallestRule {
	return []smallestRule{
		{"closed-form-on-planes", func(ctx context.Context, k *kit) error { return k.closedForm(ctx, excess) }},
		{"misclassified-images-stay", misclassifiedStay},
		{"derivatives-that-say-nothing", sayNothing},
		{"one-row-of-nan", oneRowOfNaN},
		{"one-class", oneClass},
	}
}

// closedForm compares distances with the least one to a plane between two classes, of models of 2, 3 and
// 6 classes: the plane with the class that the candidate has come to have, and all planes where the
// attack promises it.
func (k *kit) closedForm(ctx context.Context, excess Excess) error {
	for _, classes := range []int{2, 3, 6} {
		share := excess.More
		if classes == 2 {
			share = excess.Two
		}
		m := newSoftmax(classes, 1, 4, 5)
		b := m.examples(40, 0)
		for i := range b.X.Data {
			b.X.Data[i] = 0.3 + 0.4*b.X.Data[i] // away from the ends of the box
		}
		copy(b.Y, m.labels(b.X))
		for _, t := range k.threats() {
			x, err := k.perturb(ctx, m, b, t, 1)
			if err != nil {
				return fmt.Errorf("%d classes, %v: %w", classes, t, err)
			}
			if err := m.compare(t, b, x, share, k.promises(NearestPlane)); err != nil {
				return fmt.Errorf("%d classes, %s: %w", classes, t.Norm, err)
			}
		}
	}
	return nil
}

// compare holds the candidates x against the closed form.
func (m *softmax) compare(t arbench.Threat, b arbench.Batch, x arbench.Tensor, excess float64, all bool) error {
	y := m.labels(x)
	for i := range b.Len() {
		if y[i] == b.Y[i] {
			return fmt.Errorf("image %d is not misclassified, but can be", i)
		}
		want := math.Inf(1)
		for k := range m.weights.Len() {
			if k == y[i] || all && k != b.Y[i] {
				want = min(want, m.least(t.Norm, b.X.Row(i), b.Y[i], k))
			}
		}
		got, slack := t.Distance(x.Row(i), b.X.Row(i)), 1e-5
		if t.Norm == arbench.L0 {
			slack = 1 // distances are whole
		}
		switch {
		case got < want*(1-1e-4)-1e-6:
			return fmt.Errorf("image %d has the distance %v, less than the least one, %v", i, got, want)
		case got > want*(1+excess)+slack:
			return fmt.Errorf("image %d has the distance %v, %.2f %% more than the least one, %v",
				i, got, 100*(got/want-1), want)
		}
	}
	return nil
}

// A pixel can move by room towards a plane, and by |w| of it for each step.
type pixel struct{ size, room float64 }

// fewest returns the L1 or L0 norm of the least change that gets by need towards the plane.
func fewest(n arbench.Norm, pixels []pixel, need float64) float64 {
	reach := func(p pixel) float64 {
		if n == arbench.L0 {
			return p.size * p.room
		}
		return p.size
	}
	slices.SortFunc(pixels, func(a, b pixel) int { return cmp.Compare(reach(b), reach(a)) })
	sum := 0.0
	for _, p := range pixels {
		if need <= 1e-9 {
			return sum
		}
		move := min(p.room, need/p.size)
		need -= move * p.size
		if sum += move; n == arbench.L0 {
			sum += 1 - move
		}
	}
	if need > 1e-9 {
		return math.Inf(1)
	}
	return sum
}

// least returns the norm of the least change in the box that takes x to the plane between the classes y
// and k, +Inf if none does. In L1 and L0 that moves pixels to the end of the box, as many as it takes: in L1
// those of greatest |w|, in L0 those that lead farthest towards the plane. In the other norms every pixel
// moves by λ, in L2 by λ|w|, as far as the box lets it.
func (m *softmax) least(n arbench.Norm, x []float32, y, k int) float64 {
	pixels, need := make([]pixel, len(x)), 0.0
	for j, v := range x {
		w := float64(m.weights.Row(k)[j]) - float64(m.weights.Row(y)[j])
		need -= w * float64(v)
		room := float64(v)
		if w > 0 {
			room = 1 - room
		}
		pixels[j] = pixel{math.Abs(w), room}
	}
	if n == arbench.L1 || n == arbench.L0 {
		return fewest(n, pixels, need)
	}
	moves := func(lambda float64) (d []float32, reached float64) {
		for _, p := range pixels {
			move := min(lambda, p.room)
			if n == arbench.L2 {
				move = min(lambda*p.size, p.room)
			}
			d, reached = append(d, float32(move)), reached+move*p.size
		}
		return d, reached
	}
	lo, hi := 0.0, 1e6
	if _, reached := moves(hi); reached < need {
		return math.Inf(1)
	}
	for range 100 {
		mid := (lo + hi) / 2
		if _, reached := moves(mid); reached < need {
			lo = mid
		} else {
			hi = mid
		}
	}
	d, _ := moves(hi)
	return n.Of(d)
}

func misclassifiedStay(ctx context.Context, k *kit) error {
	clean := k.model.labels(k.batch.X)
	return k.eachThreat(ctx, func(_ arbench.Threat, x arbench.Tensor) error {
		for i := range x.Len() {
			if clean[i] != k.batch.Y[i] && !slices.Equal(x.Row(i), k.batch.X.Row(i)) {
				return fmt.Errorf("image %d is misclassified as it is, but was moved", i)
			}
		}
		return nil
	})
}

// sayNothing answers with derivatives that are zero or not finite.
func sayNothing(ctx context.Context, k *kit) error {
	for _, bad := range []float64{0, math.NaN(), math.Inf(1), math.Inf(-1)} {
		k.model.spoil = func(_ arbench.Tensor, p arbench.Pass) {
			for _, d := range p.DX {
				for j := range d.Data {
					d.Data[j] = float32(bad)
				}
			}
		}
		err := k.eachThreat(ctx, func(_ arbench.Threat, x arbench.Tensor) error {
			if !slices.Equal(x.Data, k.batch.X.Data) {
				return fmt.Errorf("derivatives of %v moved an image", bad)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// oneRowOfNaN answers NaN about the neighbourhood of one image, of the class that it is taken for.
func oneRowOfNaN(ctx context.Context, k *kit) error {
	const row = 3
	nan := slices.Repeat([]float32{float32(math.NaN())}, k.model.weights.Len())
	k.batch.Y[row] = 0 // what NaN counts as
	others := slices.DeleteFunc(indices(k.batch.Len()), func(i int) bool { return i == row })
	for _, t := range k.threats() {
		k.model.spoil = nil
		want, err := k.perturb(ctx, k.model, k.batch.Gather(others), t.Gather(others), 1)
		if err != nil {
			return err
		}
		image := k.batch.X.Row(row)
		k.model.spoil = func(x arbench.Tensor, p arbench.Pass) {
			for i := range x.Len() {
				if farthest(x.Row(i), image) < 1e-3 {
					copy(p.Logits.Row(i), nan)
				}
			}
		}
		x, err := k.perturb(ctx, k.model, k.batch, t, 1)
		if err == nil {
			err = k.inThreat(t, x)
		}
		if err == nil && !slices.Equal(x.Gather(others).Data, want.Data) {
			err = fmt.Errorf("%v: NaN about image %d changed the candidate of another", t, row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func oneClass(ctx context.Context, k *kit) error {
	k.model = newSoftmax(1, 2, 3, 5)
	k.batch.Y = make([]int, k.batch.Len())
	return k.eachThreat(ctx, func(_ arbench.Threat, x arbench.Tensor) error {
		if !slices.Equal(x.Data, k.batch.X.Data) {
			return fmt.Errorf("a model of one class cannot be wrong, but an image was moved")
		}
		return nil
	})
}
