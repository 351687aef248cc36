//go:build gomlx

package gomlx

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute"

	"github.com/arbench/arbench"
)

// A Model is a net on XLA. Programs are compiled when they are first needed.
type Model struct {
	plan    *plan
	engine  *engine
	rows    int              // of an execution in Frozen mode
	values  []compute.Buffer // of the parameters
	sums    []compute.Buffer // of the parameters' derivatives; nil for statistics
	summed  bool             // else the sums count as zero, whatever is in the buffers
	stepped moments
}

var (
	_ arbench.Trainable  = (*Model)(nil)
	_ arbench.Observable = (*Model)(nil)
	_ arbench.Ascender   = (*Model)(nil)
)

// defaultRows is the number of rows of an execution where the greatest number in a call is not announced.
const defaultRows = 64

// open makes a model.
func open(platform string, tf32 bool, spec arbench.ModelSpec) (*Model, error) {
	p, err := newPlan(spec.Network)
	if err != nil {
		return nil, err
	}
	values := spec.Weights
	if values == nil {
		values, err = spec.Network.Init(spec.Seed)
	} else {
		err = spec.Network.CheckParams(values)
	}
	if err != nil {
		return nil, err
	}
	e, err := engineOf(platform, tf32)
	if err != nil {
		return nil, err
	}
	m := &Model{plan: p, engine: e, rows: spec.Batch,
		values: make([]compute.Buffer, len(p.params)), sums: make([]compute.Buffer, len(p.params))}
	switch {
	case e.single:
		m.rows = 1
	case m.rows < 1:
		m.rows = defaultRows
	}
	for _, i := range p.trained() {
		if err := m.put(&m.sums[i], i, make([]float32, arbench.Volume(p.params[i].shape))); err != nil {
			return nil, err
		}
	}
	return m, m.load(values)
}

// load sets the values of the parameters.
func (m *Model) load(values []arbench.Param) error {
	for _, q := range values {
		i := m.plan.index[q.Name]
		if err := m.put(&m.values[i], i, q.Value.Data); err != nil {
			return err
		}
	}
	return nil
}

// put replaces a buffer of the shape of parameter i by one that holds data.
func (m *Model) put(b *compute.Buffer, i int, data []float32) error {
	fresh, err := upload(m.engine, data, m.plan.params[i].shape...)
	if err != nil {
		return fmt.Errorf("parameter %q: %w", m.plan.params[i].name, err)
	}
	free(*b)
	*b = fresh
	return nil
}

// get copies a buffer of the shape of parameter i to the host.
func (m *Model) get(b compute.Buffer, i int) (arbench.Tensor, error) {
	t := arbench.NewTensor(m.plan.params[i].shape...)
	if b == nil {
		return t, errors.New("parameters were lost in an execution that failed")
	}
	return t, download(b, t.Data)
}

// Info implements [arbench.Model].
func (m *Model) Info() arbench.ModelInfo {
	return arbench.ModelInfo{Shape: m.plan.net.Input, Classes: m.plan.classes(),
		Access: arbench.Weights, Network: m.plan.net}
}
