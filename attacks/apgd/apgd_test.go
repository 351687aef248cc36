package apgd

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/attacktest"
	"github.com/arbench/arbench/backends/linear"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// with returns the default attack with 12 steps and a change.
func with(change func(*Attack)) *Attack {
	a := New()
	a.Steps = 12
	change(a)
	return a
}

func TestKeepsRules(t *testing.T) {
	const random, optimal, many = attacktest.Random, attacktest.Optimal, attacktest.ManyClasses
	for _, tt := range []struct {
		name       string
		change     func(*Attack)
		properties []attacktest.Property
	}{
		{"default", func(*Attack) {}, []attacktest.Property{random, optimal}},
		{"dlr", func(a *Attack) { a.Loss = "dlr" }, []attacktest.Property{random, many}},
		{"dlr-targeted", func(a *Attack) { a.Loss = "dlr-targeted" }, []attacktest.Property{random, many}},
		{"restarts", func(a *Attack) { a.Restarts = 3 }, []attacktest.Property{random, optimal}},
		{"averaged", func(a *Attack) { a.EOT = 2 }, []attacktest.Property{random, optimal}},
		{"to the end", func(a *Attack) { a.EarlyExit = false }, []attacktest.Property{optimal}},
		{"no schedule", func(a *Attack) { a.Schedule = false }, []attacktest.Property{random}},
		{"one step", func(a *Attack) { a.Steps = 1 }, []attacktest.Property{random}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			attacktest.Run(t, func() arbench.Attack { return with(tt.change) }, tt.properties...)
		})
	}
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Attack)
		want   string // part of the error; empty for none
	}{
		{"default", func(*Attack) {}, ""},
		{"loss", func(a *Attack) { a.Loss = "margin" }, `unknown loss "margin", want one of`},
		{"steps", func(a *Attack) { a.Steps = 0 }, "steps 0 must be at least 1"},
		{"restarts", func(a *Attack) { a.Restarts = -1 }, "restarts -1 must be at least 1"},
		{"targets", func(a *Attack) { a.Targets = 0 }, "targets 0 must be at least 1"},
		{"eot", func(a *Attack) { a.EOT = 0 }, "eot 0 must be at least 1"},
		{"rho", func(a *Attack) { a.Rho = math.NaN() }, "rho NaN must be from 0 to 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			attacktest.Complains(t, with(tt.change).Validate(), tt.want)
		})
	}
}

// digits is a trial of 32 golden digits, of which the net gets row 7 wrong.
func digits(t *testing.T, wrap func(arbench.Model) arbench.Model, threat arbench.Threat) arbench.Trial {
	t.Helper()
	return trial(t, wrap(openNet(t, "mlp_digits")), examples(t, "digits", 32), threat)
}

func plain(m arbench.Model) arbench.Model { return m }

func perturb(t *testing.T, a *Attack, tr arbench.Trial) arbench.Tensor {
	t.Helper()
	x, err := a.Perturb(t.Context(), tr)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestPasses: an image costs one pass forward for its logits and, in each run, one more forward than
// there are steps (two more in the schedule, for its other balls) and a step's backward: where the
// reference makes a pass forward for the logits of each target too, and one more backward in each run. Within
// eps 0 there is nothing to ask.
func TestPasses(t *testing.T) {
	linf, l1 := arbench.Threat{Norm: arbench.Linf, Eps: 0.02}, arbench.Threat{Norm: arbench.L1, Eps: 0.2}
	for _, tt := range []struct {
		name              string
		change            func(*Attack)
		threat            arbench.Threat
		forward, backward int // of an image that stays
	}{
		{"once", func(*Attack) {}, linf, 1 + 13, 12},
		{"restarts", func(a *Attack) { a.Restarts = 3 }, linf, 1 + 3*13, 3 * 12},
		{"more targets than classes", func(a *Attack) { a.Loss, a.Targets = "dlr-targeted", 20 }, linf, 1 + 9*13, 9 * 12},
		{"two starts for each target", func(a *Attack) { a.Loss, a.Targets, a.Restarts = "dlr-targeted", 2, 2 }, linf,
			1 + 4*13, 4 * 12},
		{"averaged", func(a *Attack) { a.EOT = 3 }, linf, 3 * (1 + 13), 3 * 12},
		{"schedule", func(*Attack) {}, l1, 1 + 15, 12},
		{"no schedule", func(a *Attack) { a.Schedule = false }, l1, 1 + 13, 12},
		{"to the end", func(a *Attack) { a.EarlyExit = false }, linf, 1 + 13, 12},
		{"no eps", func(*Attack) {}, arbench.Threat{Norm: arbench.L2}, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := digits(t, plain, tt.threat)
			x := perturb(t, with(tt.change), tr)
			books := *tr.Model.Books()
			forward, backward := slices.Clone(books.Forward), slices.Clone(books.Backward)
			left := 0
			for i, y := range must(tr.Model.Labels(t.Context(), x)) {
				switch {
				case i == 7:
					if want := min(with(tt.change).EOT, tt.forward); forward[i] != want || backward[i] != 0 || !slices.Equal(x.Row(i), tr.X.Row(i)) {
						t.Errorf("row %d, which is misclassified, cost %d and %d passes or moved", i, forward[i], backward[i])
					}
				case y == tr.Y[i]:
					left++
					if forward[i] != tt.forward || backward[i] != tt.backward {
						t.Errorf("row %d stays and cost %d passes forward and %d backward, want %d and %d",
							i, forward[i], backward[i], tt.forward, tt.backward)
					}
				case forward[i] > tt.forward || backward[i] > tt.backward:
					t.Errorf("row %d is broken and cost %d passes forward and %d backward", i, forward[i], backward[i])
				}
			}
			if left < 16 {
				t.Errorf("only %d of 32 images stay: choose a smaller eps", left)
			}
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestEarlyExitBreaksTheSameImages: they leave at the first misclassified point, for less.
func TestEarlyExitBreaksTheSameImages(t *testing.T) {
	early, late := digits(t, plain, arbench.Threat{Norm: arbench.L2, Eps: 0.5}), arbench.Trial{}
	late = digits(t, plain, early.Threat)
	x := perturb(t, with(func(*Attack) {}), early)
	y := perturb(t, with(func(a *Attack) { a.EarlyExit = false }), late)
	first := must(early.Model.Labels(t.Context(), x))
	broken, fewer := 0, 0
	for i, last := range must(late.Model.Labels(t.Context(), y)) {
		if (first[i] == early.Y[i]) != (last == early.Y[i]) {
			t.Errorf("row %d: class %d at its first exit, %d at the end, of class %d", i, first[i], last, early.Y[i])
		}
		if first[i] != early.Y[i] && i != 7 {
			broken++
			if b := early.Model.Books(); b.First[i] != b.Forward[i]-1 { // Labels was one more
				t.Errorf("row %d was first misclassified in pass %d of %d", i, b.First[i], b.Forward[i]-1)
			}
			if early.Model.Books().Forward[i] < late.Model.Books().Forward[i] {
				fewer++
			}
		} else if !slices.Equal(x.Row(i), y.Row(i)) {
			t.Errorf("row %d stays, but is another candidate", i)
		}
	}
	if broken < 8 || fewer < 8 {
		t.Errorf("%d images broken, %d of them for less: the test needs more", broken, fewer)
	}
}

// TestReachesTheOptimumOfALinearModel: the derivative of the cross-entropy of class 1 is a negative
// multiple of w = (3 -4 1 2), so the point of greatest loss in each ball, where the box is not in the
// way, can be written down. The image, with w·x = 2.7, cannot be broken.
func TestReachesTheOptimumOfALinearModel(t *testing.T) {
	net := &arbench.Network{Input: []int{1, 1, 4}}
	net.Add("flatten", arbench.Flatten{})
	net.Add("fc", arbench.Dense{Out: 2})
	model, err := (&linear.Backend{}).Open(t.Context(), arbench.ModelSpec{Network: net, Weights: []arbench.Param{{
		Name: "fc.weight", Value: arbench.Tensor{Shape: []int{2, 4}, Data: []float32{0, 0, 0, 0, 3, -4, 1, 2}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	b := arbench.Batch{
		X: arbench.Tensor{Shape: []int{1, 1, 1, 4}, Data: []float32{.5, .3, .5, .95}}, Y: []int{1}, ID: []int{0},
	}
	for norm, want := range map[arbench.Norm][]float32{
		arbench.Linf: {.4, .4, .4, .85},
		arbench.L2:   {.5 - .1*.547723, .3 + .1*.730297, .5 - .1*.182574, .95 - .1*.365148}, // w/√30
		arbench.L1:   {.5, .4, .5, .95},
	} {
		x := perturb(t, New(), trial(t, model, b, arbench.Threat{Norm: norm, Eps: 0.1}))
		if diff := cmp.Diff(want, x.Data, cmpopts.EquateApprox(0, 1e-4)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", norm, diff)
		}
	}
}

func TestRefusesTooFewClasses(t *testing.T) {
	b := arbench.Batch{X: arbench.NewTensor(1, 1, 1, 3), Y: []int{0}, ID: []int{0}}
	for loss, classes := range map[string]int{"dlr": 2, "dlr-targeted": 3} {
		tr := trial(t, constant{classes}, b, arbench.Threat{Norm: arbench.Linf, Eps: 0.1})
		_, err := with(func(a *Attack) { a.Loss = loss }).Perturb(t.Context(), tr)
		if err == nil || !strings.Contains(err.Error(), "classes, the model has") {
			t.Errorf("%s of %d classes: error %v", loss, classes, err)
		}
	}
	tr := trial(t, constant{1}, b, arbench.Threat{Norm: arbench.Linf, Eps: 0.1})
	if x := perturb(t, New(), tr); !arbench.InBox(x.Data) {
		t.Errorf("one class: candidate %v", x.Data)
	}
}

// constant gives every image the logits 0: whatever the derivative in them, none is left in the image.
type constant struct{ classes int }

func (m constant) Info() arbench.ModelInfo {
	return arbench.ModelInfo{Classes: m.classes, Access: arbench.Gradients}
}

func (m constant) Run(_ context.Context, c arbench.Call) (arbench.Pass, error) {
	p := arbench.Pass{Logits: arbench.NewTensor(c.X.Len(), m.classes)}
	for _, l := range c.Losses {
		values := make([]float64, c.X.Len())
		l.Eval(p.Logits, arbench.Tensor{}, values)
		p.Values, p.DX = append(p.Values, values), append(p.DX, arbench.NewTensor(c.X.Shape...))
	}
	return p, nil
}

// TestSchedule: 0.3, 0.3 and 0.4 of the steps, rounded up, up and down, but one at least.
func TestSchedule(t *testing.T) {
	for steps, want := range map[int][]phase{
		100: {{3, 30}, {2, 30}, {1, 40}},
		7:   {{3, 3}, {2, 3}, {1, 1}},
		4:   {{3, 1}, {2, 1}, {1, 2}},
		3:   {{3, 1}, {2, 1}, {1, 1}},
		2:   {{1, 2}},
	} {
		got := with(func(a *Attack) { a.Steps = steps }).phases(arbench.L1)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(phase{})); diff != "" {
			t.Errorf("%d steps: -want +got:\n%s", steps, diff)
		}
	}
}
