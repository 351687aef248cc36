package conformance

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
)

func epsZero(ctx context.Context, k *kit) error {
	if k.attack.Info().MinimumNorm {
		return k.without("it looks for the smallest change")
	}
	for _, t := range k.threats() {
		t.Eps = 0
		x, err := k.perturb(ctx, k.model, k.batch, t, 1)
		if err != nil {
			return fmt.Errorf("%v: %w", t, err)
		}
		if !slices.Equal(x.Data, k.batch.X.Data) {
			return fmt.Errorf("%v: a candidate is not the image", t)
		}
	}
	return nil
}

// anyEps compares trials of no, twice and unbounded eps.
func anyEps(ctx context.Context, k *kit) error {
	if !k.attack.Info().AnyEps {
		return k.without("it does not say that they are")
	}
	return k.eachThreat(ctx, func(t arbench.Threat, want arbench.Tensor) error {
		for _, eps := range []float64{0, 2 * t.Eps, math.Inf(1)} {
			other := t
			other.Eps = eps
			x, err := k.perturb(ctx, k.model, k.batch, other, 1)
			if err != nil {
				return fmt.Errorf("eps %v: %w", eps, err)
			}
			if !slices.Equal(want.Data, x.Data) {
				return fmt.Errorf("Info().AnyEps is set, but eps %v gave other candidates", eps)
			}
		}
		return nil
	})
}

// budgetOfEachRow compares a trial whose rows have budgets of their own with trials of one budget.
func budgetOfEachRow(ctx context.Context, k *kit) error {
	if k.attack.Info().MinimumNorm {
		return k.without("it looks for the smallest change")
	}
	return k.eachThreat(ctx, func(t arbench.Threat, whole arbench.Tensor) error {
		mixed := t
		mixed.Each = make([]float64, k.batch.Len())
		for i := range mixed.Each {
			mixed.Each[i] = t.Eps * float64(i%2)
		}
		x, err := k.perturb(ctx, k.model, k.batch, mixed, 1)
		if err != nil {
			return err
		}
		for i := range x.Len() {
			want := whole.Row(i)
			if i%2 == 0 {
				want = k.batch.X.Row(i)
			}
			if !slices.Equal(want, x.Row(i)) {
				return fmt.Errorf("row %d with the budget %v in Threat.Each got another candidate "+
					"than with that eps for all: use Threat.At", i, mixed.Each[i])
			}
		}
		return nil
	})
}
