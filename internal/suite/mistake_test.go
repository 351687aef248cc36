package suite_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
)

// head is the least that a suite has; its last line is line 4.
const head = `schema = 1
dataset.use = "data"
models.a.arch.use = "net"
threats.t = { norm = "linf", eps = 0.1 }
`

// TestMistakesAreNamed gives one mistake each and the line that must report it.
func TestMistakesAreNamed(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"not TOML", head + "x = ", `test.toml:5: `},
		{"key twice", head + "schema = 1", `test.toml:5: `},
		{"top-level key", head + "titel = 'x'",
			`test.toml:5: titel: unknown key "titel", did you mean "title"?`},
		{"section", head + "[doors.x]\nmin = 1",
			`test.toml:5: doors: unknown key "doors", want one of schema, name, title, note, seeds, level, backend, dataset, recipe, models, threats, attacks, evaluate, probes, trust, measures, report, gates`},
		{"option of an attack", head + "[attacks.x]\nuse = 'steps'\n# more\n\n  stepz = 3",
			`test.toml:9: attacks.x.stepz: unknown key "stepz", did you mean "steps"?`},
		{"option far from all", head + "[attacks.x]\nuse = 'steps'\nwhatever = 3",
			`test.toml:7: attacks.x.whatever: unknown key "whatever", want one of steps, step_size, rel_step, source, range, limit, small, weights`},
		{"option of a plugin inside a plugin",
			head + "models.b.arch.use = 'net'\n[models.b.regularizers.\"r.1\"]\nuse = 'adv'\nattack = {\n use = 'steps', step_sise = 3 }",
			`test.toml:9: models.b.regularizers."r.1".attack.step_sise: unknown key "step_sise", did you mean "step_size"?`},
		{"key of a recipe, once for all models", head + "[models.b]\narch.use = 'net'\n[recipe]\nepoch = 3",
			`test.toml:8: recipe.epoch: unknown key "epoch", did you mean "epochs"?`},
		{"key of a threat", head + "[threats.u]\nnorm = 'l2'\neps = 1\nesp = 1",
			`test.toml:8: threats.u.esp: unknown key "esp", did you mean "eps"?`},
		{"key of an evaluation", head + "[evaluate.e]\nattack = ['a']",
			`test.toml:6: evaluate.e.attack: unknown key "attack", did you mean "attacks"?`},
		{"key of a probe", head + "[probes.p]\nuse = 'look'\nlayer = ['a']",
			`test.toml:7: probes.p.layer: unknown key "layer", did you mean "layers"?`},
		{"key of the report", head + "[report]\nformat = 'csv'",
			`test.toml:6: report.format: unknown key "format", did you mean "formats"?`},
		{"key of seeds", head + "seeds = { attak = 1 }",
			`test.toml:5: seeds.attak: unknown key "attak", did you mean "attack"?`},
		{"no dataset", strings.Replace(head, `dataset.use = "data"`, "", 1),
			`test.toml: dataset: missing: a suite names its data under [dataset]`},
		{"no models", strings.Replace(head, `models.a.arch.use = "net"`, "", 1),
			`test.toml: models: missing: a suite has at least one model, such as [models.standard]`},
		{"model without arch", head + "[models.b]",
			`test.toml:5: models.b: arch is missing: such as arch = { use = "mlp" }, here or in [recipe]`},
		{"unknown plugin", head + "[attacks.x]\nuse = 'step'",
			`test.toml:6: attacks.x.use: unknown attack "step" (this program has steps, stops)`},
		{"unknown optimizer", head + "[recipe]\noptimizer = { use = 'lion' }",
			`test.toml:6: recipe.optimizer.use: unknown optimizer "lion" (this program has adam, adamw, sgd)`},
		{"no use", head + "[attacks.x]\nsteps = 3",
			`test.toml:5: attacks.x: the key "use" is missing: it names the plugin`},
		{"use of another type", head + "[attacks.x]\nuse = 3",
			`test.toml:6: attacks.x.use: want the name of a plugin in quotes`},
		{"array of tables", head + "[[attacks.x]]\nuse = 'steps'",
			`test.toml:5: attacks.x: a list of tables: give each table a name of its own, such as [attacks.x.first]`},
		{"inline tables in an array", head + "attacks = [{ use = 'steps' }]",
			`test.toml:5: attacks: a list of tables: give each table a name of its own, such as [attacks.first]`},
		{"float for an int", head + "[attacks.x]\nuse = 'steps'\nsteps = 3.0",
			`test.toml:7: attacks.x.steps: want a whole number, not 3.0`},
		{"int too large for its type", head + "[attacks.x]\nuse = 'steps'\nsmall = 256",
			`test.toml:7: attacks.x.small: want a whole number of at least 0, not 256`},
		{"string for a bool", head + "[models.b]\narch = { use = 'net', norm = 'yes' }",
			`test.toml:6: models.b.arch.norm: want true or false, not "yes"`},
		{"number for a string", head + "title = 3",
			`test.toml:5: title: want a string in quotes, not 3`},
		{"scalar for a list", head + "[models.b]\narch = { use = 'net', hidden = 64 }",
			`test.toml:6: models.b.arch.hidden: want a list, such as [64]`},
		{"length of an array", head + "[attacks.x]\nuse = 'steps'\nrange = [1]",
			`test.toml:7: attacks.x.range: want 2 values, have 1`},
		{"scalar for a table", head + "backend = 'gorgonia'",
			`test.toml:5: backend: want a table with keys, not "gorgonia"`},
		{"no fraction", head + "[threats.u]\nnorm = 'l2'\neps = '8/0'",
			`test.toml:7: threats.u.eps: want a finite number or a fraction such as "8/255", not "8/0"`},
		{"not finite", head + "[threats.u]\nnorm = 'l2'\neps = nan",
			`test.toml:7: threats.u.eps: want a finite number or a fraction such as "8/255", not NaN`},
		{"eps of a curve", head + "[threats.u]\nnorm = \"linf\"\neps = [0.1, 0.2]\n",
			"test.toml:7: threats.u.eps: a threat has one eps: for a curve write a table for each, such as [threats.u-4] " +
				"with eps = \"4/255\" beside [threats.u-8]; every attack is put to each"},
		{"vary of a threat", head + "[threats.u]\nnorm = \"linf\"\nvary = { eps = [0.1, 0.2] }\n",
			"test.toml:7: threats.u.vary: a threat has one eps: for a curve write a table for each, such as [threats.u-4] " +
				"with eps = \"4/255\" beside [threats.u-8]; every attack is put to each"},
		{"eps of 8", head + "[threats.u]\nnorm = 'linf'\neps = 8",
			`test.toml:7: threats.u.eps: eps 8 exceeds the range of a pixel, which is 1: did you mean "8/255"?`},
		{"eps of 8 in a regularizer", head + "[models.b]\narch.use = 'net'\nregularizers.r = { use = 'adv', eps = 8 }",
			`test.toml:7: models.b.regularizers.r.eps: eps 8 exceeds the range of a pixel, which is 1: did you mean "8/255"?`},
		{"threat without norm", head + "[threats.u]\neps = 8",
			`test.toml:5: threats.u: norm is missing: say "linf", "l2", "l1" or "l0"`},
		{"threat without eps", head + "[threats.u]\nnorm = 'l2'",
			`test.toml:5: threats.u: eps is missing: a number or a fraction such as "8/255"`},
		{"plugin's Validate", head + "[attacks.x]\nuse = 'steps'\nstep_size = 0.1\nrel_step = 2",
			`test.toml:7: attacks.x.step_size: step_size and rel_step are two ways to say one thing: use one`},
		{"recipe's Validate", head + "[recipe]\nbatch = 0",
			`test.toml:6: recipe.batch: batch 0 must be at least 1`},
		{"optimizer's Validate", head + "[recipe]\noptimizer = { momentum = 2 }",
			`test.toml:6: recipe.optimizer.momentum: momentum 2 must be at least 0 and below 1`},
		{"twin in the recipe", head + "[recipe]\ntwin = 'a'",
			`test.toml:6: recipe.twin: twin belongs to one model, not to the recipe of all`},
		{"vary of nothing", head + "[models.b]\nvary = {}",
			`test.toml:6: models.b.vary: makes no model, want { "key" = [values] }`},
		{"vary over a table", head + "[models.b]\nvary = { epochs = 3 }",
			`test.toml:6: models.b.vary.epochs: want a list of values, not 3`},
		{"vary over lists", head + "[models.b]\nvary = { 'arch.hidden' = [[3]] }",
			`test.toml:6: models.b.vary."arch.hidden": varies numbers, strings and booleans, not [3]`},
		{"vary of an unknown key", head + "[models.b]\narch.use = 'net'\nvary = { 'arch.hiden' = [1, 2] }",
			`test.toml:7: models.b.vary."arch.hiden": unknown key "hiden", did you mean "hidden"?`},
		{"vary makes a taken name", head + "[models.b]\narch.use = 'net'\nvary = { epochs = [1, 1] }",
			`test.toml:5: models.b: two models are called "b/1"`},
		{"name with a pattern's sign", head + "[attacks.'x*']\nuse = 'steps'",
			`test.toml:5: attacks."x*": "x*" is no name: want printable characters other than * ? [ ] and \`},
		{"bad pattern", head + "[evaluate.e]\nmodels = ['[']",
			`test.toml:6: evaluate.e.models: "[" is no pattern: syntax error in pattern`},
		{"empty patterns", head + "[evaluate.e]\nattacks = []",
			`test.toml:6: evaluate.e.attacks: names nothing: leave it out, or say ["*"], for all`},
		{"unknown split", head + "[evaluate.e]\nsplits = ['valid']",
			`test.toml:5: evaluate.e: unknown split "valid", want "train" or "test"`},
		{"unknown checkpoint", head + "[evaluate.e]\ncheckpoint = 'first'",
			`test.toml:5: evaluate.e: unknown checkpoint "first", want one of ["last" "best"]`},
		{"unknown level of trust", head + "[trust]\nlevel = 'some'",
			`test.toml:5: trust: unknown level "some", want one of ["off" "quick" "full"]`},
		{"negative examples of checks", head + "[trust]\nexamples = -1",
			`test.toml:5: trust: examples -1 must not be negative; 0 means as many as the level has`},
		{"negative examples", head + "[probes.p]\nuse = 'look'\nexamples = -1",
			`test.toml:5: probes.p: examples -1 must not be negative; 0 means all`},
		{"unknown reporter", head + "report.formats = ['pdf']",
			`test.toml:5: report.formats: unknown reporter "pdf" (this program has csv, markdown)`},
		{"line after strings of all kinds",
			head + "name = \"\"\"\nx # \\\"\\\"\\\"\n\"\"\"\"\ntitle = '''\n[models.z]\n''''' # ]\n[attacks]\nx.use = 'steps'\nx.stepz = 1",
			`test.toml:5: name: "x # \"\"\"\n\"" cannot be the name of a file: ` +
				"want at most 100 printable characters without / and \\\n" +
				`test.toml:13: attacks.x.stepz: unknown key "stepz", did you mean "steps"?`},
	} {
		mistaken(t, tt.name, tt.text, tt.want)
	}
}

func TestMistakesOutsideOfTablesAreNamed(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"no schema", strings.Replace(head, "schema = 1", "", 1),
			`test.toml: schema: missing: write schema = 1, the version of the format that this program reads`},
		{"other schema", strings.Replace(head, "schema = 1", "schema = 2", 1),
			`test.toml:1: schema: this program reads schema 1: upgrade arbench to run this suite`},
		{"schema before the first", strings.Replace(head, "schema = 1", "schema = 0", 1),
			`test.toml:1: schema: this program reads schema 1: write schema = 1`},
		{"name of two lines", head + `name = "a\nb"`,
			`test.toml:5: name: "a\nb" cannot be the name of a file: want at most 100 printable characters without / and \`},
		{"name of another directory", head + `name = "../a"`,
			`test.toml:5: name: "../a" cannot be the name of a file: want at most 100 printable characters without / and \`},
		{"long name", head + `name = "` + strings.Repeat("a", 101) + `"`,
			`test.toml:5: name: "` + strings.Repeat("a", 101) +
				`" cannot be the name of a file: want at most 100 printable characters without / and \`},
		{"empty name", head + `name = ""`, `test.toml:5: name: must not be empty`},
		{"level", head + "level = 95",
			`test.toml:5: level: must be between 0 and 1, such as 0.95`},
		{"no seeds", head + "seeds.train = []", `test.toml:5: seeds: want at least one training seed`},
		{"seed twice", head + "seeds.train = [1, 0, 1]", `test.toml:5: seeds: the same training seed twice`},
	} {
		mistaken(t, tt.name, tt.text, tt.want)
	}
}

// mistaken reads a suite whose mistakes are those that want says.
func mistaken(t *testing.T, name, text, want string) {
	t.Run(name, func(t *testing.T) {
		_, err := suite.Parse("test.toml", []byte(text), nil)
		switch {
		case err == nil:
			t.Errorf("no error, want %q", want)
		case strings.HasSuffix(want, ": "): // the rest is the TOML package's
			if !strings.HasPrefix(err.Error(), want) {
				t.Errorf("error %q, want it to begin with %q", err, want)
			}
		default:
			diff(t, want, err.Error())
		}
	})
}

func TestMistakesOfSetAreNamed(t *testing.T) {
	for _, tt := range []struct{ set, want string }{
		{"recipe.epochs", `--set: recipe.epochs: want key=value, such as recipe.epochs=3`},
		{"=3", `--set: =3: a part of the key is empty`},
		{"a..b=3", `--set: a..b=3: a part of the key is empty`},
		{`"a=3`, `--set: "a=3: the quoted key "a=3 does not end`},
		{"recipe.epochs=[3", `--set: recipe.epochs=[3: [3 is not a TOML value`},
		{"recipe.epochz=3", `--set: recipe.epochz: unknown key "epochz", did you mean "epochs"?`},
		{"recipe.epochs=many", `--set: recipe.epochs: want a whole number, not "many"`},
		{"schema.x=3", `--set: schema.x: schema is not a table`},
		{"models.b.epochs=3", `--set: models.b.epochs: there is no models.b of that name, did you mean a?`},
		{"threats.linf.eps=3", `--set: threats.linf.eps: there is no threats.linf of that name, did you mean t?`},
		{"threats.t={norm='l2',epz=3}", "--set: threats.t.epz: unknown key \"epz\", did you mean \"eps\"?\n" +
			`--set: threats.t: eps is missing: a number or a fraction such as "8/255"`},
	} {
		t.Run(tt.set, func(t *testing.T) {
			_, err := suite.Parse("test.toml", []byte(head), []string{tt.set})
			if err == nil {
				t.Fatalf("no error, want %q", tt.want)
			}
			diff(t, tt.want, err.Error())
		})
	}
}

// bareBackend has no options.
type bareBackend struct{}

func (*bareBackend) Info() arbench.BackendInfo { return arbench.BackendInfo{} }
func (*bareBackend) Open(context.Context, arbench.ModelSpec) (arbench.Model, error) {
	return nil, errors.New("no model")
}

func init() { arbench.Backends.Register("bare", func() arbench.Backend { return &bareBackend{} }) }

// TestSetOfAnotherPluginSaysHowToLeaveOptionsOut has options in the file that the other plugin does not take.
func TestSetOfAnotherPluginSaysHowToLeaveOptionsOut(t *testing.T) {
	text := []byte(head + "backend = { use = 'other', threads = 3 }")
	for set, want := range map[string]string{
		"backend.use=bare": `--set: backend.use: the options in the file are of another plugin than "bare": ` +
			`--set 'backend={use="bare"}' leaves them out` + "\n" +
			`test.toml:5: backend.threads: unknown key "threads", there are no options here`,
		`backend={use="bare"}`:            "",
		`backend={use="bare", threads=3}`: `--set: backend.threads: unknown key "threads", there are no options here`,
	} {
		got := ""
		if _, err := suite.Parse("test.toml", text, []string{set}); err != nil {
			got = err.Error()
		}
		diff(t, want, got)
	}
}

// TestSetOfWhatAVaryGivesIsRefused: the value of the vary would take its place.
func TestSetOfWhatAVaryGivesIsRefused(t *testing.T) {
	text := []byte(head + "[models.b]\narch = { use = 'net', scale = 2 }\nvary = { 'arch.scale' = [3, 4], epochs = [5] }")
	for _, tt := range []struct{ set, want string }{
		{"models.b.arch.scale=9", `--set: models.b.arch.scale: has no effect, ` +
			`for models.b.vary."arch.scale" gives each of its models a value of its own: set that`},
		{"models.b.arch={use='net', scale=9}", `--set: models.b.arch.scale: has no effect, ` +
			`for models.b.vary."arch.scale" gives each of its models a value of its own: set that`},
		{`models.b.vary."arch.scale"=[9]`, ""},
		{`models."b/3+5".arch.scale=9`, ""},
		{"models.b.arch={use='net'}", ""},
		{"models.b.batch=9", ""},
	} {
		got := ""
		if _, err := suite.Parse("test.toml", text, []string{tt.set}); err != nil {
			got = err.Error()
		}
		diff(t, tt.want, got)
	}
}

// TestSetAddsWholeTables has something new of each kind, also beside models of a vary.
func TestSetAddsWholeTables(t *testing.T) {
	s, err := suite.Parse("test.toml", []byte(head+"attacks.a.use = 'stops'\n"), []string{
		`attacks.new={use="steps", steps=3}`, `models.new={arch={use="net"}}`, `threats.new={norm="l2", eps=1}`,
	})
	if err != nil {
		t.Fatal(err)
	}
	diff(t, []string{"new", "new", "new"}, []string{s.Attacks[1].Name, s.Models[1].Name, s.Threats[1].Name})
	diff(t, 3, s.Attacks[1].It.(*fakeAttack).Steps)
}

// TestAllMistakesAreReportedInOrder has mistakes in several sections, not in the order of reading.
func TestAllMistakesAreReportedInOrder(t *testing.T) {
	_, err := suite.Parse("test.toml", []byte(`schema = 3
[attacks.x]
use = "steps"
stepz = 1
steps = 1.5
[dataset]
use = "nothing"
[models.a]
epochs = -1
arch.use = "net"
[threats.t]
norm = "l3"
eps = 1
`), []string{"level=2"})
	if err == nil {
		t.Fatal("no error")
	}
	diff(t, `--set: level: must be between 0 and 1, such as 0.95
test.toml:1: schema: this program reads schema 1: upgrade arbench to run this suite
test.toml:4: attacks.x.stepz: unknown key "stepz", did you mean "steps"?
test.toml:5: attacks.x.steps: want a whole number, not 1.5
test.toml:7: dataset.use: unknown dataset "nothing" (this program has data)
test.toml:9: models.a.epochs: epochs -1 must not be negative
test.toml:11: threats.t: unknown norm "l3": use "linf", "l2", "l1" or "l0"`, err.Error())
}
