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

func (*Attack) Info() arbench.AttackInfo {
	return arbench.AttackInfo{Doc: "flips a coin", Norms: []arbench.Norm{arbench.Linf}}
}

func (*Attack) Perturb(_ context.Context, t arbench.Trial) (arbench.Tensor, error) {
	x := t.X.Clone()
	x.Data[0] = 0.5
	return x, nil
}
`

// A suite that puts a model to it: two cells of clean examples and one of it, after a training.
const coinSuite = `
schema = 1
backend.use = "linear"
dataset = { use = "digits", train = 200 }
recipe = { arch = { use = "linear" }, epochs = 1 }
[models.standard]
[threats.linf]
norm = "linf"
eps = 0.1
[attacks.coin]
use = "coin"
`

// TestOutsiderBuildsACommandOfTheirOwn copies cmd/arbench/main.go into another module, adds the
// import of an attack there, and finds the attack in the program that comes out. When the attack is
// edited, it is asked again: nothing else tells its results from those of before.
func TestOutsiderBuildsACommandOfTheirOwn(t *testing.T) {
	dir := outsider(t)
	own := func(args ...string) string {
		t.Helper()
		return command(t, dir, filepath.Join(dir, "own"), args...)
	}
	build := func() { t.Helper(); command(t, dir, "go", "build", "-o", "own", ".") }
	build()
	for _, c := range []struct{ args, want string }{
		{"list attacks", " flips a coin\n"},
		{"list attacks coin", "sides   integer  2        of the coin\n"},
		{"version", "arbench "},
		{"version", "example.net/outsider "},
		{"version", "github.com/spf13/cobra "},
		{"run coin.toml", " 0 from the store, 4 new, 0 failed"},
		{"run coin.toml", " 4 from the store, 0 new, 0 failed"},
	} {
		if out := own(strings.Fields(c.args)...); !strings.Contains(out, c.want) {
			t.Errorf("%s: want %q in\n%s", c.args, c.want, out)
		}
	}
	write(t, dir, "coin/coin.go", strings.Replace(coin, "0.5", "0.6", 1))
	build()
	if out := own("run", "coin.toml"); !strings.Contains(out, " 3 from the store, 1 new, 0 failed") {
		t.Errorf("after an edit of the attack:\n%s", out)
	}
}

// outsider returns the directory of another module, with the attack and a suite.
func outsider(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	main := read(t, "arbench/main.go")
	last := "\t_ \"github.com/arbench/arbench/cmd/standard\"\n"
	write(t, dir, "main.go", strings.Replace(main, last, last+"\t_ \"example.net/outsider/coin\"\n", 1))
	write(t, dir, "coin/coin.go", coin)
	write(t, dir, "coin.toml", coinSuite)
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
	return dir
}

// command runs a program in dir and returns all that it writes.
func command(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	c := exec.Command(name, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=mod", "GOWORK=off", "ARBENCH_STORE=")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
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
