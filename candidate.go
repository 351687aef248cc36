package arbench

import (
	"context"
	"fmt"
	"slices"
)

// Put puts t to a and returns its candidates: one image for each row of t.X, inside the threat. What
// the attack returns is checked for shape, NaN and infinities and then projected. The smallest changes
// that a minimum-norm attack looks for are kept to the box alone; for a family of changes the attack
// returns parameters, which are applied to the images. The attack works on a copy of the examples, and
// one that changes it is refused: it would move the ball.
func (t Trial) Put(ctx context.Context, a Attack) (Tensor, error) {
	width := Volume(t.X.Shape[1:])
	given := t
	given.Batch = Batch{X: NewTensor(t.X.Shape...), Y: slices.Clone(t.Y), ID: slices.Clone(t.ID)}
	EachRow(t.Len(), width, func(i int) { copy(given.X.Row(i), t.X.Row(i)) })
	x, err := a.Perturb(ctx, given)
	if err != nil {
		return Tensor{}, err
	}
	if err := t.check(given.Batch, x, a.Info().MinimumNorm); err != nil {
		return Tensor{}, err
	}
	if t.Family != nil {
		out := NewTensor(t.X.Shape...)
		for i := range t.Len() {
			t.Family.Apply(x.Row(i), t.At(i), t.X.Row(i), out.Row(i))
		}
		return out, nil
	}
	return x, nil
}

// check refuses an attack that changed the examples it was given, and what is not one finite candidate for
// each row. It projects candidates, smallest changes to the box alone.
func (t Trial) check(given Batch, x Tensor, smallest bool) error {
	width := Volume(t.X.Shape[1:])
	if t.Family != nil {
		width = t.Family.Width()
	}
	if x.Len() != t.Len() || len(x.Data) != width*t.Len() {
		return fmt.Errorf("the attack returned shape %v for %d examples of %d values", x.Shape, t.Len(), width)
	}
	const none = -1
	bad := make([]int, t.Len()) // of each row: the first value that is not finite, none, or width: row changed
	EachRow(t.Len(), width, func(i int) {
		row := x.Row(i)
		bad[i] = none
		if !slices.Equal(given.X.Row(i), t.X.Row(i)) {
			bad[i] = width
			return
		}
		if t.Norm == Linf && t.Family == nil && isInside(row, t.X.Row(i), float32(t.At(i))) {
			return
		}
		bad[i] = notFinite(row)
		switch {
		case bad[i] != none || t.Family != nil:
		case smallest:
			for j, v := range row {
				row[j] = clip01(v)
			}
		default:
			t.ProjectRow(row, t.X.Row(i), t.At(i))
		}
	})
	if slices.Contains(bad, width) || !slices.Equal(given.Y, t.Y) || !slices.Equal(given.ID, t.ID) {
		return fmt.Errorf("the attack changed the examples it was given")
	}
	for i, j := range bad {
		if j != none {
			return fmt.Errorf("the attack's candidate of example %d holds %v", t.ID[i], x.Row(i)[j])
		}
	}
	return nil
}

// notFinite returns the first place in row of NaN or an infinity, -1 if there is none.
func notFinite(row []float32) int {
	for j, v := range row {
		if v-v != 0 {
			return j
		}
	}
	return -1
}
