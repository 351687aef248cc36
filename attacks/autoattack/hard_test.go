package autoattack

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia"
	"github.com/arbench/arbench/internal/golden"
)

func init() {
	arbench.Backends.Register("test-altered", func() arbench.Backend { return &altering{} })
}

// altering is the CPU backend with models whose answers are altered.
type altering struct {
	gorgonia.Backend
	Alter string `toml:"alter"` // one of alterations
}

func (b *altering) Open(ctx context.Context, s arbench.ModelSpec) (arbench.Model, error) {
	m, err := b.Backend.Open(ctx, s)
	return altered{m, alterations[b.Alter]}, err
}

type altered struct {
	arbench.Model
	alter func(arbench.Call, arbench.Pass)
}

func (m altered) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	p, err := m.Model.Run(ctx, c)
	if err == nil && m.alter != nil {
		m.alter(c, p)
	}
	return p, err
}

var nan = float32(math.NaN())

// unanswered is the image for which a model has no answer, one that APGD breaks.
const unanswered = 5

var alterations = map[string]func(arbench.Call, arbench.Pass){
	"nothing":           nil,
	"zero gradients":    derivatives(0),
	"nan gradients":     derivatives(nan),
	"inf gradients":     derivatives(float32(math.Inf(1))),
	"nan for one image": oneNaN,
}

// derivatives puts v in the place of every derivative.
func derivatives(v float32) func(arbench.Call, arbench.Pass) {
	return func(_ arbench.Call, p arbench.Pass) {
		for _, d := range p.DX {
			for j := range d.Data {
				d.Data[j] = v
			}
		}
	}
}

// oneNaN answers NaN wherever the point is within 0.1 of the image that has no answer.
func oneNaN(c arbench.Call, p arbench.Pass) {
	b, err := golden.Examples("digits", 64)
	if err != nil {
		panic(err)
	}
	for i := range c.X.Len() {
		if (arbench.Threat{Norm: arbench.Linf}).Distance(c.X.Row(i), b.X.Row(unanswered)) > 0.11 {
			continue
		}
		p.Logits.Row(i)[b.Y[unanswered]] = nan // which counts as the greatest
		for l := range p.Values {
			p.Values[l][i] = math.NaN()
		}
		for _, d := range p.DX {
			for j := range d.Row(i) {
				d.Row(i)[j] = nan
			}
		}
	}
}

// short is a cascade of all stages with few passes, in the place of the two of the golden suite.
const short = `attacks.ours={ use = "autoattack", version = "custom", stages = ["apgd-ce", "apgd-t", "fab-t", "square"], ` +
	`own.apgd-ce = { use = "apgd", steps = 10 }, own.apgd-t = { use = "apgd", loss = "dlr-targeted", steps = 5, targets = 3 }, ` +
	`own.fab-t = { use = "fab-t", targets = 3, steps = 10, early_exit = true }, own.square = { use = "square", queries = 300 } }`

// only returns what is changed of the golden suite of digits: the short cascade alone, the altered model.
func only(alter, norm string, eps float64) []string {
	return []string{
		short, `attacks.compat.version="rand"`, `evaluate.one.attacks=["ours"]`, `evaluate.one.threats=["Linf"]`,
		fmt.Sprintf("threats.Linf.norm=%q", norm), fmt.Sprintf("threats.Linf.eps=%v", eps),
		fmt.Sprintf(`backend={ use = "test-altered", numerics = "direct", alter = %q }`, alter),
	}
}

func outcomeOf(t *testing.T, set []string) *arbench.Outcome {
	t.Helper()
	return attacked(t, goldenSuites["mlp_digits"](t), set...)[[2]string{"ours", "Linf"}]
}

// left returns how many examples are right before the cascade, and after each stage.
func left(o *arbench.Outcome) (clean int, after []int) {
	f := flags(o)
	for k := range o.Stages {
		after = append(after, sum(f[k*o.Len():(k+1)*o.Len()]))
	}
	return sum(cleanFlags(o)), after
}

// TestGradientsThatSayNothing: where derivatives are zero, NaN or infinite, the gradient stages leave
// most, Square breaks many of these, and what is broken is inside the ball.
func TestGradientsThatSayNothing(t *testing.T) {
	_, honest := left(outcomeOf(t, only("nothing", "linf", 0.1)))
	for _, alter := range []string{"zero gradients", "nan gradients", "inf gradients"} {
		o := outcomeOf(t, only(alter, "linf", 0.1))
		clean, after := left(o)
		if after[2] <= honest[2]+10 || after[3] > after[2]-10 || clean != 60 {
			t.Errorf("%s: %d right, then %v; with true gradients %v", alter, clean, after, honest)
		}
		for i := range o.Len() {
			if !arbench.Within(o.Distance[i], 0.1) || o.Stage[i] > 0 && o.Correct(i) {
				t.Errorf("%s: image %d: distance %v, stage %d, correct %v", alter, i, o.Distance[i], o.Stage[i], o.Correct(i))
			}
		}
	}
}

// TestOneImageWithoutAnswer: it is left, and the others do not notice.
func TestOneImageWithoutAnswer(t *testing.T) {
	want, got := outcomeOf(t, only("nothing", "linf", 0.1)), outcomeOf(t, only("nan for one image", "linf", 0.1))
	if got.Stage[unanswered] != 0 || want.Stage[unanswered] < 1 {
		t.Fatalf("the image without an answer: stage %d, with one %d", got.Stage[unanswered], want.Stage[unanswered])
	}
	for i := range want.Len() {
		if i != unanswered && (got.Stage[i] != want.Stage[i] || got.Distance[i] != want.Distance[i] || got.Forward[i] != want.Forward[i]) {
			t.Errorf("image %d: stage %d, distance %v; without the other %d, %v", i,
				got.Stage[i], got.Distance[i], want.Stage[i], want.Distance[i])
		}
	}
}

// TestNoBudgetIsNoAttack: with eps 0 what is left is what is right as it is, and no stage makes a pass.
func TestNoBudgetIsNoAttack(t *testing.T) {
	for _, norm := range []string{"linf", "l2", "l1"} {
		o := outcomeOf(t, only("nothing", norm, 0))
		if clean, after := left(o); clean != 60 || after[3] != clean {
			t.Errorf("%s: %d right, %v left with eps 0", norm, clean, after)
		}
		for i, stage := range o.Stage {
			if o.Distance[i] != 0 || stage > 0 || o.Forward[i] > 0 {
				t.Errorf("%s: image %d: stage %d, distance %v, %d passes", norm, i, stage, o.Distance[i], o.Forward[i])
			}
		}
	}
}

// TestBallLargerThanTheBox: every image is broken, by one that is in the box.
func TestBallLargerThanTheBox(t *testing.T) {
	for norm, eps := range map[string]float64{"linf": 1, "l2": 1e6, "l1": 1e6} {
		o := outcomeOf(t, only("nothing", norm, eps))
		if _, after := left(o); after[3] != 0 {
			t.Errorf("%s %v: %v left", norm, eps, after)
		}
		if d := slices.Max(o.Distance); d > 64 {
			t.Errorf("%s %v: a candidate is %v away, more than the box is long", norm, eps, d)
		}
	}
}

// TestOneClass: a model of one class cannot be broken; the stages that can be put to it say so.
func TestOneClass(t *testing.T) {
	m := constant{}
	b := arbench.Batch{X: arbench.NewTensor(2, 1, 3, 5), Y: []int{0, 0}, ID: []int{0, 1}}
	threat := arbench.Threat{Norm: arbench.L2, Eps: 0.5}
	stages, err := quick("apgd-ce", "fab-t", "square").Stages(m.Info(), threat)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stages {
		oracle := arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b, threat)
		x, err := arbench.Trial{Model: oracle, Batch: b, Threat: threat}.Put(t.Context(), s.Attack)
		if err != nil || !slices.Equal(x.Shape, b.X.Shape) || slices.Max(oracle.Books().First) > 0 {
			t.Errorf("%s: shape %v, first success %v, error %v", s.Name, x.Shape, oracle.Books().First, err)
		}
	}
}

// constant has one class.
type constant struct{}

func (constant) Info() arbench.ModelInfo {
	return arbench.ModelInfo{Shape: []int{1, 3, 5}, Classes: 1, Access: arbench.Gradients}
}

func (constant) Run(_ context.Context, c arbench.Call) (arbench.Pass, error) {
	p := arbench.Pass{Logits: arbench.NewTensor(c.X.Len(), 1)}
	for range c.Losses {
		p.Values = append(p.Values, make([]float64, c.X.Len()))
		if c.Want&arbench.DX != 0 {
			p.DX = append(p.DX, arbench.NewTensor(c.X.Shape...))
		}
	}
	return p, nil
}
