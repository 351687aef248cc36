package advtrain_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/apgd"
	"github.com/arbench/arbench/attacks/noise"
	"github.com/arbench/arbench/attacks/pgd"
	"github.com/arbench/arbench/attacks/square"
	"github.com/arbench/arbench/backends/gorgonia"
	"github.com/arbench/arbench/backends/linear"
	"github.com/arbench/arbench/regularizers/advtrain"
	"github.com/arbench/arbench/regularizers/regularizertest"
	"github.com/google/go-cmp/cmp"
)

func training(change func(*advtrain.Regularizer)) *advtrain.Regularizer {
	r := advtrain.New()
	r.Norm, r.Eps = arbench.Linf, 0.1
	change(r)
	return r
}

func TestKeepsRules(t *testing.T) {
	for name, change := range map[string]func(*advtrain.Regularizer){
		"default": func(*advtrain.Regularizer) {},
		"l2":      func(r *advtrain.Regularizer) { r.Norm, r.Eps = arbench.L2, 0.5 },
		"l1":      func(r *advtrain.Regularizer) { r.Norm, r.Eps = arbench.L1, 1 },
		"mix":     func(r *advtrain.Regularizer) { r.Mix = 0.5 },
		"warmup":  func(r *advtrain.Regularizer) { r.Warmup = 0.8 },
		"noise": func(r *advtrain.Regularizer) {
			r.Attack = use("noise", &noise.Attack{Distribution: "uniform", Draws: 3, Sigma: 1})
		},
	} {
		t.Run(name, func(t *testing.T) {
			regularizertest.Run(t,
				func() arbench.Regularizer { return training(change) },
				func() arbench.Regularizer {
					r := training(change)
					r.Eps = 0
					return r
				})
		})
	}
}

func use(name string, a arbench.Attack) arbench.Use[arbench.Attack] {
	return arbench.Use[arbench.Attack]{Name: name, It: a}
}

// recorder keeps the modes of the passes of a model.
type recorder struct {
	arbench.Trainable
	modes []arbench.Mode
}

func (r *recorder) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	r.modes = append(r.modes, c.Mode)
	return r.Trainable.Run(ctx, c)
}

// step returns a step of n gray images of 16 pixels on softmax regression.
func step(t *testing.T, n int) (*arbench.Step, *recorder) {
	t.Helper()
	net := &arbench.Network{Input: []int{1, 4, 4}}
	net.Add("flatten", arbench.Flatten{})
	net.Add("fc", arbench.Dense{Out: 3, Bias: true})
	model, err := (&linear.Backend{}).Open(t.Context(), arbench.ModelSpec{Network: net, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	rec := &recorder{Trainable: model.(arbench.Trainable)}
	b := arbench.Batch{X: arbench.NewTensor(n, 1, 4, 4), Y: make([]int, n), ID: make([]int, n)}
	for i := range n {
		b.Y[i], b.ID[i] = i%3, i
	}
	for i := range b.X.Data {
		b.X.Data[i] = 0.5
	}
	return &arbench.Step{Model: rec, Batch: b, Loss: arbench.CrossEntropy{Y: b.Y}}, rec
}

// TestTrainsOnTheAttack: the images are those of the attack, every one of whose pixels ends at ±eps
// on a linear net, and each example cost ten passes in the mode that was asked for.
func TestTrainsOnTheAttack(t *testing.T) {
	for name, mode := range map[string]arbench.Mode{"batch": arbench.BatchStats, "frozen": arbench.Frozen} {
		t.Run(name, func(t *testing.T) {
			s, rec := step(t, 4)
			r := training(func(r *advtrain.Regularizer) { r.Mode = name })
			if err := r.Prepare(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			for _, v := range s.X.Data {
				if d := max(v-0.5, 0.5-v); d < 0.0999 || d > 0.1001 {
					t.Fatalf("a pixel is %v, want 0.4 or 0.6", v)
				}
			}
			if want := (arbench.Passes{Forward: 40, Backward: 40}); s.Passes != want {
				t.Errorf("passes %+v, want %+v", s.Passes, want)
			}
			if diff := cmp.Diff(slices.Repeat([]arbench.Mode{mode}, 10), rec.modes); diff != "" {
				t.Errorf("modes -want +got:\n%s", diff)
			}
		})
	}
}

// TestWarmup: eps rises in proportion to the progress until Warmup, and stays.
func TestWarmup(t *testing.T) {
	for progress, want := range map[float64]float64{0: 0, 0.1: 0.05, 0.2: 0.1, 0.7: 0.1} {
		s, _ := step(t, 1)
		s.Progress = progress
		before := s.X
		r := training(func(r *advtrain.Regularizer) { r.Warmup = 0.2 })
		if err := r.Prepare(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		got := arbench.Threat{Norm: arbench.Linf}.Distance(s.X.Data, before.Data)
		if got < want-1e-6 || got > want+1e-6 {
			t.Errorf("at %v images move by %v, want %v", progress, got, want)
		}
	}
}

// TestMix: a quarter of 400 examples, give or take, stays clean and costs nothing; which ones depends
// on the example and the step, not on its batch.
func TestMix(t *testing.T) {
	r := training(func(r *advtrain.Regularizer) { r.Mix = 0.25 })
	clean := func(s *arbench.Step) (ids []int) {
		before := s.X
		if err := r.Prepare(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		for i, id := range s.ID {
			if slices.Equal(before.Row(i), s.X.Row(i)) {
				ids = append(ids, id)
			}
		}
		return ids
	}
	whole, _ := step(t, 400)
	all := clean(whole)
	if n := len(all); n < 60 || n > 140 { // five standard deviations are 43
		t.Errorf("%d of 400 stay clean, want about 100", n)
	}
	if want := 10 * (400 - len(all)); whole.Passes.Forward != want {
		t.Errorf("%d passes, want %d", whole.Passes.Forward, want)
	}
	part, _ := step(t, 400)
	part.Batch = part.Batch.Gather([]int{3, 2, 1, 0})
	for _, id := range clean(part) {
		if !slices.Contains(all, id) {
			t.Errorf("example %d stays clean only in the small batch", id)
		}
	}
	next, _ := step(t, 400)
	next.Index = 1
	if slices.Equal(all, clean(next)) {
		t.Error("the next step left the same examples clean")
	}
}

// TestStatisticsOfTheBatch: attacks that leave examples out, and a mix that leaves most of them clean, see the
// statistics of the whole batch. A pass of one row of this net has none and is an error.
func TestStatisticsOfTheBatch(t *testing.T) {
	net := &arbench.Network{Input: []int{1, 4, 4}}
	net.Add("flatten", arbench.Flatten{})
	net.Add("fc", arbench.Dense{Out: 3, Bias: true})
	net.Add("bn", arbench.BatchNorm{Eps: 1e-5, Momentum: 0.1})
	square := square.New()
	square.Queries = 5
	for name, change := range map[string]func(*advtrain.Regularizer){
		"apgd":     func(r *advtrain.Regularizer) { r.Attack = use("apgd", apgd.New()) },
		"pgd":      func(r *advtrain.Regularizer) { r.Attack.It.(*pgd.Attack).EarlyExit = true },
		"restarts": func(r *advtrain.Regularizer) { r.Attack.It.(*pgd.Attack).Restarts = 5 },
		"square":   func(r *advtrain.Regularizer) { r.Attack = use("square", square) },
		"noise": func(r *advtrain.Regularizer) {
			r.Attack = use("noise", &noise.Attack{Distribution: "uniform", Draws: 5, Sigma: 1})
		},
		"mix": func(r *advtrain.Regularizer) { r.Mix = 0.7 },
	} {
		t.Run(name, func(t *testing.T) {
			r := training(change)
			model, err := (&gorgonia.Backend{Numerics: "winograd"}).Open(t.Context(), arbench.ModelSpec{Network: net, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			for seed := range uint64(20) {
				s, _ := step(t, 4)
				s.Model, s.Seed = model.(arbench.Trainable), seed
				for i := range s.X.Data {
					s.X.Data[i] = arbench.KeyedRand(seed, "x", i).Float32()
				}
				if err := r.Prepare(t.Context(), s); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
			}
		})
	}
}

// smallest is an attack that looks for the smallest change.
type smallest struct{ pgd.Attack }

func (*smallest) Info() arbench.AttackInfo {
	return arbench.AttackInfo{MinimumNorm: true, Norms: []arbench.Norm{arbench.Linf}}
}

// cascade is an attack in stages.
type cascade struct{ pgd.Attack }

func (*cascade) Stages(arbench.ModelInfo, arbench.Threat) ([]arbench.Stage, error) { return nil, nil }

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*advtrain.Regularizer)
		want   string // part of the error; empty for none
	}{
		{"default", func(*advtrain.Regularizer) {}, ""},
		{"no norm", func(r *advtrain.Regularizer) { r.Norm = "" }, `eps without norm: say which of ["linf" "l2" "l1"]`},
		{"grey levels", func(r *advtrain.Regularizer) { r.Eps = 8 }, `did you mean "8/255"?`},
		{"eps forgotten", func(r *advtrain.Regularizer) { r.Eps = 0 }, "eps 0 leaves the training as it is"},
		{"mode", func(r *advtrain.Regularizer) { r.Mode = "train" }, `unknown mode "train"`},
		{"warmup", func(r *advtrain.Regularizer) { r.Warmup = 5 }, "warmup 5 must be a part"},
		{"mix", func(r *advtrain.Regularizer) { r.Mix = 1 }, "mix 1 must be"},
		{"no attack", func(r *advtrain.Regularizer) { r.Attack = use("", nil) }, "attack: none given"},
		{"cascade", func(r *advtrain.Regularizer) { r.Attack = use("aa", &cascade{}) }, `"aa" is a cascade`},
		{"minimum norm", func(r *advtrain.Regularizer) { r.Attack = use("fab", &smallest{}) }, "smallest change"},
		{"options of the attack", func(r *advtrain.Regularizer) { r.Attack = use("pgd", &pgd.Attack{}) }, "attack: steps 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := training(tt.change).Validate()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Validate = %v, want %q", err, tt.want)
			}
		})
	}
	err := training(func(r *advtrain.Regularizer) { r.Norm = "" }).Validate()
	if err == nil || strings.Contains(err.Error(), "bound") {
		t.Errorf("without a norm: %v, want one complaint", err)
	}
}
