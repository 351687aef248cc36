package attacktest_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/attacktest"
)

// fake is an attack made of a function.
type fake struct {
	info    arbench.AttackInfo
	invalid error
	perturb func(context.Context, arbench.Trial) (arbench.Tensor, error)
}

func (a *fake) Info() arbench.AttackInfo { return a.info }

func (a *fake) Validate() error { return a.invalid }

func (a *fake) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	return a.perturb(ctx, t)
}

// steps is a sound attack, two sign steps; the fakes break one rule each on top of it.
func steps(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	x := t.X.Clone()
	for range 3 {
		p, err := t.Model.Gradient(ctx, x, arbench.CrossEntropy{Y: t.Y})
		if err != nil || t.Len() == 0 {
			return x, err
		}
		for i := range x.Len() {
			for j, g := range p.DX[0].Row(i) {
				x.Row(i)[j] += float32(t.At(i)) * float32(math.Copysign(1, float64(g)))
			}
		}
		t.Project(x, t.X)
	}
	return x, nil
}

func sound() *fake {
	return &fake{perturb: steps, info: arbench.AttackInfo{
		Doc: "two steps", Access: arbench.Gradients, Norms: []arbench.Norm{arbench.Linf},
	}}
}

// then returns a sound attack whose candidates f changes.
func then(f func(t arbench.Trial, x arbench.Tensor) arbench.Tensor) *fake {
	a := sound()
	a.perturb = func(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
		x, err := steps(ctx, t)
		if err != nil || t.Len() == 0 {
			return x, err
		}
		return f(t, x), nil
	}
	return a
}

// always returns an attack whose candidates are x, whatever it is asked.
func always(x arbench.Tensor) *fake {
	return &fake{info: sound().info, perturb: func(context.Context, arbench.Trial) (arbench.Tensor, error) { return x, nil }}
}

func TestSoundAttackKeepsEveryRule(t *testing.T) {
	attacktest.Run(t, func() arbench.Attack { return sound() }, attacktest.Optimal)
}

// staged is a cascade of attacks.
type staged struct {
	fake
	stages []arbench.Attack
}

func (a *staged) Stages(arbench.ModelInfo, arbench.Threat) ([]arbench.Stage, error) {
	var out []arbench.Stage
	for i, s := range a.stages {
		out = append(out, arbench.Stage{Name: fmt.Sprint(i), Attack: s})
	}
	return out, nil
}

func TestCascadeKeepsEveryRule(t *testing.T) {
	still := then(func(t arbench.Trial, _ arbench.Tensor) arbench.Tensor { return t.X.Clone() })
	attacktest.Run(t, func() arbench.Attack {
		return &staged{*sound(), []arbench.Attack{still, sound()}}
	}, attacktest.Optimal)
}

// unboxed goes as far as eps in the directions of x, out of the box too.
func unboxed(t arbench.Trial, x arbench.Tensor) arbench.Tensor {
	for j, v := range t.X.Data {
		x.Data[j] = v + float32(math.Copysign(t.Eps, float64(x.Data[j]-v)))
	}
	return x
}

func TestCheckNamesTheBrokenRule(t *testing.T) {
	count := 0 // of the calls of sequential
	tests := []struct {
		name       string
		rule       string
		attack     *fake
		properties []attacktest.Property
	}{
		{"no doc", "describes-itself", &fake{perturb: steps, info: arbench.AttackInfo{
			Access: arbench.Gradients, Norms: []arbench.Norm{arbench.Linf}}}, nil},
		{"invalid defaults", "describes-itself", &fake{
			perturb: steps, info: sound().info, invalid: fmt.Errorf("steps 0")}, nil},
		{"too little access", "declared-norms-and-access-suffice", &fake{
			perturb: steps, info: arbench.AttackInfo{
				Doc: "x", Access: arbench.Scores, Norms: []arbench.Norm{arbench.Linf}}}, nil},
		{"writes into the images", "keeps-input", then(func(t arbench.Trial, x arbench.Tensor) arbench.Tensor {
			copy(t.X.Data, x.Data)
			return x
		}), nil},
		{"returns the images", "keeps-input", then(func(t arbench.Trial, _ arbench.Tensor) arbench.Tensor {
			return t.X
		}), nil},
		{"leaves the ball", "candidates-in-threat", then(func(t arbench.Trial, x arbench.Tensor) arbench.Tensor {
			for j, v := range t.X.Data {
				x.Data[j] = min(max(v+1.5*(x.Data[j]-v), 0), 1)
			}
			return x
		}), nil},
		{"leaves the box", "candidates-in-threat", then(func(t arbench.Trial, x arbench.Tensor) arbench.Tensor {
			for j, v := range t.X.Data {
				x.Data[j] = v + 0.05
			}
			return x
		}), nil},
		{"nan", "candidates-in-threat", then(func(_ arbench.Trial, x arbench.Tensor) arbench.Tensor {
			x.Data[0] = float32(math.NaN())
			return x
		}), nil},
		{"wrong shape", "candidates-in-threat", then(func(_ arbench.Trial, x arbench.Tensor) arbench.Tensor {
			x.Shape = []int{x.Shape[0], arbench.Volume(x.Shape[1:])}
			return x
		}), nil},
		{"moves without a budget", "eps-0-is-the-image", then(func(t arbench.Trial, x arbench.Tensor) arbench.Tensor {
			x.Data[0] = min(x.Data[0]+1e-6, 1)
			return x
		}), nil},
		{"any eps of a ball", "describes-itself", &fake{perturb: steps, info: arbench.AttackInfo{
			Doc: "x", Access: arbench.Gradients, Norms: sound().info.Norms, AnyEps: true}}, nil},
		{"goes by eps", "any-eps", &fake{perturb: steps, info: arbench.AttackInfo{
			Doc: "x", Access: arbench.Gradients, Norms: sound().info.Norms, MinimumNorm: true, AnyEps: true}}, nil},
		{"one eps for all", "budget-of-each-row", then(func(t arbench.Trial, x arbench.Tensor) arbench.Tensor {
			t.Each = nil
			y := t.X.Clone()
			for j := range y.Data {
				y.Data[j] += float32(t.Eps)
			}
			t.Project(y, t.X)
			return y
		}), nil},
		{"rows mixed", "rows-are-independent", then(func(t arbench.Trial, x arbench.Tensor) arbench.Tensor {
			x.Data[0] = t.X.Data[0] + float32(t.Len())*1e-6
			t.Project(x, t.X)
			return x
		}), nil},
		{"sequential", "same-seed-same-candidates", then(func(t arbench.Trial, x arbench.Tensor) arbench.Tensor {
			count++
			x.Data[0] = t.X.Data[0] + float32(t.At(0))/float32(count)
			t.Project(x, t.X)
			return x
		}), nil},
		{"not random", "other-seed-other-candidates", sound(), []attacktest.Property{attacktest.Random}},
		{"wrong norm", "undeclared-norms-are-refused", then(func(t arbench.Trial, x arbench.Tensor) arbench.Tensor {
			t.Norm = arbench.Linf
			for j := range x.Data {
				x.Data[j] = 1 - t.X.Data[j]
			}
			t.Project(x, t.X)
			return x
		}), nil},
		{"panics on a norm", "undeclared-norms-are-refused", then(func(t arbench.Trial, x arbench.Tensor) arbench.Tensor {
			if t.Norm != arbench.Linf {
				panic(t.Norm)
			}
			return x
		}), nil},
		{"descends", "never-worse-than-nothing", then(func(t arbench.Trial, x arbench.Tensor) arbench.Tensor {
			for j, v := range t.X.Data {
				x.Data[j] = 2*v - x.Data[j]
			}
			t.Project(x, t.X)
			return x
		}), nil},
		{"half way", "optimal-on-two-classes", then(func(t arbench.Trial, x arbench.Tensor) arbench.Tensor {
			for j, v := range t.X.Data {
				x.Data[j] = (v + x.Data[j]) / 2
			}
			return x
		}), []attacktest.Property{attacktest.Optimal}},
		{"nearer than can be, out of the box", "within-the-closed-form", then(unboxed), nil},
		{"not the smallest", "smallest-changes", sound(), []attacktest.Property{attacktest.Minimal}},
		{"square images only", "any-shape", then(func(t arbench.Trial, x arbench.Tensor) arbench.Tensor {
			_ = t.X.Row(0)[t.X.Shape[3]*t.X.Shape[3]-1]
			return x
		}), nil},
		{"two classes after all", "any-shape", sound(), []attacktest.Property{attacktest.ManyClasses}},
		{"swallows the error", "stops-when-cancelled", &fake{
			info: sound().info, perturb: func(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
				if x, err := steps(ctx, t); err == nil {
					return x, nil
				}
				return t.X.Clone(), nil
			}}, nil},
		{"goes on", "stops-when-cancelled", &fake{
			info: sound().info, perturb: func(ctx context.Context, t arbench.Trial) (x arbench.Tensor, err error) {
				for range 5 {
					x, err = steps(ctx, t)
				}
				return x, err
			}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := attacktest.Check(t.Context(), func() arbench.Attack { return tt.attack }, tt.properties...)
			if err == nil || !strings.Contains(err.Error(), "rule "+tt.rule+":") {
				t.Errorf("Check = %v, want the rule %s", err, tt.rule)
			}
		})
	}
}

// TestCheckSaysWhatShapeIsWanted: the candidates of 16 images of 2 by 3 by 5 have their shape.
func TestCheckSaysWhatShapeIsWanted(t *testing.T) {
	const linf = "rule candidates-in-threat: linf 0.1: "
	for _, tt := range []struct {
		name   string
		attack *fake
		want   string // in the error
	}{
		{"two values", always(arbench.NewTensor(1, 2)), linf + "candidates have shape [1 2] and 2 values, want [16 2 3 5]: "},
		{"nothing", always(arbench.Tensor{}), linf + "candidates have shape [] and 0 values, want [16 2 3 5]: "},
		{"one too few", then(func(_ arbench.Trial, x arbench.Tensor) arbench.Tensor {
			return x.Rows(1, x.Len())
		}), linf + "candidates have shape [15 2 3 5] and 450 values, want [16 2 3 5]: "},
		{"no values", then(func(t arbench.Trial, _ arbench.Tensor) arbench.Tensor {
			return arbench.Tensor{Shape: t.X.Shape}
		}), linf + "candidates have shape [16 2 3 5] and 0 values, want [16 2 3 5]: "},
		{"in a norm that is not declared", then(func(t arbench.Trial, x arbench.Tensor) arbench.Tensor {
			if t.Norm != arbench.Linf {
				return arbench.NewTensor(1, 2)
			}
			return x
		}), "rule undeclared-norms-are-refused: l2: candidates have shape [1 2] and 2 values, want [16 2 3 5]: "},
	} {
		err := attacktest.Check(t.Context(), func() arbench.Attack { return tt.attack })
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
	}
}

// TestAnAttackMayNeedClasses has attacks refuse models of fewer than a number of classes.
func TestAnAttackMayNeedClasses(t *testing.T) {
	needs := func(n int, err error) *fake {
		return &fake{info: sound().info, perturb: func(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
			if t.Model.Info().Classes < n {
				return arbench.Tensor{}, err
			}
			return steps(ctx, t)
		}}
	}
	for _, tt := range []struct {
		name   string
		attack *fake
		want   string // in the error
	}{
		{"3, and says so", needs(3, arbench.FewClasses{What: "it", Needs: 3, Has: 2}), ""},
		{"3, and says something else", needs(3, errors.New("no")), "rule any-shape: two classes: "},
		{"6, and says so", needs(6, arbench.FewClasses{What: "it", Needs: 6, Has: 5}), "it needs 6 classes, the model has 5"},
	} {
		err := attacktest.Check(t.Context(), func() arbench.Attack { return tt.attack })
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
	}
}
