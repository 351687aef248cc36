package gorgonia

import (
	"fmt"
	"math"

	"github.com/arbench/arbench"
)

// A reference computes a net naively in float64: what the graphs are compared with. Images are
// channel, row, column.
type reference struct {
	net    *arbench.Network
	params map[string][]float64
	mode   arbench.Mode
	groups []int
}

func newReference(net *arbench.Network, ps []arbench.Param) *reference {
	r := &reference{net: net, params: map[string][]float64{}}
	for _, p := range ps {
		r.params[p.Name] = toFloat64(p.Value.Data)
	}
	return r
}

func toFloat64(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// layers returns the outputs of all layers for n images, one row after another; index 0 is the image.
func (r *reference) layers(x []float64, n int) [][]float64 {
	shapes, err := r.net.Shapes()
	if err != nil {
		panic(err)
	}
	vals := [][]float64{r.normalized(x, n)}
	for i, l := range r.net.Layers {
		from, _ := r.net.Inputs(i)
		in := make([]array, len(from))
		for k, j := range from {
			in[k] = array{vals[j+1], r.net.Input}
			if j >= 0 {
				in[k].shape = shapes[j]
			}
		}
		vals = append(vals, r.layer(l, in, shapes[i], n))
	}
	return vals
}

// logits returns the output of the last layer.
func (r *reference) logits(x []float64, n int) []float64 {
	vals := r.layers(x, n)
	return vals[len(vals)-1]
}

// array holds n rows of a shape.
type array struct {
	data  []float64
	shape []int
}

// area returns the pixels of an image, 1 for a vector.
func (a array) area() int { return arbench.Volume(a.shape) / a.shape[0] }

func (r *reference) normalized(x []float64, n int) []float64 {
	z := r.net.Normalize
	if z == nil {
		return x
	}
	y, area := make([]float64, len(x)), r.net.Input[1]*r.net.Input[2]
	for i, v := range x {
		c := i / area % r.net.Input[0]
		y[i] = (v - z.Mean[c]) / z.Std[c]
	}
	return y
}

func (r *reference) layer(l arbench.Layer, in []array, shape []int, n int) []float64 {
	out := make([]float64, n*arbench.Volume(shape))
	p := func(suffix string) []float64 { return r.params[l.Name+"."+suffix] }
	switch op := l.Op.(type) {
	case arbench.Conv:
		refConv(op, in[0], p("weight"), p("bias"), out, shape, n)
	case arbench.Dense:
		refDense(op, in[0], p("weight"), p("bias"), out)
	case arbench.BatchNorm:
		r.norm(op, in[0], p, out, n)
	case arbench.Activation:
		for i, v := range in[0].data {
			out[i] = refActivation(op.Function, v)
		}
	case arbench.MaxPool:
		refPool(op.Kernel, op.Stride, op.Pad, true, in[0], out, shape, n)
	case arbench.AvgPool:
		refPool(op.Kernel, op.Stride, op.Pad, false, in[0], out, shape, n)
	case arbench.GlobalAvgPool:
		area := in[0].shape[1] * in[0].shape[2]
		for i, v := range in[0].data {
			out[i/area] += v / float64(area)
		}
	case arbench.Add:
		for _, a := range in {
			for i, v := range a.data {
				out[i] += v
			}
		}
	case arbench.Concat:
		refConcat(in, out, n)
	case arbench.Flatten:
		copy(out, in[0].data)
	case arbench.ShortcutA:
		refShortcut(op, in[0], out, shape, n)
	case arbench.LayerNorm:
		refLayerNorm(op, in[0], p("weight"), p("bias"), out, n)
	case arbench.Attention:
		refAttention(op, in[0], out)
	case arbench.ClassToken:
		refClassToken(r.params[l.Name], in[0], out, n)
	case arbench.Position:
		refPosition(r.params[l.Name], in[0], out, n)
	case arbench.FirstToken:
		for i := range out {
			out[i] = in[0].data[i*in[0].area()]
		}
	default:
		panic(fmt.Sprintf("reference: no %T", op))
	}
	return out
}

func refConv(c arbench.Conv, x array, w, b, y []float64, shape []int, n int) {
	g := c.GroupCount()
	cin, cout := x.shape[0]/g, c.Out/g
	for r := range n {
		for k := range c.Out {
			for i := range shape[1] {
				for j := range shape[2] {
					s := 0.0
					if b != nil {
						s = b[k]
					}
					for ci := range cin {
						s += refWindow(c, x, r, k/cout*cin+ci, w[(k*cin+ci)*c.Kernel[0]*c.Kernel[1]:], i, j)
					}
					y[((r*c.Out+k)*shape[1]+i)*shape[2]+j] = s
				}
			}
		}
	}
}

// refWindow sums one channel of one window.
func refWindow(c arbench.Conv, x array, r, ch int, w []float64, i, j int) float64 {
	s, apart := 0.0, c.Spacing()
	for u := range c.Kernel[0] {
		for v := range c.Kernel[1] {
			a, b := i*c.Stride[0]+u*apart[0]-c.Pad[0], j*c.Stride[1]+v*apart[1]-c.Pad[1]
			if a >= 0 && a < x.shape[1] && b >= 0 && b < x.shape[2] {
				s += w[u*c.Kernel[1]+v] * x.data[((r*x.shape[0]+ch)*x.shape[1]+a)*x.shape[2]+b]
			}
		}
	}
	return s
}

func refDense(d arbench.Dense, x array, w, b, y []float64) {
	in, area := x.shape[0], x.area()
	for o := range y {
		r, k, at := o/area/d.Out, o/area%d.Out, o%area
		if b != nil {
			y[o] = b[k]
		}
		for i := range in {
			y[o] += w[k*in+i] * x.data[(r*in+i)*area+at]
		}
	}
}

func (r *reference) norm(op arbench.BatchNorm, x array, p func(string) []float64, y []float64, n int) {
	c := x.shape[0]
	area := arbench.Volume(x.shape) / c
	groups := r.groups
	if r.mode == arbench.Frozen || groups == nil {
		groups = []int{n}
	}
	mean, variance := make([]float64, c), make([]float64, c)
	lo := 0
	for _, g := range groups {
		copy(mean, p("running_mean"))
		copy(variance, p("running_var"))
		for k := range c {
			if r.mode != arbench.Frozen {
				mean[k], variance[k] = refMoments(x.data, lo, g, k, c, area)
			}
		}
		for i := lo * c * area; i < (lo+g)*c*area; i++ {
			k := i / area % c
			y[i] = p("weight")[k]*(x.data[i]-mean[k])/math.Sqrt(variance[k]+op.Eps) + p("bias")[k]
		}
		lo += g
	}
}

// refMoments returns the mean and the biased variance of channel k in g rows from lo.
func refMoments(x []float64, lo, g, k, c, area int) (mean, variance float64) {
	m := float64(g * area)
	each := func(f func(v float64)) {
		for r := lo; r < lo+g; r++ {
			for _, v := range x[(r*c+k)*area : (r*c+k+1)*area] {
				f(v)
			}
		}
	}
	each(func(v float64) { mean += v / m })
	each(func(v float64) { variance += (v - mean) * (v - mean) / m })
	return mean, variance
}

func refActivation(f arbench.Function, x float64) float64 {
	switch f {
	case arbench.ReLU:
		return math.Max(x, 0)
	case arbench.LeakyReLU:
		return math.Max(x, 0.01*x)
	case arbench.Softplus:
		return math.Log(1 + math.Exp(x))
	case arbench.SiLU:
		return x / (1 + math.Exp(-x))
	case arbench.GELU:
		return x * 0.5 * (1 + math.Erf(x/math.Sqrt2))
	case arbench.ELU:
		if x > 0 {
			return x
		}
		return math.Exp(x) - 1
	}
	return math.Tanh(x)
}

func refPool(size, stride, pad [2]int, largest bool, x array, y []float64, shape []int, n int) {
	h, w := x.shape[1], x.shape[2]
	for i := range n * shape[0] {
		for a := range shape[1] {
			for b := range shape[2] {
				top, s := math.Inf(-1), 0.0
				for u := range size[0] {
					for v := range size[1] {
						r, c := a*stride[0]+u-pad[0], b*stride[1]+v-pad[1]
						if r >= 0 && r < h && c >= 0 && c < w {
							top, s = math.Max(top, x.data[(i*h+r)*w+c]), s+x.data[(i*h+r)*w+c]
						}
					}
				}
				if !largest {
					top = s / float64(size[0]*size[1])
				}
				y[(i*shape[1]+a)*shape[2]+b] = top
			}
		}
	}
}

func refConcat(in []array, y []float64, n int) {
	o := 0
	for r := range n {
		for _, a := range in {
			d := arbench.Volume(a.shape)
			o += copy(y[o:], a.data[r*d:(r+1)*d])
		}
	}
}

func refShortcut(s arbench.ShortcutA, x array, y []float64, shape []int, n int) {
	before := (s.Out - x.shape[0]) / 2
	for r := range n {
		for c := range x.shape[0] {
			for i := range shape[1] {
				for j := range shape[2] {
					from := ((r*x.shape[0]+c)*x.shape[1]+i*s.Stride)*x.shape[2] + j*s.Stride
					y[((r*s.Out+before+c)*shape[1]+i)*shape[2]+j] = x.data[from]
				}
			}
		}
	}
}
