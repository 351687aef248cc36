package gomlx

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gomlx/plugin"
)

func TestBackendIsRegistered(t *testing.T) {
	b, err := arbench.Backends.New("gomlx")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(&Backend{Platform: "cpu", Precision: "float32", Deterministic: true}, b); d != "" {
		t.Errorf("defaults (-want +got):\n%s", d)
	}
	if got := b.Info().Access; got != arbench.Weights {
		t.Errorf("access %v, want %v", got, arbench.Weights)
	}
}

// What gives other bits has another name, wherever it lies.
func TestNumericsNameTheArithmetic(t *testing.T) {
	on := " " + processor()
	for want, b := range map[string]*Backend{
		"float32 gomlx v0.28.0 graphs 2 xla cpu" + on + " rows 64":  {Platform: "/no/such/plugin.so"},
		"float32 gomlx v0.28.0 graphs 2 go" + on + " rows 1":        {Platform: "go"},
		"bf16 gomlx v0.28.0 graphs 2 xla cpu" + on + " rows 64":     {Platform: "/no/such/plugin.so", Precision: "bf16"},
		"float32 gomlx v0.28.0 graphs 2 xla cpu" + on + " rows 100": {Platform: "/no/such/plugin.so", Rows: 100},
		"tf32 gomlx v0.28.0 graphs 2 xla cuda.so rows 512":          {Platform: "/no/such/cuda.so", Precision: "tf32", Deterministic: true},

		"float32 gomlx v0.28.0 graphs 2 xla cuda.so rows 512 any order": {Platform: "/no/such/cuda.so"},
	} {
		if got := b.Info().Numerics; got != want {
			t.Errorf("%+v: numerics %q, want %q", *b, got, want)
		}
	}
}

// Another build of XLA gives other bits.
func TestNumericsNameTheBuild(t *testing.T) {
	path, err := os.Executable() // any library does: it is not loaded
	if err != nil {
		t.Fatal(err)
	}
	build, err := plugin.Build(path)
	if err != nil {
		t.Skip(err)
	}
	t.Setenv(plugin.Variable(cpuPlatform), path)
	want := "float32 gomlx v0.28.0 graphs 2 xla cpu " + processor() + " build " + build + " rows 64"
	for _, b := range []*Backend{{}, {Platform: path}} {
		if got := b.Info().Numerics; got != want {
			t.Errorf("%+v: numerics %q, want %q", *b, got, want)
		}
	}
}

// The version that is named is the one that is linked.
func TestVersionIsThatOfGoMod(t *testing.T) {
	text, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if want := "github.com/gomlx/gomlx " + version; !strings.Contains(string(text), want) {
		t.Errorf("go.mod has another than %q", want)
	}
}

func TestOpenRefusesOptionsThatDoNotExist(t *testing.T) {
	net := &arbench.Network{Input: []int{1, 2, 2}}
	for want, b := range map[string]*Backend{
		`platform is "gpu", want "cpu", "cuda", "go" or the absolute path`:              {Platform: "gpu"},
		`precision is "float16", want "float32", "bf16" or, of platform "cuda", "tf32"`: {Precision: "float16"},
		`precision "tf32" is one of "cuda", not of platform "go"`:                       {Platform: "go", Precision: "tf32"},
		`precision "tf32" is one of "cuda", not of platform "/a/cpu.so"`:                {Platform: "/a/cpu.so", Precision: "tf32"},
		`rows is -1, want 1 to 16384`:                                                   {Rows: -1},
		`rows is 100000000, want 1 to 16384`:                                            {Rows: 1e8},
		`rows is 2, want 1 on platform "go"`:                                            {Platform: "go", Rows: 2},
		`platform is "plugin.so"`:                                                       {Platform: "plugin.so"},
	} {
		_, err := b.Open(t.Context(), arbench.ModelSpec{Network: net})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %q", *b, err, want)
		}
	}
	if _, err := new(Backend).Open(t.Context(), arbench.ModelSpec{}); err == nil || !strings.Contains(err.Error(), "no network") {
		t.Errorf("no network: error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := new(Backend).Open(ctx, arbench.ModelSpec{Network: net}); err == nil {
		t.Error("a cancelled context: no error")
	}
}
