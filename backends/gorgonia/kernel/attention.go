package kernel

import (
	"fmt"
	"math"
)

// Attention is the plan of multi-head self-attention between the pixels of one image, the tokens:
// each head gives softmax(Q Kᵀ / √d) V. An image x of 3·heads·d channels holds queries, keys and
// values, each a slice of d channels for every head. The plan does not change after [NewAttention] and
// may be used by any number of goroutines, each with scratch memory of its own.
//
// All products go by the tiles of dense layers. The backward pass computes the probabilities again
// instead of keeping them: for each head there are as many as pairs of tokens.
type Attention struct {
	tokens, heads, dim int
	wide               int       // dim rounded up to a multiple of 16
	scores             densePass // [tokens, dim] by [dim, tokens]
	mix                densePass // [tokens, tokens] by [tokens, dim]
}

// NewAttention plans heads of dim channels each between that many tokens.
func NewAttention(tokens, heads, dim int) (*Attention, error) {
	name := fmt.Sprintf("attention of %d heads of %d channels between %d tokens", heads, dim, tokens)
	if tokens < 1 || heads < 1 || dim < 1 {
		return nil, fmt.Errorf("%s: want sizes of at least 1", name)
	}
	if tooLarge(3, heads, dim, tokens) || tooLarge(8, Up16(tokens), Up16(tokens)) || tooLarge(8, tokens, Up16(dim)) ||
		tooLarge(denseRows, Up16(tokens)) || tooLarge(denseRows, Up16(dim)) {
		return nil, fmt.Errorf("%s: want at most %d floats a buffer", name, maxFloats)
	}
	wide, pitch := Up16(dim), Up16(tokens)
	return &Attention{tokens: tokens, heads: heads, dim: dim, wide: wide,
		scores: newDensePass(dim, pitch, wide, pitch), mix: newDensePass(tokens, wide, pitch, wide)}, nil
}

// attentionScratch is the memory that one head needs, cut up.
type attentionScratch struct {
	rows       []float32 // [tokens][wide]: the left of scores, and what mix gives
	columns    []float32 // panels of the right of scores
	panel      []float32 // and of mix
	p, g, turn []float32 // [tokens][Up16(tokens)]: probabilities, derivatives, either transposed
}

// ScratchLen returns the floats of scratch memory that Forward and Backward need.
func (a *Attention) ScratchLen() int {
	return 2*a.tokens*a.wide + a.scores.n*a.dim + 3*a.tokens*a.scores.n
}

func (a *Attention) cut(s []float32) attentionScratch {
	checkLen("attention", "scratch", s, a.ScratchLen())
	take := func(n int) []float32 {
		t := s[:n]
		s = s[n:]
		return t
	}
	square := a.tokens * a.scores.n
	return attentionScratch{rows: take(a.tokens * a.wide), columns: take(a.scores.n * a.dim),
		panel: take(a.tokens * a.wide), p: take(square), g: take(square), turn: take(square)}
}

// check panics unless an image has the plan's number of pixels and room for thirds times its width.
func (a *Attention) check(what string, m *Image, thirds int) {
	m.check("attention", what, m.Layout)
	if m.H*m.W != a.tokens || m.C < thirds*a.heads*a.dim {
		panic(fmt.Sprintf("kernel: attention: %s of %d pixels, pitch %d, want %d, at least %d",
			what, m.H*m.W, m.C, a.tokens, thirds*a.heads*a.dim))
	}
}

// Forward sets the heads·dim channels of y from the three times as many of x. Layouts may have any
// halo. It panics on sizes that do not match.
func (a *Attention) Forward(y, x Image, scratch []float32) {
	a.check("x", &x, 3)
	a.check("y", &y, 1)
	s := a.cut(scratch)
	for h := range a.heads {
		_, _, v := a.channels(h)
		a.probabilities(s, x, h)
		a.pack(s.panel, x, v, 1)
		a.mix.run(a.tokens, s.p, s.panel, s.rows, nil)
		a.spread(y, h*a.dim, s.rows, 1)
	}
}

// Backward sets the channels of dx, the derivative by x, from that by y. With P the probabilities,
// S = Q Kᵀ / √d and O = P V:
//
//	dV = Pᵀ dO   dP = dO Vᵀ   dS = P ∘ (dP - Σ_j P_j dP_j)   dQ = dS K / √d   dK = dSᵀ Q / √d
func (a *Attention) Backward(dx, x, dy Image, scratch []float32) {
	a.check("dx", &dx, 3)
	a.check("x", &x, 3)
	a.check("dy", &dy, 1)
	s, scale := a.cut(scratch), a.scale()
	for h := range a.heads {
		q, k, v := a.channels(h)
		a.probabilities(s, x, h)

		a.gather(s.rows, dy, h*a.dim, 1)
		a.transpose(s.columns, x, v)
		a.scores.run(a.tokens, s.rows, s.columns, s.g, nil)

		a.turn(s.turn, s.p)
		a.pack(s.panel, dy, h*a.dim, 1)
		a.mix.run(a.tokens, s.turn, s.panel, s.rows, nil)
		a.spread(dx, v, s.rows, 1)

		a.softmaxGrad(s.g, s.p)
		a.pack(s.panel, x, k, 1)
		a.mix.run(a.tokens, s.g, s.panel, s.rows, nil)
		a.spread(dx, q, s.rows, scale)

		a.turn(s.turn, s.g)
		a.pack(s.panel, x, q, scale)
		a.mix.run(a.tokens, s.turn, s.panel, s.rows, nil)
		a.spread(dx, k, s.rows, 1)
	}
}

// channels returns where the queries, keys and values of a head begin in x.
func (a *Attention) channels(head int) (q, k, v int) {
	width := a.heads * a.dim
	return head * a.dim, width + head*a.dim, 2*width + head*a.dim
}

func (a *Attention) scale() float32 { return float32(1 / math.Sqrt(float64(a.dim))) }

// probabilities sets s.p to softmax(Q Kᵀ / √d) of a head.
func (a *Attention) probabilities(s attentionScratch, x Image, head int) {
	q, k, _ := a.channels(head)
	a.gather(s.rows, x, q, a.scale())
	a.transpose(s.columns, x, k)
	a.scores.run(a.tokens, s.rows, s.columns, s.p, nil)
	for t := range a.tokens {
		softmax(s.p[t*a.scores.n:][:a.tokens])
	}
}

// softmax replaces numbers by their softmax.
func softmax(s []float32) {
	top := s[0]
	for _, v := range s {
		top = max(top, v)
	}
	sum := float32(0)
	for j, v := range s {
		s[j] = exp(v - top)
		sum += s[j]
	}
	by := 1 / sum
	for j := range s {
		s[j] *= by
	}
}

// softmaxGrad turns the derivatives by probabilities p into those by what their softmax is of.
func (a *Attention) softmaxGrad(g, p []float32) {
	for t := range a.tokens {
		row, prob := g[t*a.scores.n:][:a.tokens], p[t*a.scores.n:][:a.tokens]
		dot := float32(0)
		for j, v := range row {
			dot += float32(v * prob[j])
		}
		for j, v := range row {
			row[j] = prob[j] * (v - dot)
		}
	}
}

// token returns the channels of token t.
func (m *Image) token(t int) []float32 { return m.pixel(t/m.W, t%m.W) }

// gather sets the rows of dst to the channels of x from c, multiplied.
func (a *Attention) gather(dst []float32, x Image, c int, by float32) {
	for t := range a.tokens {
		row := dst[t*a.wide:]
		for j, v := range x.token(t)[c : c+a.dim] {
			row[j] = by * v
		}
	}
}

// spread sets the channels of y from c to the rows of src, multiplied.
func (a *Attention) spread(y Image, c int, src []float32, by float32) {
	for t := range a.tokens {
		to := y.token(t)[c : c+a.dim]
		for j, v := range src[t*a.wide:][:a.dim] {
			to[j] = by * v
		}
	}
}

// pack makes panels of the channels of x from c, multiplied: [blocks of 16 channels][tokens][16].
func (a *Attention) pack(panel []float32, x Image, c int, by float32) {
	for t := range a.tokens {
		from := x.token(t)[c : c+a.dim]
		for j := range a.wide {
			v := float32(0)
			if j < a.dim {
				v = by * from[j]
			}
			panel[(j/16*a.tokens+t)*16+j%16] = v
		}
	}
}

// transpose makes panels of the channels of x from c: [blocks of 16 tokens][channels][16].
func (a *Attention) transpose(panel []float32, x Image, c int) {
	clear(panel[(a.tokens/16)*16*a.dim:])
	for t := range a.tokens {
		for j, v := range x.token(t)[c : c+a.dim] {
			panel[(t/16*a.dim+j)*16+t%16] = v
		}
	}
}

// turn transposes [tokens][Up16(tokens)].
func (a *Attention) turn(dst, src []float32) {
	n := a.scores.n
	for t := range a.tokens {
		for j, v := range src[t*n:][:a.tokens] {
			dst[j*n+t] = v
		}
	}
}
