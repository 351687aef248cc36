package runner_test

import (
	"context"
	"iter"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/pgd"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/record"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/store"
)

func init() {
	arbench.Attacks.Register("test-cascade", func() arbench.Attack { return &cascade{} })
	arbench.Attacks.Register("test-nearest-first", func() arbench.Attack { return &nearestFirst{} })
	arbench.Attacks.Register("test-nearest", func() arbench.Attack { return &nearest{} })
	arbench.Attacks.Register("test-nearest-once", func() arbench.Attack { return &nearestOnce{} })
	arbench.Attacks.Register("test-universal", func() arbench.Attack { return &universal{} })
	arbench.Attacks.Register("test-transfer", func() arbench.Attack { return &transfer{} })
	arbench.Attacks.Register("test-panic", func() arbench.Attack { return &panics{} })
}

func info(minimum bool) arbench.AttackInfo {
	return arbench.AttackInfo{
		Doc: "test", Access: arbench.Gradients, Norms: []arbench.Norm{arbench.Linf}, MinimumNorm: minimum,
	}
}

// idle leaves every image as it is.
type idle struct{}

func (idle) Info() arbench.AttackInfo { return info(false) }
func (idle) Perturb(_ context.Context, t arbench.Trial) (arbench.Tensor, error) {
	return t.X.Clone(), nil
}

// cascade is an idle stage and then PGD.
type cascade struct{ idle }

func (cascade) Stages(arbench.ModelInfo, arbench.Threat) ([]arbench.Stage, error) {
	strong := &pgd.Attack{Steps: 20, RelStep: 0.125, Loss: "ce", RandomStart: true, Restarts: 1}
	return []arbench.Stage{{Name: "idle", Attack: idle{}}, {Name: "pgd", Attack: strong}}, nil
}

// nearest moves each image of a linear model over the boundary by the smallest Linf change there
// is, |z_y - z_j| / ‖w_y - w_j‖₁, and a little more.
type nearest struct{}

func (nearest) Info() arbench.AttackInfo { return info(true) }
func (nearest) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	p, err := t.Model.Gradient(ctx, t.X, arbench.Margin{Y: t.Y})
	if err != nil {
		return arbench.Tensor{}, err
	}
	x := t.X.Clone()
	for i, v := range p.Values[0] {
		g := p.DX[0].Row(i)
		d := math.Max(-v, 0) / arbench.L1.Of(g) * 1.0001
		for j := range g {
			x.Row(i)[j] += float32(math.Copysign(d, float64(g[j])))
		}
	}
	return x, nil
}

// nearestFirst is a cascade of nearest and PGD.
type nearestFirst struct{ cascade }

func (c nearestFirst) Stages(m arbench.ModelInfo, t arbench.Threat) ([]arbench.Stage, error) {
	stages, err := c.cascade.Stages(m, t)
	stages[0] = arbench.Stage{Name: "nearest", Attack: nearest{}}
	return stages, err
}

// universal adds one pattern of signs, made from all training examples, to the images of class 0.
type universal struct{ idle }

var crafted atomic.Int32

func (universal) Craft(ctx context.Context, trials iter.Seq2[arbench.Trial, error]) (arbench.Tensor, error) {
	crafted.Add(1)
	sum := arbench.NewTensor(1, 16)
	for t, err := range trials {
		if err != nil {
			return sum, err
		}
		p, err := t.Model.Gradient(ctx, t.X, arbench.CrossEntropy{Y: t.Y})
		if err != nil {
			return sum, err
		}
		for i, y := range t.Y {
			for j, g := range p.DX[0].Row(i) {
				sum.Data[j] += g * float32(1-2*y)
			}
		}
	}
	return sum, nil
}

func (universal) Perturb(_ context.Context, t arbench.Trial) (arbench.Tensor, error) {
	x := t.X.Clone()
	for i, y := range t.Y {
		for j, g := range t.Crafted.Data {
			x.Row(i)[j] += float32(math.Copysign(t.Eps, float64(g)*float64(1-2*y)))
		}
	}
	return x, nil
}

// transfer takes the sign step of another model.
type transfer struct {
	idle
	Source arbench.ModelRef `toml:"source"`
}

func (a *transfer) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	p, err := t.Others[a.Source].Gradient(ctx, t.X, arbench.CrossEntropy{Y: t.Y})
	if err != nil {
		return arbench.Tensor{}, err
	}
	x := t.X.Clone()
	for i, g := range p.DX[0].Data {
		x.Data[i] += float32(math.Copysign(t.Eps, float64(g)))
	}
	return x, nil
}

type panics struct{ idle }

func (panics) Perturb(context.Context, arbench.Trial) (arbench.Tensor, error) { panic("oh") }

// outcomes runs suiteText with one more attack on 400 examples and returns the model "at" of seed 0,
// the outcome of the attack and that of PGD.
func outcomes(t *testing.T, extra string, o runner.Options) (st *store.Store, m *plan.Model, got, strong *arbench.Outcome) {
	t.Helper()
	p := planned(t, suiteText+"\n[attacks.extra]\n"+extra, "dataset.tests=400", "seeds.train=[0]")
	st = opened(t, t.TempDir())
	run(t, st, p, o)
	for _, c := range p.Cells {
		if c.Kind != arbench.AttackCell || c.Model.Name != "at" {
			continue
		}
		b, _, err := st.Get(c.ID(digest(t, st, c.Model)), "outcome")
		if err != nil {
			t.Fatal(err)
		}
		out, err := record.DecodeOutcome(b)
		if err != nil {
			t.Fatal(err)
		}
		m = c.Model
		if c.Attack.Name == "extra" {
			got = out
		} else {
			strong = out
		}
	}
	return st, m, got, strong
}

func digest(t *testing.T, st *store.Store, m *plan.Model) string {
	t.Helper()
	b, _, err := st.Get(m.ID, "training")
	if err != nil {
		t.Fatal(err)
	}
	tr, err := record.DecodeTraining(b)
	if err != nil {
		t.Fatal(err)
	}
	return tr.Digest
}

func TestCascadePutsSurvivorsToTheNextStage(t *testing.T) {
	for _, every := range []time.Duration{time.Nanosecond, time.Hour} {
		_, _, got, strong := outcomes(t, `use = "test-cascade"`, runner.Options{Every: every})
		seen := map[int]int{}
		for i := range got.ID {
			stage := got.Stage[i]
			seen[stage]++
			if got.Correct(i) != strong.Correct(i) {
				t.Errorf("example %d: cascade and pgd alone differ", got.ID[i])
			}
			spent := got.Forward[i] > 0
			if want := stage != -1; spent != want {
				t.Errorf("example %d, stage %d: %d passes", got.ID[i], stage, got.Forward[i])
			}
			if (stage == 0) != got.Correct(i) {
				t.Errorf("example %d: stage %d, correct %v", got.ID[i], stage, got.Correct(i))
			}
		}
		if seen[1] != 0 || seen[-1] == 0 || seen[0] == 0 || seen[2] == 0 {
			t.Errorf("examples by stage: %v", seen)
		}
	}
}

func TestMinimumNormIsJudgedUnprojected(t *testing.T) {
	st, m, got, strong := outcomes(t, `use = "test-nearest"`, runner.Options{})
	l1 := 0.0
	w := weights(t, st, m)[0].Value
	for j, v := range w.Row(0) {
		l1 += math.Abs(float64(v) - float64(w.Row(1)[j]))
	}
	for i := range got.ID {
		if got.Correct(i) {
			t.Errorf("example %d: the closed form did not cross the boundary", got.ID[i])
		}
		if reach := got.Distance[i] <= 0.02; math.Abs(got.Distance[i]-0.02) > 1e-4 && reach == strong.Correct(i) {
			t.Errorf("example %d: distance %v, but under pgd at 0.02 correct is %v",
				got.ID[i], got.Distance[i], strong.Correct(i))
		}
	}
}

// A stage that looks for the smallest change breaks what is within eps, and leaves the rest to others.
func TestMinimumNormStageIsJudgedAtEps(t *testing.T) {
	_, _, got, strong := outcomes(t, `use = "test-nearest-first"`, runner.Options{})
	seen := map[int]int{}
	for i := range got.ID {
		seen[got.Stage[i]]++
		if got.Correct(i) != strong.Correct(i) || got.Distance[i] > 0.02*(1+arbench.Tolerance)+1e-7 {
			t.Errorf("example %d: stage %d, correct %v at distance %v, under pgd at 0.02 %v",
				got.ID[i], got.Stage[i], got.Correct(i), got.Distance[i], strong.Correct(i))
		}
	}
	if seen[0] == 0 || seen[1] == 0 {
		t.Errorf("examples by stage: %v", seen)
	}
}

func TestCraftedAttackIsMadeOnce(t *testing.T) {
	crafted.Store(0)
	_, _, got, strong := outcomes(t, `use = "test-universal"`, runner.Options{})
	if n := crafted.Load(); n != 2 { // for each of two models
		t.Errorf("crafted %d times, want 2", n)
	}
	for i := range got.ID { // on a linear model one pattern does what PGD does
		if got.Correct(i) != strong.Correct(i) {
			t.Errorf("example %d: universal and pgd differ", got.ID[i])
		}
	}
}

func TestTransferSeesTheOtherModel(t *testing.T) {
	_, _, got, strong := outcomes(t, "use = \"test-transfer\"\nsource = \"standard\"", runner.Options{})
	weaker, held := 0, 0
	for i := range got.ID {
		if got.Correct(i) && !strong.Correct(i) {
			weaker++
		}
		if !got.Correct(i) && strong.Correct(i) {
			t.Errorf("example %d: a transfer broke what pgd on the model could not", got.ID[i])
		}
		if got.Correct(i) {
			held++
		}
		if got.Forward[i] != 0 {
			t.Errorf("example %d: %d passes of the model under attack, want none", got.ID[i], got.Forward[i])
		}
	}
	if held == len(got.ID) {
		t.Error("the transfer broke nothing")
	}
	t.Logf("%d of %d examples broke under pgd but not under the transfer", weaker, len(got.ID))
}

func TestAPanicOfAPluginIsAFailureOfItsCell(t *testing.T) {
	p := planned(t, suiteText+"\n[attacks.extra]\nuse = \"test-panic\"\n", "dataset.tests=100")
	failures, err := runner.Run(context.Background(), opened(t, t.TempDir()), p, runner.Options{})
	if err != nil || len(failures) != 4 {
		t.Fatalf("failures %v, error %v; want one for each of 4 models", failures, err)
	}
	if want := "attack extra: the attack panicked: oh"; failures[0].Error != want {
		t.Errorf("got %q, want %q", failures[0].Error, want)
	}
}

// Names of attacks and threats that read the same when written one after the other are two questions.
func TestCellsAreNotTakenForEachOther(t *testing.T) {
	text := strings.Replace(suiteText, "[threats.near]", "[threats.b]\nnorm = \"linf\"\neps = 0.0001\n\n[threats.ab]", 1)
	text = strings.Replace(text, "[attacks.pgd]", "[attacks.x]\nuse = \"fgsm\"\n\n[attacks.xa]", 1)
	p, st := planned(t, text, "dataset.tests=400", "seeds.train=[0]"), opened(t, t.TempDir())
	r := run(t, st, p, runner.Options{})
	for _, c := range r.Cells {
		if c.Cell.Kind != arbench.AttackCell || c.Cell.Model != "standard" {
			continue
		}
		clean := find(t, r, arbench.Cell{Kind: arbench.CleanCell, Model: "standard", Split: arbench.Test}, "accuracy")
		for _, q := range c.Quantities {
			if q.Name == "accuracy" && (c.Cell.Threat == "b") != (clean.Value-q.Value < 1) {
				t.Errorf("accuracy %v under %s at %s, clean %v: eps 0.0001 takes next to nothing, 0.02 a lot",
					q.Value, c.Cell.Attack, c.Cell.Threat, clean.Value)
			}
		}
	}
}
