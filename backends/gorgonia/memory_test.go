package gorgonia

import (
	"runtime"
	"testing"

	"github.com/arbench/arbench"
)

// After the first pass the ops allocate nothing: what remains is the Pass, which belongs to the
// caller, and a few small objects.
func TestPassesAllocateLittle(t *testing.T) {
	for _, name := range []string{"residual", "transformer"} {
		t.Run(name, func(t *testing.T) { checkAllocations(t, smallNets()[name]) })
	}
}

// checkAllocations is for nets of three classes.
func checkAllocations(t *testing.T, net *arbench.Network) {
	c := newTrial(t, net, 64, arbench.KeyedRand(40))
	m := c.model(t, 2)
	tests := []struct {
		name  string
		call  arbench.Call
		bytes uint64 // without the Pass
	}{
		{"forward", arbench.Call{X: c.x}, 20 << 10},
		{"dx", arbench.Call{X: c.x, Want: arbench.DX}, 30 << 10},
		{"dx of rows", arbench.Call{X: c.x, Losses: []arbench.Loss{crossEntropy(64, 3)}, Want: arbench.DX}, 20 << 10},
		{"train", arbench.Call{X: c.x, Want: arbench.DParams, Mode: arbench.BatchUpdate}, 50 << 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.call.Losses == nil {
				tt.call.Losses = []arbench.Loss{linearLoss(c.coef)}
			}
			pass := func() {
				if _, err := m.Run(t.Context(), tt.call); err != nil {
					t.Fatal(err)
				}
			}
			pass()
			if n := testing.AllocsPerRun(10, pass); n > 600 {
				t.Errorf("%v objects a pass, want at most 600", n)
			}
			var a, b runtime.MemStats
			runtime.ReadMemStats(&a)
			for range 10 {
				pass()
			}
			runtime.ReadMemStats(&b)
			own := 4*uint64(64*3) + 8*64
			if tt.call.Want&arbench.DX != 0 {
				own += 4 * uint64(len(c.x.Data))
			}
			if n := (b.TotalAlloc - a.TotalAlloc) / 10; n > tt.bytes+own {
				t.Errorf("%d bytes a pass, want at most %d and %d of the Pass", n, tt.bytes, own)
			}
		})
	}
}

// A model that nobody holds gives back its workers.
func TestForgottenModelEndsItsWorkers(t *testing.T) {
	before := runtime.NumGoroutine()
	func() {
		c := newTrial(t, smallNets()["residual"], 4, arbench.KeyedRand(41))
		for range 10 {
			run(t, c.model(t, 4), arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(c.coef)}, Want: arbench.DX})
		}
	}()
	for range 100 {
		runtime.GC()
		runtime.Gosched()
		if runtime.NumGoroutine() <= before {
			return
		}
	}
	t.Errorf("%d goroutines, want at most %d", runtime.NumGoroutine(), before)
}

// A training has no copy of images that lie as its first layers read them.
func TestImagesThatLieAsTheyAreReadAreNotCopied(t *testing.T) {
	nets := smallNets()
	for name, want := range map[string]bool{
		"branches of the features":         true,
		"norm of features without padding": false, // it keeps hold of what it normalizes
		"norm of the features":             false, // which are padded
		"normalized dense":                 false,
		"conv pool":                        false,
	} {
		m := newTrial(t, nets[name], 2, arbench.KeyedRand(42)).model(t, 1)
		g := layGraph(m.plan, m.eng, purpose{batch: true, dparams: true}, 2)
		if got := g.blocks[0].output().data == nil; got != want {
			t.Errorf("%s: without memory for images: %v, want %v", name, got, want)
		}
	}
}
