package cmd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// An attack as someone else's module would have it.
const coin = `package coin

import (
	"context"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Attacks.Register("coin", func() arbench.Attack { return &Attack{Sides: 2} })
}

type Attack struct {
	Sides int ` + "`toml:\"sides\" doc:\"of the coin\"`" + `
}

func (*Attack) Info() arbench.AttackInfo { return arbench.AttackInfo{Doc: "flips a coin"} }

func (*Attack) Perturb(context.Context, arbench.Trial) (arbench.Tensor, error) {
	return arbench.Tensor{}, nil
}
`

// TestOutsiderBuildsACommandOfTheirOwn copies cmd/arbench/main.go into another module, adds the
// import of an attack there, and finds the attack in the program that comes out.
func TestOutsiderBuildsACommandOfTheirOwn(t *testing.T) {
	dir := t.TempDir()
	main := read(t, "arbench/main.go")
	last := "\t_ \"github.com/arbench/arbench/cmd/standard\"\n"
	write(t, dir, "main.go", strings.Replace(main, last, last+"\t_ \"example.net/outsider/coin\"\n", 1))
	write(t, dir, "coin/coin.go", coin)
	here, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	// What go mod tidy would find is in our own go.mod: the same modules at the same versions.
	_, mod, _ := strings.Cut(read(t, "../go.mod"), "\n")
	mod = "module example.net/outsider\n" + mod
	mod += "\nrequire github.com/arbench/arbench v0.0.0\n\nreplace github.com/arbench/arbench => " + here + "\n"
	write(t, dir, "go.mod", mod)
	write(t, dir, "go.sum", read(t, "../go.sum"))

	build := exec.Command("go", "build", "-o", "own", ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, c := range []struct{ args, want string }{
		{"list attacks", "coin   flips a coin\n"},
		{"list attacks coin", "sides   integer  2        of the coin\n"},
		{"version", "arbench "},
		{"version", "example.net/outsider "},
		{"version", "github.com/spf13/cobra "},
	} {
		out, err := exec.Command(filepath.Join(dir, "own"), strings.Fields(c.args)...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), c.want) {
			t.Errorf("%s: %v, want %q in\n%s", c.args, err, c.want, out)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, dir, file, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
