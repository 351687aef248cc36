package suite_test

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/arbench/arbench"
)

// The plugins of these tests hold options of every kind that suites can set and do nothing else.

type fakeData struct {
	Path string `toml:"path"`
}

func (*fakeData) Info() arbench.DatasetInfo { return arbench.DatasetInfo{} }
func (*fakeData) Open(context.Context) (*arbench.Data, error) {
	return nil, errors.New("nothing to open")
}

type fakeArch struct {
	Hidden []int   `toml:"hidden"`
	Scale  float64 `toml:"scale"`
	Norm   bool    `toml:"norm"`
}

func (*fakeArch) Info() arbench.ArchitectureInfo { return arbench.ArchitectureInfo{} }
func (*fakeArch) Network([]int, int) (*arbench.Network, error) {
	return nil, errors.New("no network")
}

type fakeBackend struct {
	Threads int `toml:"threads"`
}

func (*fakeBackend) Info() arbench.BackendInfo { return arbench.BackendInfo{} }
func (*fakeBackend) Open(context.Context, arbench.ModelSpec) (arbench.Model, error) {
	return nil, errors.New("no model")
}

type fakeAttack struct {
	Steps    int              `toml:"steps"`
	StepSize float64          `toml:"step_size"`
	RelStep  float64          `toml:"rel_step"`
	Source   arbench.ModelRef `toml:"source"`
	Range    [2]float64       `toml:"range"`
	Limit    *float64         `toml:"limit"`
	Small    uint8            `toml:"small"`
	Weights  map[string]float64
	Hidden   func() `toml:"-"`
}

func (a *fakeAttack) Info() arbench.AttackInfo { return arbench.AttackInfo{} }
func (a *fakeAttack) Perturb(context.Context, arbench.Trial) (arbench.Tensor, error) {
	return arbench.Tensor{}, errors.New("no candidate")
}

func (a *fakeAttack) Validate() error {
	if a.StepSize != 0 && a.RelStep != 0 {
		return fmt.Errorf("step_size and rel_step are two ways to say one thing: use one")
	}
	return nil
}

type fakeReg struct {
	arbench.Threat
	Attack arbench.Use[arbench.Attack] `toml:"attack"`
}

func (*fakeReg) Info() arbench.RegularizerInfo { return arbench.RegularizerInfo{} }

type fakeProbe struct {
	Layers []string `toml:"layers"`
}

func (*fakeProbe) Info() arbench.MeasureInfo { return arbench.MeasureInfo{} }
func (*fakeProbe) Probe(context.Context, arbench.Subject) ([]arbench.Quantity, error) {
	return nil, nil
}

type fakeMeasure struct {
	Bins int `toml:"bins"`
}

func (*fakeMeasure) Info() arbench.MeasureInfo                 { return arbench.MeasureInfo{} }
func (*fakeMeasure) Measure(arbench.Record) []arbench.Quantity { return nil }

func init() {
	arbench.Datasets.Register("data", func() arbench.Dataset { return &fakeData{Path: "here"} })
	arbench.Architectures.Register("net", func() arbench.Architecture {
		return &fakeArch{Hidden: []int{64, 64}, Scale: 1}
	})
	arbench.Backends.Register("gorgonia", func() arbench.Backend { return &fakeBackend{} })
	arbench.Backends.Register("other", func() arbench.Backend { return &fakeBackend{Threads: 2} })
	arbench.Attacks.Register("steps", func() arbench.Attack { return &fakeAttack{Steps: 10} })
	arbench.Attacks.Register("stops", func() arbench.Attack { return &fakeAttack{Steps: 1} })
	arbench.Regularizers.Register("adv", func() arbench.Regularizer {
		reg := &fakeReg{Threat: arbench.Threat{Norm: arbench.Linf, Eps: 0.1}}
		_, _ = reg.Attack.Make("steps")
		return reg
	})
	arbench.Probes.Register("look", func() arbench.Probe { return &fakeProbe{} })
	arbench.Measures.Register("count", func() arbench.Measure { return &fakeMeasure{Bins: 15} })
}

type fakeReporter struct{}

func (*fakeReporter) Info() arbench.ReporterInfo                   { return arbench.ReporterInfo{} }
func (*fakeReporter) Report(w io.Writer, r *arbench.Results) error { return nil }

func init() {
	arbench.Reporters.Register("markdown", func() arbench.Reporter { return &fakeReporter{} })
	arbench.Reporters.Register("csv", func() arbench.Reporter { return &fakeReporter{} })
}
