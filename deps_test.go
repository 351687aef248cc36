package arbench_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/arbench/arbench"

// mayImport is policy: which parts of this module each part may import, without its tests. A part is
// the first element of the path; "root" is the vocabulary, "own" the part's packages below the
// plugin's folder, such as backends/gorgonia/kernel for backends/gorgonia. It is not relaxed to make
// a build pass.
var mayImport = map[string][]string{
	"root":         {},
	"attacks":      {"root", "attacks"},
	"regularizers": {"root", "attacks", "own"},
	"backends":     {"root", "own"},
	"reports":      {"root", "own", "reports/table"},
	"internal":     {"root", "internal"},
	"cmd":          {"root", "attacks", "regularizers", "backends", "reports", "internal", "cmd", "suites"},
	"suites":       {},
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
	allowed, known := mayImport[part(from)]
	switch {
	case !known:
		return "the policy does not know this part of the module"
	case slices.Contains(allowed, part(to)), slices.Contains(allowed, to):
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
		{"cmd/standard", module + "/backends/gorgonia", true},
		{"tools", module, false},
	} {
		if why := refuse(c.from, c.imported); (why == "") != c.ok {
			t.Errorf("%q imports %q: %q, want allowed %v", c.from, c.imported, why, c.ok)
		}
	}
}
