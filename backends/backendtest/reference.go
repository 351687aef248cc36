package backendtest

import (
	"fmt"
	"math"
	"strings"

	"github.com/arbench/arbench"
)

// A reference computes a net in float64, one formula of the vocabulary after the other.
type reference struct {
	net    *arbench.Network
	shapes [][]int
	params map[string][]float64
}

func newReference(n *arbench.Network, ps []arbench.Param) (*reference, error) {
	shapes, err := n.Shapes()
	if err != nil {
		return nil, err
	}
	r := &reference{n, shapes, map[string][]float64{}}
	for _, p := range ps {
		r.params[p.Name] = wide(p.Value.Data)
	}
	return r, nil
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// rows returns the rows of x in float64.
func rows(x arbench.Tensor) [][]float64 {
	out := make([][]float64, x.Len())
	for i := range out {
		out[i] = wide(x.Row(i))
	}
	return out
}

// run returns the output of each layer for each image. In a mode of batch statistics all rows are one
// group; BatchUpdate moves the running statistics.
func (r *reference) run(x [][]float64, mode arbench.Mode) ([][][]float64, error) {
	image := r.normalize(x)
	out := make([][][]float64, len(r.net.Layers))
	for i, l := range r.net.Layers {
		from, err := r.net.Inputs(i)
		if err != nil {
			return nil, err
		}
		in, shapes := make([][][]float64, len(from)), make([][]int, len(from))
		for k, j := range from {
			in[k], shapes[k] = image, r.net.Input
			if j >= 0 {
				in[k], shapes[k] = out[j], r.shapes[j]
			}
		}
		if bn, ok := l.Op.(arbench.BatchNorm); ok {
			out[i] = r.batchNorm(l.Name, bn, in[0], shapes[0][0], mode)
			continue
		}
		for row := range x {
			args := make([][]float64, len(in))
			for k := range in {
				args[k] = in[k][row]
			}
			y, err := r.layer(l, args, shapes, r.shapes[i])
			if err != nil {
				return nil, err
			}
			out[i] = append(out[i], y)
		}
	}
	return out, nil
}

// logits returns the last layer's output for each image.
func (r *reference) logits(x [][]float64, mode arbench.Mode) ([][]float64, error) {
	out, err := r.run(x, mode)
	if err != nil {
		return nil, err
	}
	return out[len(out)-1], nil
}

func (r *reference) normalize(x [][]float64) [][]float64 {
	z := r.net.Normalize
	if z == nil {
		return x
	}
	out, area := make([][]float64, len(x)), r.net.Input[1]*r.net.Input[2]
	for i, row := range x {
		out[i] = make([]float64, len(row))
		for j, v := range row {
			out[i][j] = (v - z.Mean[j/area]) / z.Std[j/area]
		}
	}
	return out
}

// layer computes one layer, other than batch normalization, for one image.
func (r *reference) layer(l arbench.Layer, in [][]float64, shapes [][]int, out []int) ([]float64, error) {
	switch op := l.Op.(type) {
	case arbench.Conv:
		return conv(op, in[0], shapes[0], out, r.params[l.Name+".weight"], r.params[l.Name+".bias"]), nil
	case arbench.Dense:
		return dense(in[0], shapes[0][0], out[0], r.params[l.Name+".weight"], r.params[l.Name+".bias"]), nil
	case arbench.Activation:
		return apply(in[0], function(op.Function)), nil
	case arbench.MaxPool:
		return pool(in[0], shapes[0], out, op.Kernel, op.Stride, op.Pad, true), nil
	case arbench.AvgPool:
		return pool(in[0], shapes[0], out, op.Kernel, op.Stride, op.Pad, false), nil
	case arbench.GlobalAvgPool:
		whole := [2]int{shapes[0][1], shapes[0][2]}
		return pool(in[0], shapes[0], []int{out[0], 1, 1}, whole, [2]int{1, 1}, [2]int{}, false), nil
	case arbench.Flatten:
		return in[0], nil
	case arbench.Add:
		return sum(in), nil
	case arbench.Concat:
		var y []float64
		for _, x := range in {
			y = append(y, x...)
		}
		return y, nil
	case arbench.ShortcutA:
		return shortcut(op, in[0], shapes[0], out), nil
	case arbench.LayerNorm:
		return layerNorm(op, in[0], out[0], r.params[l.Name+".weight"], r.params[l.Name+".bias"]), nil
	case arbench.Attention:
		return attention(op, in[0], out[0]), nil
	case arbench.ClassToken:
		return classToken(in[0], r.params[l.Name]), nil
	case arbench.Position:
		return position(in[0], r.params[l.Name], out[0]), nil
	case arbench.FirstToken:
		return tokens(in[0], out[0])[0], nil
	}
	return nil, fmt.Errorf("layer %q: the reference does not know %q", l.Name, l.Op.Kind())
}

// batchNorm normalizes each of the given number of channels over all rows.
func (r *reference) batchNorm(
	name string, op arbench.BatchNorm, x [][]float64, channels int, mode arbench.Mode,
) [][]float64 {
	scale, shift := r.params[name+".weight"], r.params[name+".bias"]
	means, vars := r.params[name+".running_mean"], r.params[name+".running_var"]
	area := len(x[0]) / channels
	out := make([][]float64, len(x))
	for i := range x {
		out[i] = make([]float64, len(x[i]))
	}
	for c := range channels {
		mean, variance := means[c], vars[c]
		if mode != arbench.Frozen {
			mean, variance = moments(x, c*area, (c+1)*area)
		}
		if n := float64(len(x) * area); mode == arbench.BatchUpdate {
			means[c] += op.Momentum * (mean - means[c])
			vars[c] += op.Momentum * (variance*n/(n-1) - vars[c])
		}
		for i := range x {
			for j := c * area; j < (c+1)*area; j++ {
				out[i][j] = scale[c]*(x[i][j]-mean)/math.Sqrt(variance+op.Eps) + shift[c]
			}
		}
	}
	return out
}

// moments returns the mean and the biased variance of columns from to to-1.
func moments(x [][]float64, from, to int) (mean, variance float64) {
	n := float64(len(x) * (to - from))
	for _, row := range x {
		for _, v := range row[from:to] {
			mean += v / n
		}
	}
	for _, row := range x {
		for _, v := range row[from:to] {
			variance += (v - mean) * (v - mean) / n
		}
	}
	return mean, variance
}

// statistics returns the running statistics of the net, in the order of its parameters.
func (r *reference) statistics(ps []arbench.Param) (names []string, values [][]float64) {
	for _, p := range ps {
		if strings.Contains(p.Name, ".running_") {
			names, values = append(names, p.Name), append(values, r.params[p.Name])
		}
	}
	return names, values
}

// crossEntropy returns -ln softmax(z)[y] of each row.
func crossEntropy(z [][]float64, y []int) []float64 {
	values := make([]float64, len(z))
	for i, row := range z {
		s := 0.0
		for _, v := range row {
			s += math.Exp(v - row[y[i]])
		}
		values[i] = math.Log(s)
	}
	return values
}
