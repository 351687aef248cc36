package gorgonia

import (
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/backendtest"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
	"github.com/google/go-cmp/cmp"
)

func TestBackendIsRegistered(t *testing.T) {
	b, err := arbench.Backends.New("gorgonia")
	if err != nil {
		t.Fatal(err)
	}
	info := b.Info()
	want := "float32 winograd fma"
	if kernel.Name() == "portable" {
		want = "float32 winograd portable"
	}
	if runtime.GOARCH != "amd64" {
		want += " " + runtime.GOARCH
	}
	if info.Numerics != want || info.Access != arbench.Weights {
		t.Errorf("numerics %q and access %v, want %q and %v", info.Numerics, info.Access, want, arbench.Weights)
	}
}

// What gives other bits has another name.
func TestFamiliesOfArithmetic(t *testing.T) {
	for _, c := range []struct{ kernels, arch, want string }{
		{"avx512", "amd64", "fma"}, {"avx2", "amd64", "fma"},
		{"portable", "amd64", "portable"}, {"portable", "arm64", "portable arm64"},
	} {
		if got := familyOf(c.kernels, c.arch); got != c.want {
			t.Errorf("%s on %s: %q, want %q", c.kernels, c.arch, got, c.want)
		}
	}
}

func TestOpenRefusesWhatDoesNotFit(t *testing.T) {
	net := netOf([]int{1, 2, 2}, arbench.Flatten{}, arbench.Dense{Out: 2})
	tests := []struct {
		name string
		spec arbench.ModelSpec
		want string
	}{
		{"nothing", arbench.ModelSpec{}, "no network"},
		{
			"net", arbench.ModelSpec{Network: netOf([]int{1, 2, 2}, arbench.Flatten{}, arbench.Flatten{})},
			`layer "b": reads shape [4], want 3 axes`,
		},
		{
			"images", arbench.ModelSpec{Network: netOf([]int{1, 2, 2}, act(arbench.ReLU))},
			`the last layer "a" gives shape [1 2 2]`,
		},
		{
			"weights", arbench.ModelSpec{Network: net, Weights: []arbench.Param{}},
			`parameter "b.weight" is missing`,
		},
		{
			"shape", arbench.ModelSpec{Network: net,
				Weights: []arbench.Param{{Name: "b.weight", Value: arbench.NewTensor(2, 3)}}},
			`parameter "b.weight" has shape [2 3], want [2 4]`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := new(Backend).Open(t.Context(), tt.spec)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestBackendKeepsTheRules(t *testing.T) {
	nets := smallNets()
	backendtest.Run(t, func() arbench.Backend { return &Backend{} }, nets["dense"], nets["conv relu"],
		nets["conv bn pool"], nets["average pool"],
		nets["residual"], nets["residual A"], nets["concat"], nets["groups"], nets["winograd"])
	t.Run("direct", func(t *testing.T) {
		backendtest.Run(t, func() arbench.Backend { return &Backend{Numerics: directNumerics} }, nets["winograd"])
	})
}

// The weights are copied, and the seed is that of Network.Init.
func TestOpenTakesWeightsOrSeed(t *testing.T) {
	net := smallNets()["conv relu"]
	want, err := net.Init(5)
	if err != nil {
		t.Fatal(err)
	}
	given, err := net.Init(5)
	if err != nil {
		t.Fatal(err)
	}
	a := openNet(t, arbench.ModelSpec{Network: net, Seed: 5, Threads: 1})
	b := openNet(t, arbench.ModelSpec{Network: net, Weights: given, Threads: 1})
	for i := range given {
		clear(given[i].Value.Data)
	}
	for name, m := range map[string]*Model{"seed": a, "weights": b} {
		got := paramsOf(t, m)
		for _, p := range want {
			if diff := cmp.Diff(p.Value, got[p.Name].Value); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%.1000s", name, p.Name, diff)
			}
		}
	}
}

// Models share nothing: each may be used by a goroutine of its own, and opened there.
func TestModelsRunSideBySide(t *testing.T) {
	c := newTrial(t, smallNets()["residual"], 9, arbench.KeyedRand(50))
	call := arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(c.coef)}, Want: arbench.DX | arbench.DParams}
	want := run(t, c.model(t, 1), call)
	var done sync.WaitGroup
	for range 4 {
		done.Go(func() {
			m, err := new(Backend).Open(t.Context(), arbench.ModelSpec{Network: c.net, Weights: c.params, Threads: 2})
			if err != nil {
				t.Error(err)
				return
			}
			for range 3 {
				p, err := m.Run(t.Context(), call)
				if diff := cmp.Diff(want, p); err != nil || diff != "" {
					t.Errorf("error %v, pass (-alone +beside others):\n%.1000s", err, diff)
				}
			}
		})
	}
	done.Wait()
}
