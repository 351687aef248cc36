//go:build gomlx

package gomlx

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// forget drops all images of an engine.
func forget(e *engine) {
	e.images.mu.Lock()
	defer e.images.mu.Unlock()
	for len(e.images.entries) > 0 {
		e.images.drop(0)
	}
}

// trained makes a step of training on x and returns its pass and the bytes that it moved.
func trained(t *testing.T, m *Model, x arbench.Tensor, y []int) (arbench.Pass, int64) {
	before := m.Moved()
	p := run(t, m, arbench.Call{
		X: x, Losses: []arbench.Loss{arbench.CrossEntropy{Y: y}}, Mode: arbench.BatchUpdate, Want: arbench.DParams,
	})
	return p, m.Moved() - before
}

// Images that were staged are not copied again; others are, also those that changed since.
func TestStagedImagesAreThere(t *testing.T) {
	onEachEngine(t, func(t *testing.T, b *Backend) {
		net := smallNets()["conv bn pool"]
		m, other := openNet(t, b, arbench.ModelSpec{Network: net}), openNet(t, b, arbench.ModelSpec{Network: net})
		x, y := images(net, 6)
		size := int64(4 * len(x.Data))
		forget(m.engine)
		want, whole := trained(t, m, x, y)

		fresh := x.Clone()
		fresh.Data[5] = 0.25
		m.Stage(fresh)
		got, moved := trained(t, m, fresh, y)
		if whole-moved != size {
			t.Errorf("staged images save %d of %d bytes, want %d", whole-moved, whole, size)
		}
		if cmp.Equal(want.Logits, got.Logits) {
			t.Error("another image has the same logits")
		}
		kept := fresh.Clone()
		forget(m.engine)
		m.Stage(fresh)
		fresh.Data[5] = x.Data[5] // after Stage
		if p, _ := trained(t, other, kept, y); !cmp.Equal(got, p) {
			t.Error("what was staged changed with the host's memory")
		}
		got, _ = trained(t, other, fresh, y)
		if d := cmp.Diff(want.Logits, got.Logits); d != "" {
			t.Errorf("images that changed after Stage: -as they are +got\n%s", d)
		}
		for _, bad := range []arbench.Tensor{{}, arbench.NewTensor(0, 2, 6, 6), arbench.NewTensor(2, 7, 1, 1)} {
			m.Stage(bad) // is left to the pass
		}
	})
}

// Training on what an ascent ends in copies neither that nor the images of before.
func TestAscentsLeaveTheirEnd(t *testing.T) {
	onEachEngine(t, func(t *testing.T, b *Backend) {
		net := smallNets()["conv bn pool"]
		x, y := images(net, 6)
		m := openNet(t, b, arbench.ModelSpec{Network: net})
		forget(m.engine)
		_, whole := trained(t, m, x, y)
		a := arbench.Ascent{X0: x, X: x.Clone(), Y: y, Loss: arbench.CrossEntropy{Y: y}, Steps: 2, Mode: arbench.BatchStats,
			Threat: arbench.Threat{Norm: arbench.Linf, Eps: 0.1}, Size: []float64{0.01, 0.02, 0.03, 0.04, 0.05, 0.06}}
		start := m.Moved()
		if _, ok, err := m.Ascend(t.Context(), a); !ok || err != nil {
			t.Fatalf("got %v, %v; want an ascent", ok, err)
		}
		size := int64(4 * len(x.Data))
		if ascent := m.Moved() - start; ascent < 2*size || ascent >= 3*size {
			t.Errorf("the ascent moved %d bytes, want its start there and its end back, of %d each", ascent, size)
		}
		got, moved := trained(t, m, a.X, y)
		if whole-moved != size {
			t.Errorf("the end of an ascent saves %d of %d bytes, want %d", whole-moved, whole, size)
		}
		other := openNet(t, b, arbench.ModelSpec{Network: net})
		_, _ = trained(t, other, x, y)
		want, _ := trained(t, other, a.X.Clone(), y)
		if d := cmp.Diff(want.Logits, got.Logits); d != "" {
			t.Errorf("training on the end of an ascent: -copied +left there\n%s", d)
		}
	})
}

// Batches may be staged while passes of other images run, and while the cache drops what they use.
func TestStageWhileAPassRuns(t *testing.T) {
	onEachEngine(t, func(t *testing.T, b *Backend) {
		net := smallNets()["dense"]
		x, _ := images(net, 3*2*mostImages)
		want := run(t, openNet(t, withRows(b, 2), arbench.ModelSpec{Network: net}), arbench.Call{X: x})
		m := openNet(t, withRows(b, 2), arbench.ModelSpec{Network: net})
		var others sync.WaitGroup
		for k := range 3 {
			others.Go(func() {
				for i := range 40 {
					lo := (k*7 + i) % (x.Len() - 2)
					m.Stage(x.Rows(lo, lo+2))
				}
			})
		}
		for range 20 {
			if d := cmp.Diff(want, run(t, m, arbench.Call{X: x})); d != "" {
				t.Fatalf("-alone +while others stage\n%s", d)
			}
		}
		others.Wait()
		if n := len(m.engine.images.entries); n > mostImages {
			t.Errorf("%d batches are kept, want at most %d", n, mostImages)
		}
	})
}

// Keys tell every bit, the number of rows and the order of pieces.
func TestImageKeys(t *testing.T) {
	x := arbench.NewTensor(2, 1, 1, 2*piece)
	x.Data[0], x.Data[piece] = 1, 2
	seen := map[imageKey]string{}
	add := func(name string, p part, x arbench.Tensor) {
		k := keyOf(p, x)
		if other, ok := seen[k]; ok {
			t.Errorf("%s has the key of %s", name, other)
		}
		seen[k] = name
	}
	all := part{0, 2, 2}
	add("x", all, x)
	if k := keyOf(all, x.Clone()); seen[k] != "x" {
		t.Error("a copy has another key")
	}
	add("x in another shape", all, arbench.Tensor{Shape: []int{2, 2, 2, piece / 2}, Data: x.Data})
	add("x filled up", part{0, 2, 4}, x)
	add("its first row", part{0, 1, 1}, x)
	add("its second row", part{1, 2, 1}, x)
	for _, i := range []int{0, 5, piece - 1, 3*piece + 7, len(x.Data) - 1} {
		y := x.Clone()
		y.Data[i] += 1e-30
		if i == 0 {
			y.Data[i] = 0.99999994
		}
		add("another value", all, y)
	}
	y := x.Clone()
	y.Data[0], y.Data[piece] = 2, 1
	add("two pieces exchanged", all, y)
	y = x.Clone()
	y.Data[3] = -y.Data[3]
	add("minus zero", all, y)
}
