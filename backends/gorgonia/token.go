package gorgonia

import (
	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// rowOp returns the arithmetic of layer i, which has one that goes row by row, and keeps its parameters.
func (p *plan) rowOp(i int, given map[string]arbench.Param) (rowOp, error) {
	l, in := p.net.Layers[i], p.shape(p.inputs[i][0])
	pitch := kernel.Up16(in[0])
	channels := func(name string) *param { return p.keep(newChannels(given[name], pitch)) }
	switch op := l.Op.(type) {
	case arbench.LayerNorm:
		return &layerNorm{eps: op.Eps, channels: in[0],
			gamma: channels(l.Name + ".weight"), beta: channels(l.Name + ".bias")}, nil
	case arbench.Attention:
		by, err := kernel.NewAttention(in[1]*in[2], op.Heads, in[0]/3/op.Heads)
		return attention{by: by}, err
	case arbench.ClassToken:
		return &classToken{token: channels(l.Name)}, nil
	case arbench.Position:
		return &position{channels: in[0], places: p.keep(newTokens(given[l.Name], in[1]*in[2], in[0]))}, nil
	}
	return firstToken{}, nil
}

// newTokens returns a parameter of so many tokens of some channels, each at the pitch of an image.
func newTokens(p arbench.Param, tokens, channels int) *param {
	pitch := kernel.Up16(channels)
	each := func(f func(flat, wide int)) {
		for t := range tokens {
			f(t*channels, t*pitch)
		}
	}
	pack := func(dst, src []float32) {
		each(func(flat, wide int) { copy(dst[wide:wide+channels], src[flat:]) })
	}
	unpack := func(dst, src []float32) {
		each(func(flat, wide int) { copy(dst[flat:flat+channels], src[wide:]) })
	}
	return newParam(p, tokens*pitch, pack, unpack)
}

// token returns the channels of pixel t of an image, counted along its rows.
func token(m kernel.Image, t int) []float32 {
	o := m.Off(t/m.W, t%m.W)
	return m.Data[o : o+m.C]
}

// attention is [kernel.Attention].
type attention struct{ by *kernel.Attention }

func (a attention) params() []*param                              { return nil }
func (a attention) addGrad([]float64, kernel.Image, kernel.Image) {}

func (a attention) forward(w *worker, y, x kernel.Image) {
	a.by.Forward(y, x, w.tiles(a.by.ScratchLen()))
}

func (a attention) backward(w *worker, dx, x, dy kernel.Image) {
	a.by.Backward(dx, x, dy, w.tiles(a.by.ScratchLen()))
}

// classToken puts a token before those of an image.
type classToken struct{ token *param }

func (c *classToken) params() []*param { return []*param{c.token} }

func (c *classToken) forward(_ *worker, y, x kernel.Image) {
	copy(token(y, 0), c.token.w)
	for t := range x.H * x.W {
		copy(token(y, t+1), token(x, t))
	}
}

func (c *classToken) backward(_ *worker, dx, _, dy kernel.Image) {
	for t := range dx.H * dx.W {
		copy(token(dx, t), token(dy, t+1))
	}
}

func (c *classToken) addGrad(sums []float64, _, dy kernel.Image) { addWide(sums, token(dy, 0)) }

// addWide adds numbers to sums of as many or fewer.
func addWide(sums []float64, x []float32) {
	for k := range sums[:min(len(sums), len(x))] {
		sums[k] += float64(x[k])
	}
}

// position adds a vector to each token.
type position struct {
	channels int
	places   *param
}

func (p *position) params() []*param { return []*param{p.places} }

// pitch returns the floats from one place to the next.
func (p *position) pitch() int { return kernel.Up16(p.channels) }

func (p *position) forward(_ *worker, y, x kernel.Image) {
	for t := range x.H * x.W {
		to, place := token(y, t), p.places.w[t*p.pitch():]
		for k, v := range token(x, t)[:p.channels] {
			to[k] = v + place[k]
		}
	}
}

func (p *position) backward(_ *worker, dx, _, dy kernel.Image) {
	for t := range dx.H * dx.W {
		copy(token(dx, t), token(dy, t))
	}
}

func (p *position) addGrad(sums []float64, _, dy kernel.Image) {
	for t := range dy.H * dy.W {
		addWide(sums[t*p.pitch():], token(dy, t)[:p.channels])
	}
}

// firstToken makes a vector of the first token.
type firstToken struct{}

func (firstToken) params() []*param                              { return nil }
func (firstToken) addGrad([]float64, kernel.Image, kernel.Image) {}

func (firstToken) forward(_ *worker, y, x kernel.Image) { copy(token(y, 0), token(x, 0)) }

func (firstToken) backward(_ *worker, dx, _, dy kernel.Image) {
	for t := range dx.H * dx.W {
		clear(token(dx, t))
	}
	copy(token(dx, 0), token(dy, 0))
}
