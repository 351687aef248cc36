package conformance

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/arbench/arbench"
)

// An Excess is the greatest share by which changes of softmax regression may be longer than the shortest in
// the box; 0.05 is 5 %, +Inf asks for nothing. In L0 one value more is no excess.
type Excess struct {
	Two  float64 // models of two classes, images away from the ends of the box
	More float64 // models of more classes, the same images
	Ends float64 // models of two classes, images with values at the ends of the box
}

// promised is the excess of what Minimal and NearestPlane promise.
const promised = 0.05

// Smallest returns the rule that changes are the shortest but for the excess: the shortest to the class that
// the candidate has, or to any for an attack that promises NearestPlane.
func Smallest(excess Excess) Rule {
	return Rule{"smallest-changes", "the shortest but for a stated excess", func(ctx context.Context, k *kit) error {
		return smallest(ctx, k, excess)
	}}
}

func smallestPromised(ctx context.Context, k *kit) error {
	switch {
	case k.promises(NearestPlane):
		return smallest(ctx, k, Excess{Two: promised, More: promised, Ends: promised})
	case k.promises(Minimal):
		return smallest(ctx, k, Excess{Two: promised, More: math.Inf(1), Ends: promised})
	}
	return k.without("it does not promise the smallest")
}

func smallest(ctx context.Context, k *kit, excess Excess) error {
	var parts []string
	for _, tt := range []struct {
		name    string
		classes int
		inside  bool
		excess  float64
	}{
		{"2 classes", 2, true, excess.Two},
		{"3 classes", 3, true, excess.More},
		{"6 classes", 6, true, excess.More},
		{"values at the ends of the box", 2, false, excess.Ends},
	} {
		if math.IsInf(tt.excess, 1) || tt.classes == 2 && k.promises(ManyClasses) {
			continue
		}
		most := 0.0
		err := k.known(ctx, tt.classes, tt.inside, func(a known) error {
			over, err := k.over(a, tt.excess)
			most = max(most, over)
			return err
		})
		if err != nil {
			return err
		}
		parts = append(parts, fmt.Sprintf("%.2f %% with %s", 100*most, tt.name))
	}
	k.note = "at most " + strings.Join(parts, ", ") + " longer"
	return nil
}

// over returns the share by which the change is longer than the shortest.
func (k *kit) over(a known, excess float64) (float64, error) {
	if math.IsInf(a.exact, 1) {
		return 0, nil
	}
	if !a.wrong {
		return 0, fmt.Errorf("is not broken, but can be at distance %v", a.exact)
	}
	least, slack := a.plane, 1e-6
	if k.promises(NearestPlane) {
		least = a.exact
	}
	if a.norm == arbench.L0 {
		slack = 1 // distances are whole
	}
	over := max(a.found-slack, least)/least - 1
	if over > excess {
		return over, fmt.Errorf("is broken at distance %v, %.2f %% longer than the least, %v",
			a.found, 100*(a.found/least-1), least)
	}
	return over, nil
}

func misclassifiedStay(ctx context.Context, k *kit) error {
	if !k.attack.Info().MinimumNorm {
		return k.without("it does not look for the smallest change")
	}
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

// sayNothing answers with derivatives that are zero or not finite. An image may be broken all the same by
// chance: not by the same candidate for another seed.
func sayNothing(ctx context.Context, k *kit) error {
	switch {
	case !k.attack.Info().MinimumNorm:
		return k.without("it does not look for the smallest change")
	case k.attack.Info().Access != arbench.Gradients:
		return k.without("it asks for no derivatives")
	}
	for _, bad := range []float64{0, math.NaN(), math.Inf(1), math.Inf(-1)} {
		k.model.spoil = func(_ arbench.Tensor, p arbench.Pass) {
			for _, d := range p.DX {
				for j := range d.Data {
					d.Data[j] = float32(bad)
				}
			}
		}
		err := k.eachThreat(ctx, func(t arbench.Threat, x arbench.Tensor) error {
			other, err := k.perturb(ctx, k.model, k.batch, t, 2)
			if err != nil {
				return err
			}
			for i, y := range k.model.labels(x) {
				image, c := k.batch.X.Row(i), x.Row(i)
				byChance := y != k.batch.Y[i] && !slices.Equal(c, other.Row(i))
				if !slices.Equal(c, image) && !byChance {
					return fmt.Errorf("derivatives of %v moved image %d", bad, i)
				}
			}
			return k.inThreat(t, x)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// oneRowOfNaN answers NaN about the neighbourhood of one image, of the class that it is taken for.
func oneRowOfNaN(ctx context.Context, k *kit) error {
	if !k.attack.Info().MinimumNorm {
		return k.without("it does not look for the smallest change")
	}
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
	if !k.attack.Info().MinimumNorm {
		return k.without("it does not look for the smallest change")
	}
	if k.promises(ManyClasses) {
		return k.without("it needs more than two")
	}
	k.model = newSoftmax(1, 2, 3, 5)
	k.batch.Y = make([]int, k.batch.Len())
	return k.eachThreat(ctx, func(_ arbench.Threat, x arbench.Tensor) error {
		if !slices.Equal(x.Data, k.batch.X.Data) {
			return fmt.Errorf("a model of one class cannot be wrong, but an image was moved")
		}
		return nil
	})
}
