package attacktest_test

import (
	"context"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/attacktest"
	"github.com/arbench/arbench/attacks/conformance"
)

// rival returns z[k] - z[y] of the rows of x, for the class k that is ahead of all others at x.
func rival(ctx context.Context, t arbench.Trial, x arbench.Tensor) (arbench.Pass, error) {
	return t.Model.Gradient(ctx, x, arbench.Margin{Y: t.Y})
}

// planes is a sound attack in L2, the exact step to the plane of the class that is ahead, thrice, each a
// share beyond it; the fakes break one rule each on top of it.
func planes(beyond float64) func(context.Context, arbench.Trial) (arbench.Tensor, error) {
	return func(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
		x := t.X.Clone()
		if t.Model.Info().Classes < 2 {
			return x, nil
		}
		for range 3 {
			p, err := rival(ctx, t, x)
			if err != nil {
				return x, err
			}
			for i := range x.Len() {
				g := p.DX[0].Row(i)
				size := arbench.L2.Of(g)
				if arbench.Argmax(p.Logits.Row(i)) != t.Y[i] || !(size > 0) || math.IsInf(size, 1) ||
					math.IsNaN(p.Values[0][i]) {
					continue
				}
				for j, v := range g {
					x.Row(i)[j] += float32((1 + beyond) * -p.Values[0][i] / size / size * float64(v))
					x.Row(i)[j] = min(max(x.Row(i)[j], 0), 1)
				}
			}
		}
		return x, nil
	}
}

func smallest(perturb func(context.Context, arbench.Trial) (arbench.Tensor, error)) func() arbench.Attack {
	return func() arbench.Attack {
		return &fake{perturb: perturb, info: arbench.AttackInfo{
			Doc: "to the plane", Access: arbench.Gradients, Norms: []arbench.Norm{arbench.L2}, MinimumNorm: true,
		}}
	}
}

func TestSoundSearchKeepsEveryRule(t *testing.T) {
	attacktest.Run(t, smallest(planes(0.01)))
}

// TestSmallestStatesTheExcess: to go 1 % beyond a plane is no more than 2 % and more than half a percent. From
// the ends of the box, where not every pixel can go its share, such steps do not lead there.
func TestSmallestStatesTheExcess(t *testing.T) {
	inf := math.Inf(1)
	attacktest.RunSmallest(t, smallest(planes(0.01)), attacktest.Excess{Two: 0.02, More: 0.02, Ends: inf})
	for _, tt := range []struct {
		excess attacktest.Excess
		want   string // a pattern of the error
	}{
		{attacktest.Excess{Two: 0.005, More: inf, Ends: inf}, `^2 classes, l2 0\.4: image \d+ is broken at .* 1\.00 % longer`},
		{attacktest.Excess{Two: inf, More: 0.005, Ends: inf}, `^3 classes, l2 0\.4: image \d+ is broken at .* 1\.00 % longer`},
		{attacktest.Excess{Two: inf, More: inf, Ends: 0.02}, `^2 classes, l2 0\.4: image \d+ is not broken, but can be`},
	} {
		f := conformance.Smallest(tt.excess).Check(t.Context(), smallest(planes(0.01)))
		if f.Err == nil || !regexp.MustCompile(tt.want).MatchString(f.Err.Error()) {
			t.Errorf("%+v: %v, want %s", tt.excess, f.Err, tt.want)
		}
	}
}

func TestCheckNamesTheBrokenRuleOfSmallest(t *testing.T) {
	after := func(f func(t arbench.Trial, x arbench.Tensor)) func(context.Context, arbench.Trial) (arbench.Tensor, error) {
		return func(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
			x, err := planes(0.01)(ctx, t)
			if err == nil {
				f(t, x)
			}
			return x, err
		}
	}
	for _, tt := range []struct {
		name, rule string
		perturb    func(context.Context, arbench.Trial) (arbench.Tensor, error)
		property   attacktest.Property
	}{
		{"goes too far", "smallest-changes", planes(0.1), attacktest.Minimal},
		{"stops short", "smallest-changes", planes(-0.5), attacktest.Minimal},
		{"another plane", "smallest-changes", planes(0.01), attacktest.NearestPlane},
		{"moves what is misclassified", "misclassified-images-stay", after(func(t arbench.Trial, x arbench.Tensor) {
			for i := range x.Len() {
				x.Row(i)[0] = min(t.X.Row(i)[0]+1e-6, 1)
			}
		}), ""},
		{"moves without derivative", "derivatives-that-say-nothing", after(func(t arbench.Trial, x arbench.Tensor) {
			for i := range x.Len() {
				if x.Row(i)[0] == t.X.Row(i)[0] {
					x.Row(i)[0] = 0.5
				}
			}
		}), ""},
		{"breaks without derivative", "derivatives-that-say-nothing", after(func(t arbench.Trial, x arbench.Tensor) {
			for i := range x.Len() {
				if slices.Equal(x.Row(i), t.X.Row(i)) {
					for j, v := range x.Row(i) {
						x.Row(i)[j] = 1 - v // by another rule, which breaks some
					}
				}
			}
		}), ""},
		{"rows mixed", "one-row-of-nan", after(func(t arbench.Trial, x arbench.Tensor) {
			x.Data[0] = float32(t.Len()) / 1000
		}), ""},
		{"moves in one class", "one-class", func(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
			if t.Model.Info().Classes > 1 {
				return planes(0.01)(ctx, t)
			}
			return arbench.NewTensor(t.X.Shape...), nil
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := attacktest.Check(t.Context(), smallest(tt.perturb), tt.property)
			if err == nil || !strings.Contains(err.Error(), "rule "+tt.rule+":") {
				t.Errorf("Check = %v, want the rule %s", err, tt.rule)
			}
		})
	}
}
