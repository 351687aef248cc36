package cmd

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

func TestBenchMeasuresWhatItsFlagsSay(t *testing.T) {
	bench := func(format string) []byte {
		c, out := newBench(), &bytes.Buffer{}
		c.SetArgs([]string{"--nets", "mlp", "--cells", "pgd20_steps", "--batch", "100", "--set", "numerics=direct", "--seconds", "0.001", "--windows", "1",
			"--threads", "1", "--format", format})
		c.SetOut(out)
		c.SetErr(io.Discard)
		if err := c.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	var r struct {
		Numerics string                        `json:"numerics"`
		Threads  int                           `json:"threads"`
		Batch    map[string]int                `json:"batch"`
		Table    map[string]map[string]float64 `json:"table_img_s"`
	}
	if err := json.Unmarshal(bench("json"), &r); err != nil {
		t.Fatal(err)
	}
	if r.Batch["mlp"] != 100 || r.Threads != 1 || !strings.Contains(r.Numerics, "direct") ||
		len(r.Table) != 1 || !(r.Table["mlp"]["pgd20_steps"] > 0) {
		t.Errorf("batch %v, %d threads, numerics %q, images a second %v", r.Batch, r.Threads, r.Numerics, r.Table)
	}
	if table := string(bench("table")); !strings.HasPrefix(table, "gorgonia, ") || !strings.Contains(table, "pgd20_steps") {
		t.Errorf("table:\n%s", table)
	}
}
