package cmd

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// What bench prints says which kernels ran and what memory a net took: at least its parameters and
// their derivatives, and the eight batches of images.
func TestBenchPrintsKernelsAndMemory(t *testing.T) {
	bench := func(format string) []byte {
		c, out := newBench(), &bytes.Buffer{}
		c.SetArgs([]string{"--nets", "mlp", "--cells", "forward,train,pgd20_steps", "--batch", "100", "--set", "numerics=direct", "--seconds", "0.001", "--windows", "1",
			"--threads", "1", "--format", format})
		c.SetOut(out)
		c.SetErr(io.Discard)
		if err := c.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	var r struct {
		Kernels  string                        `json:"kernels"`
		Numerics string                        `json:"numerics"`
		Batch    map[string]int                `json:"batch"`
		Table    map[string]map[string]float64 `json:"table_img_s"`
		Memory   map[string]float64            `json:"memory_mib"`
	}
	if err := json.Unmarshal(bench("json"), &r); err != nil {
		t.Fatal(err)
	}
	if r.Kernels != kernel.Name() {
		t.Errorf("kernels %q, want %q", r.Kernels, kernel.Name())
	}
	if r.Batch["mlp"] != 100 || !strings.Contains(r.Numerics, "direct") || !(r.Table["mlp"]["pgd20_steps"] > 0) {
		t.Errorf("batch %v, numerics %q, images a second %v", r.Batch, r.Numerics, r.Table)
	}
	const least = 4. * (2*(784*256+256*256+256*10) + 8*100*784) / (1 << 20)
	if m := r.Memory["mlp"]; m < least || m > 20*least {
		t.Errorf("%.1f MiB, want at least %.1f and not twenty times that", m, least)
	}
	if table := string(bench("table")); !strings.Contains(table, ", "+kernel.Name()+" kernels, ") ||
		!strings.Contains(table, " MiB") {
		t.Errorf("table without kernels or memory:\n%s", table)
	}
}
