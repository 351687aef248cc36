// Package masked makes models that look robust and are not, in the ways in which published defences were
// broken: their derivatives are zero, shattered, partial or random, so that an attack along them fails
// (Athalye, Carlini & Wagner, ICML 2018; Tramèr et al., On Adaptive Attacks, NeurIPS 2020). internal/trust
// has to find them out; the command in table says what it makes of them. They are no plugins of arbench.
package masked

import (
	"context"
	"fmt"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Backends.Register("masked", func() arbench.Backend {
		b := &Backend{Defence: "quantise"}
		_, _ = b.Inner.Make("gorgonia")
		return b
	})
}

// Backend trains the nets of another backend as they are, and hides them behind a defence wherever they
// are evaluated.
type Backend struct {
	Defence string                       `toml:"defence" doc:"see Defences"`
	Inner   arbench.Use[arbench.Backend] `toml:"inner" doc:"that the nets are of"`
}

var _ arbench.Backend = (*Backend)(nil)

// A defence makes the layers around a net; hidden is nil unless it takes the place of the net's own.
type defence struct {
	image  func(pass uint64) around       // of the images
	logits around                         // of the logits
	hidden func(pass uint64, h []float64) // of the activations of an mlp, whose rest it sets to 0
}

// An around is a function of one row with the product of its derivative and a vector: both write to their
// last argument.
type around struct {
	f    func(x, out []float32)
	back func(x, g, out []float32)
}

// Info implements [arbench.Backend].
func (b *Backend) Info() arbench.BackendInfo {
	info := b.Inner.It.Info()
	info.Doc = "nets behind a defence that hides their weakness"
	info.Numerics += " behind " + b.Defence
	return info
}

// Validate reports a defence that there is none of.
func (b *Backend) Validate() error {
	if _, ok := defences[b.Defence]; !ok {
		return fmt.Errorf("unknown defence %q, want one of %q", b.Defence, Defences())
	}
	return nil
}

// Open implements [arbench.Backend].
func (b *Backend) Open(ctx context.Context, spec arbench.ModelSpec) (arbench.Model, error) {
	m, err := b.Inner.It.Open(ctx, spec)
	if err != nil {
		return nil, err
	}
	t, ok := m.(arbench.Trainable)
	if !ok {
		return nil, fmt.Errorf("masked: backend %q has no nets that can be trained", b.Inner.Name)
	}
	return &Model{Trainable: t, defence: defences[b.Defence]}, nil
}

// Model is a net behind a defence.
type Model struct {
	arbench.Trainable
	defence
	passes uint64
}

// Run makes a pass of the net itself for a training, else one of the net behind the defence.
func (m *Model) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	if c.Mode != arbench.Frozen || c.Want&arbench.DParams != 0 {
		return m.Trainable.Run(ctx, c)
	}
	m.passes++
	x0, losses := c.X, c.Losses
	var image around
	if m.image != nil {
		image = m.image(m.passes)
		c.X = each(x0, image.f)
	}
	if m.logits.f != nil {
		c.Losses = make([]arbench.Loss, len(losses))
		for i, loss := range losses {
			c.Losses[i] = arbench.LossFunc(m.logits.through(loss))
		}
	}
	run := m.Trainable.Run
	if m.hidden != nil {
		run = m.runHidden
	}
	p, err := run(ctx, c)
	if err != nil {
		return p, err
	}
	if m.logits.f != nil {
		p.Logits = each(p.Logits, m.logits.f)
	}
	if image.back != nil {
		for k, g := range p.DX {
			p.DX[k] = arbench.NewTensor(x0.Shape...)
			for i := range x0.Len() {
				image.back(x0.Row(i), g.Row(i), p.DX[k].Row(i))
			}
		}
	}
	return p, nil
}

// each returns f of each row of x.
func each(x arbench.Tensor, f func(x, out []float32)) arbench.Tensor {
	out := arbench.NewTensor(x.Shape...)
	for i := range x.Len() {
		f(x.Row(i), out.Row(i))
	}
	return out
}

// through returns the loss of what a makes of logits.
func (a around) through(loss arbench.Loss) func(z, dz arbench.Tensor, values []float64) {
	return func(z, dz arbench.Tensor, values []float64) {
		out, d := each(z, a.f), arbench.Tensor{}
		if dz.Data != nil {
			d = arbench.NewTensor(z.Shape...)
		}
		loss.Eval(out, d, values)
		for i := range d.Len() {
			a.back(z.Row(i), d.Row(i), dz.Row(i))
		}
	}
}
