//go:build gomlx

package gomlx

import (
	"github.com/gomlx/compute"

	"github.com/arbench/arbench"
)

// A Model is a net on XLA. Programs are compiled when they are first needed.
type Model struct {
	plan       *plan
	engine     *engine
	rows       int            // of an execution in Frozen mode
	values     compute.Buffer // array of the parameters that training moves
	statistics compute.Buffer // array of the running statistics
	sums       compute.Buffer // array of the running sums of derivatives in the values
	summed     bool           // else the sums count as zero, whatever is in the buffer
	stepped    moments
}

var (
	_ arbench.Trainable  = (*Model)(nil)
	_ arbench.Observable = (*Model)(nil)
	_ arbench.Ascender   = (*Model)(nil)
	_ arbench.Stager     = (*Model)(nil)
)

// open makes a model.
func open(b *Backend, spec arbench.ModelSpec) (*Model, error) {
	p, err := newPlan(spec.Network, b.precision() == bf16Precision)
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
	e, err := engineOf(b.platform(), b.mode())
	if err != nil {
		return nil, err
	}
	m := &Model{plan: p, engine: e, rows: b.rows()}
	if err := m.zero(&m.sums); err != nil {
		return nil, err
	}
	return m, m.load(values)
}

// load sets the values of all parameters.
func (m *Model) load(values []arbench.Param) error {
	var arrays [2][]float32
	for k, n := range m.plan.sizes {
		arrays[k] = make([]float32, n)
	}
	for _, q := range values {
		p := m.plan.params[m.plan.index[q.Name]]
		copy(p.of(arrays[p.array]), q.Value.Data)
	}
	if err := m.put(&m.values, arrays[valueArray]); err != nil {
		return err
	}
	return m.put(&m.statistics, arrays[statisticArray])
}

// zero replaces the buffer of an array of the trained parameters by one of zeros.
func (m *Model) zero(b *compute.Buffer) error {
	return m.put(b, make([]float32, m.plan.sizes[valueArray]))
}

// put replaces a buffer by one that holds data.
func (m *Model) put(b *compute.Buffer, data []float32) error {
	fresh, err := upload(m.engine, data, len(data))
	if err != nil {
		return err
	}
	free(*b)
	*b = fresh
	return nil
}

// get copies an array of parameters to the host.
func (m *Model) get(b compute.Buffer, array int) ([]float32, error) {
	if b == nil {
		return nil, errLost
	}
	data := make([]float32, m.plan.sizes[array])
	return data, download(m.engine, b, data)
}

// Info implements [arbench.Model].
func (m *Model) Info() arbench.ModelInfo {
	return arbench.ModelInfo{Shape: m.plan.net.Input, Classes: m.plan.classes(),
		Access: arbench.Weights, Network: m.plan.net}
}

// Moved returns how many bytes were copied to the device and back since its platform was opened, by all models
// on it: images, targets, logits, derivatives and parameters.
func (m *Model) Moved() int64 { return m.engine.moved.Load() }
