package conformance

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/arbench/arbench"
)

// slack is how far the runner's projection may move a pixel of a candidate: rounding.
const slack = 1e-5

func describesItself(_ context.Context, k *kit) error {
	info := k.attack.Info()
	switch {
	case info.Doc == "":
		return fmt.Errorf("Info().Doc is empty: say in one line what it does")
	case len(info.Norms) == 0:
		return fmt.Errorf("Info().Norms is empty: say which norms it bounds")
	case info.Access < arbench.Labels || info.Access > arbench.Gradients:
		return fmt.Errorf("Info().Access is %d: say labels, scores or gradients", info.Access)
	case info.AnyEps && !info.MinimumNorm:
		return fmt.Errorf("Info().AnyEps is set without MinimumNorm: only such candidates hold for every eps")
	case reflect.TypeOf(k.attack).Kind() != reflect.Pointer:
		return fmt.Errorf("it is a %T, want a pointer to a struct of options", k.attack)
	}
	if v, ok := k.attack.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return fmt.Errorf("the constructor's options do not pass Validate: %w", err)
		}
	}
	return nil
}

// eachThreat calls f for a threat of each declared norm and its candidates.
func (k *kit) eachThreat(ctx context.Context, f func(arbench.Threat, arbench.Tensor) error) error {
	for _, t := range k.threats() {
		x, err := k.perturb(ctx, k.model, k.batch, t, 1)
		if err == nil {
			err = f(t, x)
		}
		if err != nil {
			return fmt.Errorf("%v: %w", t, err)
		}
	}
	return nil
}

func declaredSuffices(ctx context.Context, k *kit) error {
	return k.eachThreat(ctx, func(arbench.Threat, arbench.Tensor) error { return nil })
}

func keepsInput(ctx context.Context, k *kit) error {
	before := k.batch.Gather(indices(k.batch.Len()))
	return k.eachThreat(ctx, func(_ arbench.Threat, x arbench.Tensor) error {
		if !reflect.DeepEqual(before, k.batch) {
			return fmt.Errorf("it changed the batch it was given: work on a Clone")
		}
		if len(x.Data) > 0 && &x.Data[0] == &k.batch.X.Data[0] {
			return fmt.Errorf("it returned the memory of the images: return a Clone")
		}
		return nil
	})
}

func candidatesInThreat(ctx context.Context, k *kit) error {
	return k.eachThreat(ctx, func(t arbench.Threat, x arbench.Tensor) error {
		return k.inThreat(t, x)
	})
}

// inThreat reports a candidate that is not an image, or that the runner's projection would move.
func (k *kit) inThreat(t arbench.Threat, x arbench.Tensor) error {
	projected := x.Clone()
	if !k.attack.Info().MinimumNorm {
		t.Project(projected, k.batch.X)
	}
	for i := range x.Len() {
		if !arbench.InBox(x.Row(i)) {
			return fmt.Errorf("candidate %d has values that are not in [0, 1]", i)
		}
		if d := farthest(projected.Row(i), x.Row(i)); d > slack {
			return fmt.Errorf("candidate %d has distance %v for eps %v",
				i, t.Distance(x.Row(i), k.batch.X.Row(i)), t.At(i))
		}
	}
	return nil
}

func farthest(x, y []float32) float64 {
	return arbench.Threat{Norm: arbench.Linf}.Distance(x, y)
}

// rowsAreIndependent compares one batch with single rows and with a shuffled batch.
func rowsAreIndependent(ctx context.Context, k *kit) error {
	return k.eachThreat(ctx, func(t arbench.Threat, want arbench.Tensor) error {
		n := k.batch.Len()
		order := arbench.KeyedRand(2, "order").Perm(n)
		for _, split := range []struct {
			name string
			size int
		}{{"alone", 1}, {"in shuffled batches of 5", 5}, {"in a shuffled batch", n}} {
			for rows := range slices.Chunk(order, split.size) {
				got, err := k.perturb(ctx, k.model, k.batch.Gather(rows), t, 1)
				if err != nil {
					return fmt.Errorf("%s: %w", split.name, err)
				}
				for i, r := range rows {
					if !slices.Equal(want.Row(r), got.Row(i)) {
						return fmt.Errorf("example %d got another candidate %s: "+
							"draw from Trial.Rand, and let no row look at another", k.batch.ID[r], split.name)
					}
				}
			}
		}
		return nil
	})
}

func sameSeed(ctx context.Context, k *kit) error {
	return k.eachThreat(ctx, func(t arbench.Threat, x arbench.Tensor) error {
		again, err := k.perturb(ctx, k.model, k.batch, t, 1)
		if err == nil && !slices.Equal(x.Data, again.Data) {
			err = fmt.Errorf("the same trial gave other candidates the second time")
		}
		return err
	})
}

func otherSeed(ctx context.Context, k *kit) error {
	if !k.promises(Random) {
		return k.without("it does not promise to be random")
	}
	return k.eachThreat(ctx, func(t arbench.Threat, x arbench.Tensor) error {
		other, err := k.perturb(ctx, k.model, k.batch, t, 2)
		if err == nil && slices.Equal(x.Data, other.Data) {
			err = fmt.Errorf("seeds 1 and 2 gave the same candidates: draw from Trial.Rand")
		}
		return err
	})
}

func undeclaredNorms(ctx context.Context, k *kit) error {
	others := slices.DeleteFunc([]arbench.Norm{arbench.Linf, arbench.L2, arbench.L1, arbench.L0}, func(n arbench.Norm) bool {
		return slices.Contains(k.attack.Info().Norms, n)
	})
	if len(others) == 0 {
		return k.without("it declares them all")
	}
	for _, n := range others {
		x, err := k.perturb(ctx, k.model, k.batch, threat(n), 1)
		if err == nil {
			err = k.inThreat(threat(n), x)
		} else if !isFault(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", n, err)
		}
	}
	return nil
}

func neverWorse(ctx context.Context, k *kit) error {
	clean := k.model.labels(k.batch.X)
	return k.eachThreat(ctx, func(_ arbench.Threat, x arbench.Tensor) error {
		for i, y := range k.model.labels(x) {
			if y == k.batch.Y[i] && clean[i] != y {
				return fmt.Errorf("image %d is misclassified, its candidate is not", i)
			}
		}
		return nil
	})
}

func anyShape(ctx context.Context, k *kit) error {
	for _, tt := range []struct {
		name    string
		classes int
		shape   []int
		n       int
	}{
		{"two classes", 2, []int{1, 6, 6}, 4},
		{"a wide image", 5, []int{3, 2, 9}, 4},
		{"a tall image", 5, []int{1, 9, 2}, 4},
		{"a batch of 1", 5, []int{1, 6, 6}, 1},
		{"an empty batch", 5, []int{1, 6, 6}, 0},
	} {
		m := newSoftmax(tt.classes, tt.shape...)
		sub := &kit{attack: k.attack, properties: k.properties, model: m, batch: m.examples(tt.n, 0)}
		err := sub.eachThreat(ctx, sub.inThreat)
		k.n += sub.n
		few := arbench.FewClasses{}
		if tt.classes == 2 && errors.As(err, &few) {
			k.note = "it refuses two classes: " + few.Error()
			continue
		}
		switch refuses := k.promises(ManyClasses) && tt.classes == 2; {
		case refuses && err == nil:
			return fmt.Errorf("%s: no error, though it needs more", tt.name)
		case err != nil && (!refuses || isFault(err)):
			return fmt.Errorf("%s: %w", tt.name, err)
		}
	}
	return nil
}

// stopsWhenCancelled cancels before the attack starts, and in its third pass.
func stopsWhenCancelled(ctx context.Context, k *kit) error {
	for _, t := range k.threats() {
		done, cancel := context.WithCancel(ctx)
		cancel()
		_, err := k.perturb(done, k.model, k.batch, t, 1)
		if !errors.Is(err, context.Canceled) {
			return fmt.Errorf("%v: a cancelled context gave the error %v, want that of the context", t, err)
		}
		m := newSoftmax(5, 2, 3, 5)
		done, m.cancel = context.WithCancel(ctx)
		_, err = k.perturb(done, m, k.batch, t, 1)
		m.cancel()
		switch {
		case m.calls > 3:
			return fmt.Errorf("%v: it went on for %d passes after the context was cancelled", t, m.calls-3)
		case m.calls == 3 && !errors.Is(err, context.Canceled):
			return fmt.Errorf("%v: cancelled on the way it gave the error %v, want that of the context", t, err)
		}
	}
	return nil
}
