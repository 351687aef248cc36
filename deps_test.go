package arbench_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/arbench/arbench"

// mayImport is policy: which parts of this module each part may import, without its tests. A part is
// one or two elements of the path, the longer one first; "root" is the vocabulary, "own" the packages
// below the same plugin's folder, such as backends/gorgonia/kernel for backends/gorgonia. It is not
// relaxed to make a build pass, and ARCHITECTURE.md says the same.
var mayImport = map[string][]string{
	"root":             {},
	"attacks":          {"root", "attacks"},
	"regularizers":     {"root", "attacks"},
	"backends":         {"root", "own"},
	"reports":          {"root", "reports/table"},
	"internal/suite":   {"root", "internal"},
	"internal/plan":    {"root", "internal"},
	"internal/train":   {"root", "internal"},
	"internal/runner":  {"root", "internal"},
	"internal/record":  {"root", "internal"},
	"internal/trust":   {"root", "internal"},
	"internal/store":   {"root", "internal"},
	"internal/arch":    {"root"},
	"internal/dataset": {"root", "internal/dataset/files"},
	"internal/measure": {"root"},
	"internal/probe":   {"root"},
	"internal/bench":   {"root", "internal", "attacks/pgd", "regularizers/advtrain", "backends/gorgonia/kernel"},
	"internal/build":   {"root", "internal"},
	"internal/compare": {"root", "internal", "reports/table"},
	"internal/golden":  {"root"},
	"internal/program": {"root"},
	"internal/wording": {},
	"internal/masked":  {"root", "cmd", "own"},
	"suites":           {},
	"cmd":              {"everything"},
}

// kits are the conformance kits, which are for tests and import whatever they need.
var kits = []string{"attacks/attacktest", "backends/backendtest", "regularizers/regularizertest"}

// listed is a package as "go list -json" prints it.
type listed struct {
	ImportPath string
	Imports    []string
}

func TestImportsFollowThePolicy(t *testing.T) {
	for _, p := range goList(t) {
		from := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		for _, imported := range p.Imports {
			if why := refuse(from, imported); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, imported, why)
			}
		}
	}
}

// refuse says why the package at path from, relative to the module, may not import; "" if it may.
func refuse(from, imported string) string {
	if imported != module && !strings.HasPrefix(imported, module+"/") {
		if first, _, _ := strings.Cut(imported, "/"); from == "" && strings.Contains(first, ".") {
			return "the vocabulary imports the standard library only"
		}
		return ""
	}
	to := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
	if slices.Contains(kits, to) {
		return "a conformance kit is for tests"
	}
	if slices.Contains(kits, from) {
		return ""
	}
	allowed, known := mayImport[plugin(from)]
	if !known {
		allowed, known = mayImport[part(from)]
	}
	switch {
	case !known:
		return "the policy does not know this part of the module"
	case slices.Contains(allowed, part(to)), slices.Contains(allowed, to), slices.Contains(allowed, "everything"):
		return ""
	case slices.Contains(allowed, "own") && plugin(from) == plugin(to):
		return ""
	}
	return "may import only " + strings.Join(allowed, ", ")
}

// part returns the first element of a path, "root" for the module itself.
func part(path string) string {
	first, _, _ := strings.Cut(path, "/")
	if first == "" {
		return "root"
	}
	return first
}

// plugin returns the first two elements of a path.
func plugin(path string) string {
	return strings.Join(strings.SplitN(path, "/", 3)[:min(2, strings.Count(path, "/")+1)], "/")
}

// TestArchitectureSaysThePolicy reads the table of ARCHITECTURE.md: folders, what is in them, what
// they may import.
func TestArchitectureSaysThePolicy(t *testing.T) {
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.ReplaceAll(line, "`", ""), " | ")
		if len(cells) != 3 || !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| folder") {
			continue
		}
		parts := strings.Split(strings.TrimSuffix(strings.TrimSpace(cells[2]), " |"), ", ")
		if slices.Equal(parts, []string{"nothing"}) {
			parts = []string{}
		}
		for folder := range strings.SplitSeq(strings.TrimPrefix(cells[0], "| "), ", ") {
			said[strings.TrimSuffix(folder, "/*")] = parts
		}
	}
	if diff := cmp.Diff(mayImport, said); diff != "" {
		t.Errorf("-mayImport +ARCHITECTURE.md:\n%s", diff)
	}
}

func goList(t *testing.T) (ps []listed) {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", "./...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
	if len(ps) < 5 {
		t.Fatalf("go list names only %d packages", len(ps))
	}
	return ps
}

func TestImportPolicyRefuses(t *testing.T) {
	for _, c := range []struct {
		from, imported string
		ok             bool
	}{
		{"", "math", true},
		{"", "example.org/x", false},
		{"", module + "/internal/store", false},
		{"attacks/apgd", module, true},
		{"attacks/apgd", module + "/attacks/goal", true},
		{"attacks/apgd", module + "/backends/linear", false},
		{"attacks/apgd", module + "/attacks/attacktest", false},
		{"attacks/attacktest", module + "/backends/linear", true},
		{"backends/gorgonia", "gorgonia.org/gorgonia", true},
		{"backends/gorgonia", module + "/backends/gorgonia/kernel", true},
		{"backends/gorgonia/op", module + "/backends/gorgonia/kernel", true},
		{"backends/gorgonia", module + "/backends/linear", false},
		{"reports/csv", module + "/reports/table", true},
		{"reports/csv", module + "/reports/json", false},
		{"regularizers/trades", module + "/attacks/pgd", true},
		{"regularizers/trades", module + "/regularizers/advtrain", false},
		{"internal/runner", module + "/internal/store", true},
		{"internal/runner", module + "/attacks/pgd", false},
		{"internal/probe", module, true},
		{"internal/probe", module + "/internal/arch", false},
		{"internal/dataset/digits", module + "/internal/store", false},
		{"internal/dataset/idx", module + "/internal/dataset/files", true},
		{"internal/dataset/idx", module + "/internal/dataset/digits", false},
		{"internal/new", module, false},
		{"reports/table", module + "/reports/markdown", false},
		{"regularizers/trades", module + "/regularizers/trades/inner", false},
		{"cmd/standard", module + "/backends/gorgonia", true},
		{"tools", module, false},
	} {
		if why := refuse(c.from, c.imported); (why == "") != c.ok {
			t.Errorf("%q imports %q: %q, want allowed %v", c.from, c.imported, why, c.ok)
		}
	}
}
