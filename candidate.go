package arbench

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// Put puts t to a and returns its candidates: one image for each row of t.X, inside the threat. What
// the attack returns is checked for shape, NaN and infinities and then projected. The smallest changes
// that a minimum-norm attack looks for are kept to the box alone; for a family of changes the attack
// returns parameters, which are applied to the images. The attack works on a copy of the examples, and
// one that changes it is refused: it would move the ball.
func (t Trial) Put(ctx context.Context, a Attack) (Tensor, error) {
	given := t
	given.Batch = Batch{X: t.X.Clone(), Y: slices.Clone(t.Y), ID: slices.Clone(t.ID)}
	x, err := a.Perturb(ctx, given)
	if err != nil {
		return Tensor{}, err
	}
	if !slices.Equal(given.X.Data, t.X.Data) || !slices.Equal(given.Y, t.Y) || !slices.Equal(given.ID, t.ID) {
		return Tensor{}, fmt.Errorf("the attack changed the examples it was given")
	}
	if err := t.check(x); err != nil {
		return Tensor{}, err
	}
	switch {
	case t.Family != nil:
		out := NewTensor(t.X.Shape...)
		for i := range t.Len() {
			t.Family.Apply(x.Row(i), t.At(i), t.X.Row(i), out.Row(i))
		}
		return out, nil
	case a.Info().MinimumNorm:
		for i, v := range x.Data {
			x.Data[i] = clip01(v)
		}
	default:
		t.Project(x, t.X)
	}
	return x, nil
}

// check refuses what is not one finite candidate for each row.
func (t Trial) check(x Tensor) error {
	width := Volume(t.X.Shape[1:])
	if t.Family != nil {
		width = t.Family.Width()
	}
	if x.Len() != t.Len() || len(x.Data) != width*t.Len() {
		return fmt.Errorf("the attack returned shape %v for %d examples of %d values", x.Shape, t.Len(), width)
	}
	for i, v := range x.Data {
		if v := float64(v); math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("the attack's candidate of example %d holds %v", t.ID[i/width], v)
		}
	}
	return nil
}
