//go:build gomlx

package gomlx

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/pgd"
)

// stepwise is a model that shows nothing but Run.
type stepwise struct{ arbench.Model }

// An ascent made as a whole gives the bits and the books of the same steps made one by one.
func TestAscendIsTheStepsOneByOne(t *testing.T) {
	onEachEngine(t, func(t *testing.T, backend *Backend) {
		m, b, _ := openGolden(t, backend, 0)
		t.Run("mlp", func(t *testing.T) { checkAscent(t, m, b, 13) })
		narrow, b, _ := openGolden(t, bf16(backend), 0)
		t.Run("mlp bf16", func(t *testing.T) { checkAscent(t, narrow, b, 13) })
		for _, name := range []string{"conv bn pool", "transformer"} {
			net := smallNets()[name]
			x, y := images(net, 11)
			b := arbench.Batch{X: x, Y: y, ID: make([]int, len(y))}
			for i := range b.ID {
				b.ID[i] = i
			}
			m := openNet(t, withRows(backend, 4), arbench.ModelSpec{Network: net, Seed: 4})
			t.Run(name, func(t *testing.T) { checkAscent(t, m, b, 3) })
		}
	})
}

func checkAscent(t *testing.T, m *Model, b arbench.Batch, steps int) {
	for _, loss := range []string{"ce", "margin"} {
		a := pgd.New()
		a.Steps, a.Loss = steps, loss
		threat := arbench.Threat{Norm: arbench.Linf, Eps: 0.1}
		var candidates [2]arbench.Tensor
		var books [2]*arbench.Books
		for i, model := range []arbench.Model{m, stepwise{m}} {
			o := arbench.NewOracle(model, arbench.Gradients, arbench.Frozen, b, threat)
			x, err := arbench.Trial{Model: o, Batch: b, Threat: threat}.Put(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			candidates[i], books[i] = x, o.Books()
		}
		if cmp.Equal(candidates[0], b.X) {
			t.Errorf("%s: the ascent stays where it starts", loss)
		}
		if d := cmp.Diff(candidates[1], candidates[0]); d != "" {
			t.Errorf("%s: candidates: -one by one +whole\n%.2000s", loss, d)
		}
		if d := cmp.Diff(books[1], books[0]); d != "" {
			t.Errorf("%s: books: -one by one +whole\n%s", loss, d)
		}
	}
}

// Logits beyond float32 end an ascent where derivatives are finite, as they end a pass.
func TestAscendSeesLogits(t *testing.T) {
	net := netOf([]int{1, 1, 2}, arbench.Flatten{}, arbench.Dense{Out: 3})
	ps, err := net.Init(1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range ps[0].Value.Data {
		ps[0].Value.Data[i] = 3e38
	}
	x := arbench.Tensor{Shape: []int{1, 1, 1, 2}, Data: []float32{1, 1}}
	y := []int{0}
	onEachEngine(t, func(t *testing.T, b *Backend) {
		m := openNet(t, withRows(b, 2), arbench.ModelSpec{Network: net, Weights: ps})
		a := arbench.Ascent{X0: x, X: x.Clone(), Y: y, Loss: arbench.Margin{Y: y}, Steps: 1, Size: []float64{0.1},
			Threat: arbench.Threat{Norm: arbench.Linf, Eps: 0.1}}
		if _, _, err := m.Ascend(t.Context(), a); err == nil || !strings.Contains(err.Error(), `layer "b" gives a NaN or an infinity`) {
			t.Errorf("error %v, want it to name layer b", err)
		}
	})
}

// What is not finite in one step is an error though the next one is finite.
func TestAscendSeesEveryStep(t *testing.T) {
	net := netOf([]int{1, 1, 1}, arbench.Flatten{}, arbench.Dense{Out: 1, Bias: true}, act(arbench.ReLU), arbench.Dense{Out: 2})
	net.Normalize = &arbench.Normalize{Mean: []float64{0.5}, Std: []float64{1}}
	ps, err := net.Init(1)
	if err != nil {
		t.Fatal(err)
	}
	for i, values := range [][]float32{{1e20}, {1e-10}, {1e20, 0}} { // logits of 0.5 are 1e10 and 0
		copy(ps[i].Value.Data, values)
	}
	x := arbench.Tensor{Shape: []int{1, 1, 1, 1}, Data: []float32{0.5}}
	y := []int{0}
	onEachEngine(t, func(t *testing.T, b *Backend) {
		m := openNet(t, withRows(b, 2), arbench.ModelSpec{Network: net, Weights: ps})
		a := arbench.Ascent{X0: x, X: x.Clone(), Y: y, Loss: arbench.Margin{Y: y}, Steps: 2, Size: []float64{0.1},
			Threat: arbench.Threat{Norm: arbench.Linf, Eps: 0.1}}
		if _, _, err := m.Ascend(t.Context(), a); err == nil || !strings.Contains(err.Error(), "the derivative of loss 0 by") {
			t.Errorf("error %v, end %v, want the derivative of the first step", err, a.X.Data)
		}
	})
}

// With statistics of the batch all rows go together, each with its own class, budget and size of steps.
func TestAscendInBatchStatsMode(t *testing.T) {
	net := smallNets()["conv bn pool"]
	x, y := images(net, 5)
	m := openNet(t, &Backend{Platform: goPlatform}, arbench.ModelSpec{Network: net, Seed: 4})
	a := arbench.Ascent{X0: x, X: x.Clone(), Y: y, Loss: arbench.CrossEntropy{Y: y}, Steps: 3, Mode: arbench.BatchStats,
		Threat: arbench.Threat{Norm: arbench.Linf, Each: []float64{0.01, 0.03, 0.05, 0.07, 0.1}}, Size: []float64{0.05, 0.04, 0.03, 0.02, 0.01}}
	want, first := x.Clone(), make([]int, x.Len())
	for step := range a.Steps {
		p := run(t, m, arbench.Call{X: want, Losses: []arbench.Loss{a.Loss}, Want: arbench.DX, Mode: a.Mode})
		for i := range want.Len() {
			if first[i] == 0 && arbench.Argmax(p.Logits.Row(i)) != y[i] {
				first[i] = step + 1
			}
			arbench.SignStep(want.Row(i), x.Row(i), p.DX[0].Row(i), float32(a.Size[i]), float32(a.At(i)))
		}
	}
	got, ok, err := m.Ascend(t.Context(), a)
	if !ok || err != nil {
		t.Fatalf("got %v, %v; want an ascent", ok, err)
	}
	if d := cmp.Diff(first, got); d != "" {
		t.Errorf("first misclassified: -one by one +whole\n%s", d)
	}
	if d := cmp.Diff(want, a.X); d != "" {
		t.Errorf("end: -one by one +whole\n%.1000s", d)
	}
}

// brightness is a family of one parameter.
type brightness struct{}

func (brightness) Width() int { return 1 }

func (brightness) Apply(p []float32, _ float64, x0, x []float32) {
	for j, v := range x0 {
		x[j] = v + p[0]
	}
}

func TestAscendLeavesOtherAscentsAlone(t *testing.T) {
	net := smallNets()["dense"]
	x, y := images(net, 3)
	m := openNet(t, &Backend{Platform: goPlatform}, arbench.ModelSpec{Network: net})
	ascent := arbench.Ascent{X0: x, X: x.Clone(), Y: y, Loss: arbench.CrossEntropy{Y: y}, Steps: 2,
		Threat: arbench.Threat{Norm: arbench.Linf, Eps: 0.1}, Size: make([]float64, 3)}
	own := arbench.LossFunc(func(z, dz arbench.Tensor, values []float64) {})
	for name, change := range map[string]func(*arbench.Ascent){
		"another norm":      func(a *arbench.Ascent) { a.Norm = arbench.L2 },
		"a loss of its own": func(a *arbench.Ascent) { a.Loss = own },
		"DLR":               func(a *arbench.Ascent) { a.Loss = arbench.DLR{Y: y} },
		"no steps":          func(a *arbench.Ascent) { a.Steps = 0 },
		"moving statistics": func(a *arbench.Ascent) { a.Mode = arbench.BatchUpdate },
		"a family":          func(a *arbench.Ascent) { a.Family = brightness{} },
	} {
		a := ascent
		change(&a)
		if _, ok, err := m.Ascend(t.Context(), a); ok || err != nil {
			t.Errorf("%s: got %v, %v; want it left to the caller", name, ok, err)
		}
	}
	spoilt := x.Clone()
	spoilt.Data[4] = float32(math.NaN())
	for name, change := range map[string]func(*arbench.Ascent){
		"a NaN where it starts":       func(a *arbench.Ascent) { a.X = spoilt },
		"a NaN in an image":           func(a *arbench.Ascent) { a.X0 = spoilt },
		"images of another shape":     func(a *arbench.Ascent) { a.X0 = arbench.NewTensor(3, 1, 1, 1) },
		"two images for three starts": func(a *arbench.Ascent) { a.X0 = x.Rows(0, 2) },
		"two step sizes":              func(a *arbench.Ascent) { a.Size = a.Size[:2] },
		"a step that is no number":    func(a *arbench.Ascent) { a.Size = []float64{0, math.NaN(), 0} },
		"a budget that is no number":  func(a *arbench.Ascent) { a.Eps = math.NaN() },
		"one budget":                  func(a *arbench.Ascent) { a.Each = []float64{0.1} },
	} {
		a := ascent
		change(&a)
		if _, ok, err := m.Ascend(t.Context(), a); ok || err == nil {
			t.Errorf("%s: got %v, %v; want an error", name, ok, err)
		}
	}
	if d := cmp.Diff(x, ascent.X); d != "" {
		t.Errorf("the start changed: %s", d)
	}
}

// A whole ascent copies images to the device twice and back once, steps one by one copy them both ways each time.
func TestAscendMovesImagesOnce(t *testing.T) {
	onEachEngine(t, func(t *testing.T, backend *Backend) {
		const rows, pixels, classes, steps = 4, 32, 3, 13
		net := netOf([]int{2, 4, 4}, arbench.Flatten{}, arbench.Dense{Out: classes})
		m := openNet(t, withRows(backend, rows), arbench.ModelSpec{Network: net})
		x, y := images(net, rows)
		a := arbench.Ascent{X0: x, X: x.Clone(), Y: y, Loss: arbench.CrossEntropy{Y: y}, Steps: steps, Size: make([]float64, rows),
			Threat: arbench.Threat{Norm: arbench.Linf, Eps: 0.1}}
		forget(m.engine)
		before := m.Moved()
		if _, ok, err := m.Ascend(t.Context(), a); !ok || err != nil {
			t.Fatalf("got %v, %v; want an ascent", ok, err)
		}
		parts := int64(rows / min(m.rows, rows)) // images, targets, sizes, budgets, classes, first steps; steps, bad
		const each = 4 * (3*pixels + classes + 5)
		if got, want := m.Moved()-before, rows*each+parts*12; got != want {
			t.Errorf("an ascent moved %d bytes, want %d", got, want)
		}
		before = m.Moved()
		for i := range steps {
			for row := range rows {
				x.Row(row)[i]++
			}
			run(t, m, arbench.Call{X: x, Losses: []arbench.Loss{a.Loss}, Want: arbench.DX})
		}
		const stepwise = 4 * (2*pixels + 2*classes)
		if got, want := m.Moved()-before, int64(steps*rows*stepwise); got != want {
			t.Errorf("%d steps moved %d bytes, want %d", steps, got, want)
		}
	})
}
