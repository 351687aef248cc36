package kernel

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// An attentionCase has images with halos, and sizes that fill no block of 16 or exactly one.
type attentionCase struct {
	h, w, heads, dim int
	halo             int
}

var attentionCases = []attentionCase{
	{1, 1, 1, 1, 0}, {1, 5, 2, 3, 0}, {1, 50, 4, 16, 0}, {4, 4, 1, 16, 1}, {3, 7, 3, 8, 2}, {1, 65, 2, 32, 0},
	{2, 3, 1, 40, 1}, {14, 15, 2, 4, 0},
}

// attend is the definition in float64, on planes of channels, and its derivative: with P the
// probabilities, dS_ij = P_ij (dP_ij - Σ_k P_ik dP_ik) and dP = dO Vᵀ.
func (c attentionCase) attend(x, dy []float32) (y, dx []float64) {
	n, width := c.h*c.w, c.heads*c.dim
	y, dx = make([]float64, len(dy)), make([]float64, len(x))
	at := func(channel, token int) float64 { return float64(x[channel*n+token]) }
	scale := 1 / math.Sqrt(float64(c.dim))
	for h := 0; h < width; h += c.dim {
		for i := range n {
			p, dp, total, mean := make([]float64, n), make([]float64, n), 0.0, 0.0
			for j := range n {
				for k := h; k < h+c.dim; k++ {
					p[j] += scale * at(k, i) * at(width+k, j)
				}
				p[j] = math.Exp(p[j])
				total += p[j]
			}
			for j := range n {
				p[j] /= total
				for k := h; k < h+c.dim; k++ {
					y[k*n+i] += p[j] * at(2*width+k, j)
					dp[j] += float64(dy[k*n+i]) * at(2*width+k, j)
					dx[(2*width+k)*n+j] += p[j] * float64(dy[k*n+i])
				}
				mean += p[j] * dp[j]
			}
			for j := range n {
				ds := scale * p[j] * (dp[j] - mean)
				for k := h; k < h+c.dim; k++ {
					dx[k*n+i] += ds * at(width+k, j)
					dx[(width+k)*n+j] += ds * at(k, i)
				}
			}
		}
	}
	return y, dx
}

// Scratch memory starts as numbers that spoil what they get into.
func TestAttentionIsItsDefinition(t *testing.T) {
	for i, c := range attentionCases {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			onEveryPath(t, func(t *testing.T) {
				var b guards
				r, width := source(uint64(i)), c.heads*c.dim
				a, err := NewAttention(c.h*c.w, c.heads, c.dim)
				if err != nil {
					t.Fatal(err)
				}
				lx := Layout{c.h, c.w, Up16(3 * width), c.halo, c.halo}
				ly := Layout{c.h, c.w, Up16(width), 0, c.halo}
				x, dy := b.image(r, lx, 3*width), b.image(r, ly, width)
				y, dx := b.dirty(ly, width), b.dirty(lx, 3*width)
				scratch := b.floats(a.ScratchLen())
				spoil := func() {
					for k := range scratch {
						scratch[k] = float32(math.NaN())
					}
				}
				spoil()
				a.Forward(y, x, scratch)
				spoil()
				a.Backward(dx, x, dy, scratch)
				wantY, wantDX := c.attend(planes(x, 3*width), planes(dy, width))
				closeTo(t, "y", planes(y, width), wantY, 2e-6)
				within(t, "dx", planes(dx, 3*width), wantDX, 2e-6, 1e-3)
				haloIsZero(t, "y", y, width)
				haloIsZero(t, "dx", dx, 3*width)
				b.check(t)
			})
		})
	}
}

// Scores whose exponentials no float32 holds: all weight goes to the greatest.
func TestAttentionOfLargeScores(t *testing.T) {
	a, err := NewAttention(2, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	x := Image{Layout{1, 2, 16, 0, 0}, make([]float32, 32)}
	for token, v := range [][]float32{{100, 0, 3}, {-100, 100, 5}} {
		copy(x.token(token), v)
	}
	y := Image{x.Layout, make([]float32, 32)}
	a.Forward(y, x, make([]float32, a.ScratchLen()))
	if got, want := [2]float32{y.token(0)[0], y.token(1)[0]}, [2]float32{5, 3}; got != want {
		t.Errorf("values %v, want %v", got, want)
	}
}

func TestAttentionRefusesWhatDoesNotFit(t *testing.T) {
	for _, sizes := range [][3]int{{0, 1, 1}, {1, 0, 1}, {1, 1, 0}, {1 << 15, 1, 1}, {1, 1 << 20, 1 << 20}} {
		if _, err := NewAttention(sizes[0], sizes[1], sizes[2]); err == nil {
			t.Errorf("sizes %v: no error", sizes)
		}
	}
	a, err := NewAttention(4, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	image := func(w, c int) Image {
		l := Layout{1, w, c, 0, 0}
		return Image{l, make([]float32, l.Size())}
	}
	x, y, scratch := image(4, 32), image(4, 16), make([]float32, a.ScratchLen())
	for want, f := range map[string]func(){
		"x of 3 pixels":  func() { a.Forward(y, image(3, 32), scratch) },
		"y of 4 pixels":  func() { a.Forward(image(4, 5), x, scratch) },
		"scratch has":    func() { a.Forward(y, x, scratch[1:]) },
		"dx of 4 pixels": func() { a.Backward(image(4, 16), x, y, scratch) },
	} {
		if got := panics(f); !strings.Contains(got, want) {
			t.Errorf("panic %q, want one that says %q", got, want)
		}
	}
}
