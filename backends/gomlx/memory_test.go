//go:build gomlx

package gomlx

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/arbench/arbench"
)

// resident returns the memory of this process, in bytes.
func resident(t *testing.T) int {
	t.Helper()
	runtime.GC()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// Ten thousand steps of training and as many passes need no more memory than the first ones: what they leave
// behind each time, of parameters, moments and images, is 50 KB, which would be 500 MB in all.
func TestMemoryStaysConstant(t *testing.T) { onXLA(t, memoryStaysConstant) }

func memoryStaysConstant(t *testing.T, b *Backend) {
	net := netOf([]int{1, 16, 16}, arbench.Flatten{}, arbench.Dense{Out: 16, Bias: true}, act(arbench.ReLU), arbench.Dense{Out: 4})
	m := openNet(t, withRows(b, 4), arbench.ModelSpec{Network: net})
	x, y := images(net, 4)
	ce := []arbench.Loss{arbench.CrossEntropy{Y: y}}
	step := func(times int) {
		for range times {
			run(t, m, arbench.Call{X: x, Losses: ce, Want: arbench.DX | arbench.DParams, Mode: arbench.BatchUpdate})
			if err := m.Step(t.Context(), arbench.NewSGD(), 0.001); err != nil {
				t.Fatal(err)
			}
		}
	}
	step(500)
	before := resident(t)
	step(10_000)
	if grown := resident(t) - before; grown > 64<<20 {
		t.Errorf("10,000 steps took %d MB", grown>>20)
	}
}

// An engine keeps so many programs, and drops those that were used least.
func TestCacheIsBounded(t *testing.T) {
	b := &Backend{Platform: goPlatform}
	net := netOf([]int{1, 1, 2}, arbench.Flatten{}, arbench.Dense{Out: 2})
	m := openNet(t, b, arbench.ModelSpec{Network: net})
	x, y := images(net, mostPrograms+10)
	for n := 1; n <= x.Len(); n++ {
		run(t, m, arbench.Call{X: x.Rows(0, n), Losses: []arbench.Loss{arbench.CrossEntropy{Y: y[:n]}}, Want: arbench.DParams})
	}
	entries := m.engine.programs.entries
	if len(entries) != mostPrograms {
		t.Errorf("%d programs are kept, want %d", len(entries), mostPrograms)
	}
	for i, e := range entries {
		if e.users != 0 || e.value == nil {
			t.Errorf("program %d has %d users, and is %v", i, e.users, e.value)
		}
	}
	run(t, m, arbench.Call{X: x.Rows(0, 1), Losses: []arbench.Loss{arbench.CrossEntropy{Y: y[:1]}}, Want: arbench.DParams})
}

// An error of a device without memory says what to do, others are left alone.
func TestOutOfMemoryIsAdvised(t *testing.T) {
	lack, other := errors.New("RESOURCE_EXHAUSTED: Out of memory allocating 68719476736 bytes"), errors.New("shape mismatch")
	for want, what := range map[string]purpose{
		"for a pass of 64 rows with derivatives, want a smaller rows of the model's evaluator": {kind: "pass", rows: 64, dx: true},
		"for a pass of 128 rows with derivatives, want a smaller batch":                        {kind: "pass", rows: 128, dparams: true},
		"for a pass of 256 rows, want a smaller batch":                                         {kind: "pass", rows: 256, batch: true},
		"for a step, want a smaller batch or net":                                              {kind: "step"},
	} {
		if err := advise(lack, what); !errors.Is(err, lack) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if err := advise(other, purpose{kind: "pass", rows: 64}); err != other {
		t.Errorf("got %v, want %v", err, other)
	}
}

// What does not fill its shape is refused: XLA would read what lies behind it.
func TestUploadChecksTheShape(t *testing.T) {
	onEachEngine(t, func(t *testing.T, b *Backend) {
		e, err := engineOf(b.platform(), b.mode())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{0, 5, 7} {
			if b, err := upload(e, make([]float32, n), 2, 3); err == nil {
				free(b)
				t.Errorf("%d values fill [2 3]", n)
			}
		}
	})
}
