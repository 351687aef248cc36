package plan_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/arbench/arbench"
)

// The plugins of these tests say what the plan asks them and do nothing else.

// fakeData has an option, train, that no suite can set, since the suite's own key hides it.
type fakeData struct {
	Train, Test int
	Lost        bool
	TestOnly    bool
}

func (*fakeData) Info() arbench.DatasetInfo {
	return arbench.DatasetInfo{Shape: []int{1, 2, 2}, Classes: 3}
}

func (d *fakeData) Open(context.Context) (*arbench.Data, error) {
	if d.Lost {
		return nil, errors.New("images.bin is missing: fetch it")
	}
	if d.TestOnly {
		d.Train = 0
	}
	return &arbench.Data{
		Title: "fake", Digest: fmt.Sprint(d.Train, d.Test), Train: fakeExamples(d.Train), Test: fakeExamples(d.Test),
	}, nil
}

// fakeExamples is that many examples, half of them of class 0 and a quarter each of classes 1 and 2.
type fakeExamples int

func (e fakeExamples) Len() int { return int(e) }

func (fakeExamples) Read(i int, x []float32) int {
	clear(x)
	return [...]int{0, 1, 0, 2}[i%4]
}

type fakeNet struct {
	Classes int
	Hidden  int
}

func (*fakeNet) Info() arbench.ArchitectureInfo { return arbench.ArchitectureInfo{} }

func (a *fakeNet) Network(shape []int, classes int) (*arbench.Network, error) {
	if a.Classes < 0 {
		return nil, errors.New("classes must not be negative")
	}
	n := &arbench.Network{Input: shape}
	n.Add("flatten", arbench.Flatten{})
	if a.Hidden > 0 {
		n.Add("fc1", arbench.Dense{Out: a.Hidden})
	}
	n.Add("fc", arbench.Dense{Out: classes + a.Classes, Bias: true})
	return n, nil
}

type fakeBackend struct {
	Numerics string
	Threads  int
	access   arbench.Access
}

func (b *fakeBackend) Info() arbench.BackendInfo {
	return arbench.BackendInfo{Access: b.access, Numerics: b.Numerics}
}

func (*fakeBackend) Open(context.Context, arbench.ModelSpec) (arbench.Model, error) {
	return nil, errors.New("no model")
}

type fakeAttack struct {
	Steps   int
	Size    float64
	Start   bool
	Loss    string
	Layers  []string
	Weights map[string]float64
	Limit   *int
	Source  arbench.ModelRef
	Inner   arbench.Use[arbench.Attack]
	Rows    int `json:"-"`
	norms   []arbench.Norm
	anyEps  bool
}

func (a *fakeAttack) Info() arbench.AttackInfo {
	return arbench.AttackInfo{Access: arbench.Gradients, Norms: a.norms, MinimumNorm: a.anyEps, AnyEps: a.anyEps}
}

func (*fakeAttack) Perturb(context.Context, arbench.Trial) (arbench.Tensor, error) {
	return arbench.Tensor{}, errors.New("no candidate")
}

// fakeCascade wants four classes where Picky.
type fakeCascade struct {
	fakeAttack
	Picky bool
}

func (a *fakeCascade) Stages(m arbench.ModelInfo, _ arbench.Threat) ([]arbench.Stage, error) {
	if a.Picky && m.Classes < 4 {
		return nil, fmt.Errorf("wants at least 4 classes, the model has %d", m.Classes)
	}
	return []arbench.Stage{{Name: "climb", Attack: &fakeAttack{Steps: 3}}, {Name: "ask", Attack: &fakeSearch{Queries: 50}}}, nil
}

// fakeSearch has queries in the place of steps.
type fakeSearch struct {
	fakeAttack
	Queries int
}

// fakeDear says what it costs: Each for every class, and 1 in L2.
type fakeDear struct {
	fakeAttack
	Each float64
}

func (a *fakeDear) MostPasses(classes int, n arbench.Norm) float64 {
	if n == arbench.L2 {
		return a.Each*float64(classes) + 1
	}
	return a.Each * float64(classes)
}

// fakeCostly makes 5 passes more than fakeReg.
type fakeCostly struct{ fakeReg }

func (*fakeCostly) MostPasses(int, arbench.Norm) float64 { return 5 }

// fakeEnsemble goes by the name of a known one.
type fakeEnsemble struct {
	fakeCascade
	Version string
}

// fakeReg replaces the images.
type fakeReg struct {
	Norm   arbench.Norm
	Eps    float64
	Attack arbench.Use[arbench.Attack]
}

func (*fakeReg) Info() arbench.RegularizerInfo                { return arbench.RegularizerInfo{} }
func (*fakeReg) Replaces() []arbench.Part                     { return []arbench.Part{arbench.Images} }
func (*fakeReg) Prepare(context.Context, *arbench.Step) error { return nil }

// fakeTerm adds a term; nothing is a regularizer without a verb.
type (
	fakeTerm struct{ Weight float64 }
	nothing  struct{}
)

func (*fakeTerm) Info() arbench.RegularizerInfo { return arbench.RegularizerInfo{} }
func (*fakeTerm) Penalize(context.Context, *arbench.Step) (float64, error) {
	return 0, nil
}
func (*nothing) Info() arbench.RegularizerInfo { return arbench.RegularizerInfo{} }

type fakeProbe struct {
	Layers []string
	Other  arbench.ModelRef
}

func (*fakeProbe) Info() arbench.MeasureInfo { return arbench.MeasureInfo{} }
func (*fakeProbe) Probe(context.Context, arbench.Subject) ([]arbench.Quantity, error) {
	return nil, nil
}

func (p *fakeProbe) Fits(n *arbench.Network) error {
	for _, name := range p.Layers {
		if !slices.ContainsFunc(n.Layers, func(l arbench.Layer) bool { return l.Name == name }) {
			return fmt.Errorf("the net has no layer %q", name)
		}
	}
	return nil
}

// fakeFeel looks at neighbours.
type fakeFeel struct {
	fakeProbe
	Attack     arbench.Use[arbench.Attack]
	Directions int
}

type fakeReporter struct{}

func (*fakeReporter) Info() arbench.ReporterInfo               { return arbench.ReporterInfo{} }
func (*fakeReporter) Report(io.Writer, *arbench.Results) error { return nil }

func init() {
	arbench.Reporters.Register("markdown", func() arbench.Reporter { return &fakeReporter{} })
	arbench.Datasets.Register("data", func() arbench.Dataset { return &fakeData{Train: 40, Test: 12} })
	arbench.Architectures.Register("net", func() arbench.Architecture { return &fakeNet{} })
	arbench.Backends.Register("gorgonia", func() arbench.Backend {
		return &fakeBackend{Numerics: "exact", access: arbench.Weights}
	})
	arbench.Backends.Register("second", func() arbench.Backend {
		return &fakeBackend{Numerics: "exact", access: arbench.Weights}
	})
	arbench.Backends.Register("scores", func() arbench.Backend {
		return &fakeBackend{Numerics: "exact", access: arbench.Scores}
	})
	both := []arbench.Norm{arbench.Linf, arbench.L2}
	arbench.Attacks.Register("ball", func() arbench.Attack { return &fakeAttack{Steps: 10, norms: both} })
	arbench.Attacks.Register("box", func() arbench.Attack { return &fakeAttack{norms: both[:1]} })
	arbench.Attacks.Register("cascade", func() arbench.Attack {
		return &fakeCascade{fakeAttack: fakeAttack{norms: both}}
	})
	arbench.Attacks.Register("least", func() arbench.Attack {
		return &fakeAttack{Steps: 10, norms: both, anyEps: true}
	})
	arbench.Attacks.Register("least-first", func() arbench.Attack {
		return &fakeCascade{fakeAttack: fakeAttack{norms: both, anyEps: true}}
	})
	arbench.Attacks.Register("autoattack", func() arbench.Attack {
		return &fakeEnsemble{fakeCascade{fakeAttack: fakeAttack{norms: both}}, "standard"}
	})
	arbench.Regularizers.Register("adv", func() arbench.Regularizer {
		r := &fakeReg{Norm: arbench.Linf}
		_, _ = r.Attack.Make("box")
		return r
	})
	arbench.Attacks.Register("dear", func() arbench.Attack { return &fakeDear{fakeAttack: fakeAttack{norms: both}} })
	arbench.Regularizers.Register("costly", func() arbench.Regularizer {
		return &fakeCostly{fakeReg{Norm: arbench.Linf}}
	})
	arbench.Regularizers.Register("term", func() arbench.Regularizer { return &fakeTerm{} })
	arbench.Regularizers.Register("nothing", func() arbench.Regularizer { return &nothing{} })
	arbench.Probes.Register("feel", func() arbench.Probe { return &fakeFeel{Directions: 6} })
	arbench.Probes.Register("look", func() arbench.Probe { return &fakeProbe{} })
}
