package suite_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
)

func benchmarks(t *testing.T, text string) ([]suite.Benchmark, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("b.toml", []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return suite.LoadBenchmarks("b.toml")
}

func TestBenchmarksAreRead(t *testing.T) {
	got, err := benchmarks(t, `
schema = 1
[suites.digits]
digest = "d"
[suites.digits.numbers.clean]
model = "mlp"
value = 93.5
tolerance = 1.5
[suites.mine]
suite = "suites/mine.toml"
digest = "e"
copy_of = "Letters"
[suites.mine.numbers.robust]
model = "at/*"
attack = "pgd"
threat = "near"
min = 40
`)
	if err != nil {
		t.Fatal(err)
	}
	diff(t, []suite.Benchmark{
		{Name: "digits", Suite: "digits", Digest: "d", Numbers: []arbench.Gate{{
			Name: "clean", Model: "mlp", Quantity: "accuracy", Split: arbench.Test, Bound: "value",
			Min: new(92.0), Max: new(95.0),
		}}},
		{Name: "mine", Suite: "suites/mine.toml", Digest: "e", CopyOf: "Letters", Numbers: []arbench.Gate{{
			Name: "robust", Model: "at/*", Attack: "pgd", Threat: "near", Quantity: "accuracy",
			Split: arbench.Test, Min: new(40.0),
		}}},
	}, got)
}

func TestMistakesOfBenchmarksAreNamed(t *testing.T) {
	const top = "schema = 1\n[suites.a]\ndigest = 'd'\n"
	const number = top + "[suites.a.numbers.x]\nmodel = 'm'\n"
	for _, tt := range []struct{ name, text, want string }{
		{"not TOML", "schema = ", `b.toml:1: `},
		{"no schema", "[suites.a]\ndigest = 'd'\nnumbers.x = { model = 'm', min = 1 }",
			`b.toml: schema: missing: write schema = 1, the version of the format that this program reads`},
		{"no suites", "schema = 1", `b.toml: suites: missing: name a suite, such as [suites.digits]`},
		{"unknown key of a number", top + "numbers.x = { model = 'm', whatever = 1, min = 1 }",
			`b.toml:4: suites.a.numbers.x.whatever: unknown key "whatever", want one of model, attack, threat, probe, ` +
				`quantity, detail, split, bound, min, max, value, tolerance`},
		{"unknown key beside a value", top + "numbers.x = { model = 'm', tolerence = 1, value = 1, tolerance = 1 }",
			`b.toml:4: suites.a.numbers.x.tolerence: unknown key "tolerence", did you mean "tolerance"?`},
		{"unknown key", top + "numbers.x = { model = 'm', min = 1 }\ndigset = 'e'",
			`b.toml:5: suites.a.digset: unknown key "digset", did you mean "digest"?`},
		{"no digest", "schema = 1\n[suites.a]\nnumbers.x = { model = 'm', min = 1 }",
			`b.toml:2: suites.a: digest is missing: that of the data that the numbers were measured on, as reports have it`},
		{"no numbers", top, `b.toml:2: suites.a: expects no numbers: say which under [suites.a.numbers]`},
		{"no tolerance", number + "value = 3",
			`b.toml:4: suites.a.numbers.x: a value without a tolerance: say how far off it may be, in the unit of the quantity`},
		{"no value", number + "tolerance = 3", `b.toml:4: suites.a.numbers.x: a tolerance without a value`},
		{"negative tolerance", number + "value = 3\ntolerance = -1",
			`b.toml:7: suites.a.numbers.x.tolerance: must not be negative`},
		{"value and bound", number + "value = 3\ntolerance = 1\nmax = 5",
			`b.toml:8: suites.a.numbers.x.max: a value with a tolerance has no max`},
		{"no condition", number, `b.toml:4: suites.a.numbers.x: asks nothing: say min, max or both, in the unit of the quantity`},
		{"no model", top + "[suites.a.numbers.x]\nvalue = 3\ntolerance = 1",
			`b.toml:4: suites.a.numbers.x: model is missing: a name or a pattern, "*" for every model`},
	} {
		_, err := benchmarks(t, tt.text)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
	if _, err := suite.LoadBenchmarks(filepath.Join(t.TempDir(), "none.toml")); err == nil {
		t.Error("a file that is not there is read")
	}
}
