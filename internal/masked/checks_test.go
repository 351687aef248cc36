package masked

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/cmd"
	_ "github.com/arbench/arbench/cmd/standard"
	"github.com/arbench/arbench/reports/json"
)

const suite = `
schema = 1
name   = "masked"
dataset.use = "digits"
[recipe]
arch      = { use = "mlp", hidden = [32] }
epochs    = 10
batch     = 64
optimizer = { use = "sgd", momentum = 0.9 }
schedule  = { use = "cyclic", rate = 0.1 }
[models.none]
backend = { use = "masked", defence = "none" }
[models.quantise]
backend = { use = "masked", defence = "quantise" }
[models.scale]
backend = { use = "masked", defence = "scale" }
[models.softmax]
backend = { use = "masked", defence = "softmax" }
[models.dropout]
backend = { use = "masked", defence = "dropout" }
[threats.linf]
norm = "linf"
eps  = 0.1
[attacks.pgd-20]
use   = "pgd"
steps = 20
[evaluate.main]
examples = 100
[trust]
level = "quick"
`

// TestChecksFindMaskedModels runs a suite as a user does. docs/trust.md has larger ones.
func TestChecksFindMaskedModels(t *testing.T) {
	file := filepath.Join(t.TempDir(), "masked.toml")
	if err := os.WriteFile(file, []byte(suite), 0o666); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	args := []string{"run", file, "--store", t.TempDir(), "--format", "json", "--quiet"}
	if code := cmd.Run(context.Background(), args, nil, &out, &errs); code != 0 {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	r, err := json.Decode(&out)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, c := range r.Cells {
		if c.Cell.Kind == arbench.AttackCell {
			got[c.Cell.Model] = c.Trust() == arbench.Invalid
			if c.Cell.Model == "none" && c.Trust() == arbench.Invalid {
				t.Errorf("%+v", c.Findings)
			}
		}
	}
	want := map[string]bool{"none": false, "quantise": true, "scale": true, "softmax": true, "dropout": true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("invalid numbers (-want +got):\n%s", diff)
	}
}
