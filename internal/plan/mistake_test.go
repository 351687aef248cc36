package plan_test

import (
	"strings"
	"testing"

	"github.com/arbench/arbench/internal/plan"
)

// TestWhatCannotWorkIsRefused gives suites that parse and the errors of their plans.
func TestWhatCannotWorkIsRefused(t *testing.T) {
	only := plan.Options{Models: []string{"ad/*"}, Attacks: []string{"l?"}}
	for _, tt := range []struct {
		name string
		o    plan.Options
		text string
		set  []string
		want string
	}{
		{name: "data", set: []string{"dataset.lost=true"},
			want: "dataset: images.bin is missing: fetch it"},
		{name: "no test examples", set: []string{"dataset.test=0"},
			want: "dataset: there are no test examples, so nothing can be measured"},
		{name: "layers of a probe", set: []string{"probes.shape={use='look',layers=['conv'],models=['standard']}"},
			want: `probes.shape: model "standard": the net has no layer "conv"`},
		{name: "net", set: []string{"recipe.arch.classes=-1"},
			want: "models.standard.arch: classes must not be negative\n" +
				"models.at/4-255.arch: classes must not be negative\n" +
				"models.at/8-255.arch: classes must not be negative"},
		{name: "classes", set: []string{"models.standard.arch.classes=1"},
			want: "models.standard.arch: the net has 4 logits for 3 classes"},
		{name: "width", set: []string{"models.standard.arch.hidden=2000000000"}, // 4·2·10⁹ + 3·2·10⁹ + 3
			want: "models.standard.arch: the net has 14000000003 parameters, want at most 1000000000: is a width mistaken?"},
		{name: "width that no number holds", set: []string{"models.standard.arch.hidden=9000000000000000000"},
			want: `models.standard.arch: there are more values than can be counted, up to parameter "fc.weight"`},
		{name: "epochs", set: []string{"models.standard.epochs=2000000000"},
			want: "models.standard.epochs: 2000000000, want at most 100000"},
		{name: "steps", set: []string{"attacks.long.steps=99999999999", "probes.shape={use='feel',directions=1000000001}",
			`models."at/4-255".regularizers.at={use="adv",attack={use="ball",steps=4000000000000000000}}`},
			want: "attacks.long: steps 99999999999, want at most 1000000000\n" +
				"models.at/4-255.regularizers.at: steps 4000000000000000000, want at most 1000000000\n" +
				"probes.shape: directions 1000000001, want at most 1000000000"},
		{name: "no training examples", set: []string{"dataset.test_only=true", "models.standard.epochs=0"},
			want: "models.at/4-255.epochs: 10, but there are no training examples: want 0\n" +
				"models.at/8-255.epochs: 10, but there are no training examples: want 0"},
		{name: "normalize", set: []string{"models.standard.normalize={mean=[0,0],std=[1,1]}"},
			want: "models.standard.arch: normalize has 2 means and 2 deviations for 1 channels"},
		{name: "deviation 0", set: []string{"models.standard.normalize={mean=[0],std=[0]}"},
			want: "models.standard.normalize: std 0 must be positive"},
		{name: "norm", set: []string{"evaluate.e.examples=3"}, text: "[threats.l2]\nnorm = 'l2'\neps = 1",
			want: `evaluate.e: attack "short" cannot bound l2, the norm of threat "l2", only linf`},
		{name: "access", set: []string{"evaluate.e.attacks=['short']"},
			text: "[models.scores]\nbackend.use = 'scores'\nepochs = 0",
			want: `evaluate.e: attack "short" needs gradients, the backend "scores" of model "scores" gives scores`},
		{name: "access of the evaluator", set: []string{"evaluate.e.attacks=['short']"},
			text: "[models.scores]\nevaluator.use = 'scores'",
			want: `evaluate.e: attack "short" needs gradients, the backend "scores" of model "scores" gives scores`},
		{name: "training without derivatives", set: []string{"models.standard.backend.use=scores", "evaluate.e.models=['at/*']"},
			want: `models.standard.backend: "scores" gives scores only: it cannot train`},
		{name: "an attack that fits nothing", set: []string{"threats.linf.norm=l1"},
			want: "attacks.short: fits no model and threat of the suite: " +
				`attack "short" cannot bound l1, the norm of threat "linf", only linf` +
				"\nattacks.long: fits no model and threat of the suite: " +
				`attack "long" cannot bound l1, the norm of threat "linf", only linf, l2`},
		{name: "stages", set: []string{"attacks.long={use='cascade',picky=true}"},
			want: "attacks.long: fits no model and threat of the suite: attack \"long\" on model \"at/8-255\" " +
				"within threat \"linf\": wants at least 4 classes, the model has 3"},
		{name: "patterns", set: []string{"evaluate.e={models=['ad/*','*'],attacks=['lang','*'],threats=['none','*']}"},
			want: `evaluate.e.models: no model matches "ad/*": there is standard, at/4-255, at/8-255` + "\n" +
				`evaluate.e.attacks: no attack matches "lang", did you mean "long"?` + "\n" +
				`evaluate.e.threats: no threat matches "none": there is linf`},
		{name: "pattern of a probe", set: []string{"probes.shape={use='look',models=['normal']}"},
			want: `probes.shape.models: no model matches "normal": there is standard, at/4-255, at/8-255`},
		{name: "only", o: only,
			want: `--only models: no model matches "ad/*": there is standard, at/4-255, at/8-255` + "\n" +
				`--only attacks: no attack matches "l?": there is short, long`},
		{name: "limit", o: plan.Options{Limit: -1}, want: "--limit: -1 must not be negative"},
		{name: "two that replace the images", set: []string{"models.at.regularizers.more.use=adv"},
			want: `models.at/4-255.regularizers.more: replaces the images, and so does regularizer "at"` + "\n" +
				`models.at/8-255.regularizers.more: replaces the images, and so does regularizer "at"`},
		{name: "no verb", set: []string{"models.standard.regularizers.r.use=nothing"},
			want: `models.standard.regularizers.r: "nothing" implements none of Preparer, Penalizer, Wrapper and Finisher`},
		{name: "attack of a regularizer", set: []string{`models."at/4-255".regularizers.at={use='adv',norm='l2',eps=1}`},
			want: `models.at/4-255.regularizers.at: attack "box" cannot bound l2, only linf`},
		{name: "reference of an attack", set: []string{"attacks.long.source=standart"},
			want: `attacks.long: no model is called "standart", did you mean "standard"?`},
		{name: "reference inside an attack", set: []string{"attacks.long.inner={use='ball',source='x'}"},
			want: `attacks.long: no model is called "x": there is standard, at/4-255, at/8-255`},
		{name: "reference of a probe", set: []string{"probes.shape.other=stanadrd"},
			want: `probes.shape: no model is called "stanadrd", did you mean "standard"?`},
		{name: "too small a split", set: []string{"dataset.validation=20", "dataset.train=21"},
			want: "dataset: validation 20 and train 21 leave too little of 40 training examples"},
		{name: "nothing to train on", set: []string{"dataset.validation=40"},
			want: "dataset: validation 40 and train 0 leave too little of 40 training examples"},
		{name: "a model with too many", set: []string{"dataset.validation=4", "models.standard.train=37"},
			want: "models.standard.train: 37, but there are 36 training examples that are not held out"},
		{name: "best without validation", set: []string{"evaluate.e.checkpoint=best"},
			want: `evaluate.e: checkpoint "best" wants held-out examples: set validation in [dataset]`},
		{name: "two checkpoints", set: []string{"dataset.validation=4", "evaluate={e={},f={checkpoint='best'}}"},
			want: `evaluate.f: asks checkpoint "best" of model "standard", evaluate.e asks "last"` + "\n" +
				`evaluate.f: asks checkpoint "best" of model "at/4-255", evaluate.e asks "last"` + "\n" +
				`evaluate.f: asks checkpoint "best" of model "at/8-255", evaluate.e asks "last"`},
		{name: "another checkpoint than the twin",
			set: []string{"dataset.validation=4", "evaluate={e={models=['standard']},f={models=['at/8*'],checkpoint='best'}}"},
			want: `models.at/8-255: is asked checkpoint "best", its twin "standard" checkpoint "last": ` +
				"they could not be compared"},
		{name: "one question, two samples", set: []string{"evaluate={e={examples=3},f={models=['standard'],attacks=['long']}}"},
			want: `evaluate.f: asks attack "long" with threat "linf" of model "standard" for 12 examples of split "test", ` +
				"an evaluation before it for 3 examples"},
		{name: "attacks without threats", text: "-threats",
			want: `attacks.short: there is no threat for it: add one, such as [threats.linf] with norm = "linf" and eps = "8/255"` +
				"\n" + `attacks.long: there is no threat for it: add one, such as [threats.linf] with norm = "linf" and eps = "8/255"`},
		{name: "unknown twin", set: []string{"models.at.twin=standart"},
			want: `models.at/4-255.twin: no model is called "standart", did you mean "standard"?` + "\n" +
				`models.at/8-255.twin: no model is called "standart", did you mean "standard"?`},
		{name: "its own twin", set: []string{"models.standard.twin=standard"},
			want: `models.standard.twin: a model is no twin of its own`},
		{name: "twins in a circle", set: []string{
			`models.standard.twin=at/4-255`, `models."at/4-255".twin=standard`, `evaluate.e={models=["at/8*"],attacks=["long"]}`},
			want: `models.standard.twin: is in the end a twin of its own`},
		{name: "twin without the seed", set: []string{`models."at/4-255"={twin="standard",seeds=[7]}`},
			want: `models.at/4-255.twin: model "standard" has no training with seed 7`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := base + tt.text
			if tt.text == "-threats" {
				text = strings.Replace(base, "[threats.linf]\nnorm = \"linf\"\neps = \"8/255\"\n", "", 1)
			}
			_, err := try(text, tt.o, tt.set...)
			if err == nil {
				t.Fatal("no error")
			}
			diff(t, "test.toml: "+strings.ReplaceAll(tt.want, "\n", "\ntest.toml: "), err.Error())
		})
	}
}

func TestAllRefusalsAreReported(t *testing.T) {
	_, err := try(base, plan.Options{}, "dataset.lost=true", "models.standard.arch.classes=1",
		"attacks.long.source=standart", "evaluate.e.checkpoint=best")
	if err == nil {
		t.Fatal("no error")
	}
	diff(t, `test.toml: dataset: images.bin is missing: fetch it
test.toml: models.standard.arch: the net has 4 logits for 3 classes
test.toml: evaluate.e: checkpoint "best" wants held-out examples: set validation in [dataset]
test.toml: attacks.long: no model is called "standart", did you mean "standard"?`, err.Error())
}
