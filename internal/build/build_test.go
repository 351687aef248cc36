package build

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench/internal/program"
)

// What a program of a release needs: nothing of it is at hand but one of the additions.
func TestReleaseAndAdditionsAreFetched(t *testing.T) {
	adds, err := ParseAdditions([]string{"example.net/a@v1.2.0", "example.net/b/deep", "example.net/c/v2/deep@v2.0.1=c"})
	if err != nil {
		t.Fatal(err)
	}
	adds[2].checkout = &checkout{root: "/src/c 2", Go: "1.9"}
	adds[2].Module.Path = "example.net/c/v2"
	m := &Module{release: "v1.1.0", additions: adds}
	want := []string{"github.com/arbench/arbench@v1.1.0", "example.net/a@v1.2.0", "example.net/b/deep@latest"}
	if diff := cmp.Diff(want, m.fetch()); diff != "" {
		t.Errorf("to fetch (-want +got):\n%s", diff)
	}
	mod := "module arbench-with-plugins\n\ngo 1.9\n\nrequire example.net/c/v2 v2.0.1\n" +
		"replace example.net/c/v2 => \"/src/c 2\"\n"
	if diff := cmp.Diff(mod, m.mod()); diff != "" {
		t.Errorf("go.mod (-want +got):\n%s", diff)
	}
	arbench := &checkout{root: "/src/arbench", Go: "1.26.0"}
	arbench.Module.Path = program.Module
	arbench.Require = append(arbench.Require, struct{ Path, Version string }{"example.net/d", "v0.1.0"})
	m = &Module{arbench: arbench, additions: adds}
	if diff := cmp.Diff(want[1:], m.fetch()); diff != "" {
		t.Errorf("to fetch beside a checkout (-want +got):\n%s", diff)
	}
	mod = "module arbench-with-plugins\n\ngo 1.26.0\n\nrequire github.com/arbench/arbench v0.0.0\n" +
		"require example.net/d v0.1.0\nrequire example.net/c/v2 v2.0.1\n" +
		"replace github.com/arbench/arbench => \"/src/arbench\"\nreplace example.net/c/v2 => \"/src/c 2\"\n"
	if diff := cmp.Diff(mod, m.mod()); diff != "" {
		t.Errorf("go.mod beside a checkout (-want +got):\n%s", diff)
	}
}

// TestAddedIsWhatOneProgramListsMore has programs that print.
func TestAddedIsWhatOneProgramListsMore(t *testing.T) {
	base := "attack pgd\ndataset digits\n"
	more := "attack coin\nattack pgd\ndataset digits\ndataset pgd\n"
	broken := "panic: arbench: attack pgd registered twice\n\ngoroutine 1\n"
	lines := func(list string) []string { return strings.Split(strings.TrimSpace(list), "\n") }
	here := runtime.GOOS + "/" + runtime.GOARCH
	for _, c := range []struct{ name, target, with, without, end, want string }{
		{"two", here, more, base, "exit 0", "built, adds attack coin, dataset pgd"},
		{"none", here, base, base, "exit 0", "built, but no plugin was added: a package adds one by Register in its init, " +
			"such as arbench.Attacks.Register"},
		{"another machine", "plan9/386", more, base, "exit 0",
			"built for plan9/386; which plugins it has cannot be asked on " + here},
		{"panic", here, broken, base, "exit 2",
			"the program with the plugins fails: exit status 2: panic: arbench: attack pgd registered twice"},
	} {
		dir := t.TempDir()
		program := func(name, text, end string) string {
			path := filepath.Join(dir, name)
			text = "#!/bin/sh\ncat <<'END' | tee /dev/stderr\n" + text + "END\n" + end + "\n"
			if err := os.WriteFile(path, []byte(text), 0o777); err != nil {
				t.Fatal(err)
			}
			return path
		}
		g := &Toolchain{target: c.target}
		got, err := g.added(t.Context(), program("with", c.with, c.end), program("without", c.without, "exit 0"), lines)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
