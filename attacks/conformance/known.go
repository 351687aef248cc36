package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/arbench/arbench"
)

// rounding is the part of a distance, or of eps, by which float32 may miss the exact one.
const rounding = 1e-3

// A known is a classified image of softmax regression and what became of it.
type known struct {
	norm   arbench.Norm
	i      int     // its row
	exact  float64 // distance of the nearest misclassified image
	plane  float64 // of the nearest that the candidate's class may have; exact if that is the right one
	found  float64 // distance of the candidate
	wrong  bool    // the candidate is misclassified
	inside bool    // and within eps and the box
	eps    float64
}

// known puts the attack, in each norm it declares, to 32 images of a softmax regression of so many classes
// and calls f for each that the model gets right. Inside images have no values near the ends of the box.
func (k *kit) known(ctx context.Context, classes int, inside bool, f func(known) error) error {
	m := newSoftmax(classes, 2, 3, 5)
	b := m.examples(32, 0)
	if inside {
		for i := range b.X.Data {
			b.X.Data[i] = 0.3 + 0.4*b.X.Data[i]
		}
		copy(b.Y, m.labels(b.X))
	}
	clean := m.labels(b.X)
	for _, t := range k.threats() {
		x, err := k.perturb(ctx, m, b, t, 1)
		if err != nil {
			return fmt.Errorf("%d classes, %v: %w", classes, t, err)
		}
		for i, y := range m.labels(x) {
			if clean[i] != b.Y[i] {
				continue
			}
			a := known{
				norm: t.Norm, i: i, eps: t.Eps, wrong: y != b.Y[i],
				exact: m.distance(t.Norm, b.X.Row(i), b.Y[i]), found: t.Distance(x.Row(i), b.X.Row(i)),
			}
			if a.plane = a.exact; a.wrong {
				a.plane = m.plane(t.Norm, b.X.Row(i), b.Y[i], y)
			}
			a.inside = a.wrong && arbench.Within(a.found, t.Eps) && arbench.InBox(x.Row(i))
			if err := f(a); err != nil {
				return fmt.Errorf("%d classes, %v: image %d %w", classes, t, i, err)
			}
		}
	}
	return nil
}

// withinClosedForm asks that no candidate is misclassified at a distance at which none can be. It notes how
// many of the images that can be broken within eps are.
func withinClosedForm(ctx context.Context, k *kit) error {
	broken, can := map[arbench.Norm]int{}, map[arbench.Norm]int{}
	for _, classes := range []int{2, 5} {
		if classes == 2 && k.promises(ManyClasses) {
			continue
		}
		err := k.known(ctx, classes, false, func(a known) error {
			if a.wrong && a.found < a.exact*(1-rounding)-1e-6 {
				return fmt.Errorf("is misclassified at distance %v, where the nearest that can be is at %v", a.found, a.exact)
			}
			if a.inside {
				broken[a.norm]++
			}
			if a.inside || a.exact <= a.eps {
				can[a.norm]++
			}
			return nil
		})
		if few := (arbench.FewClasses{}); classes == 2 && errors.As(err, &few) {
			continue
		}
		if err != nil {
			return err
		}
	}
	var parts []string
	for _, t := range k.threats() {
		if can[t.Norm] == 0 {
			continue
		}
		parts = append(parts, fmt.Sprintf("%v: %d of the %d that can be broken", t, broken[t.Norm], can[t.Norm]))
	}
	k.note = strings.Join(parts, "; ")
	return nil
}

func optimal(ctx context.Context, k *kit) error {
	if !k.promises(Optimal) {
		return k.without("it does not promise to be optimal")
	}
	n := 0
	err := k.known(ctx, 2, false, func(a known) error {
		if a.norm != arbench.Linf || a.exact > a.eps*(1-rounding) {
			return nil
		}
		if n++; !a.inside {
			return fmt.Errorf("is not broken, but can be at distance %v", a.exact)
		}
		return nil
	})
	k.note = fmt.Sprintf("all of %d", n)
	return err
}
