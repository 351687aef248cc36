package probe

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/arbench/arbench"
	"gonum.org/v1/gonum/stat"
)

// image names the input of the net among layers.
const image = ""

// A watch sees how far the outputs of layers move from images to their neighbours.
type watch struct {
	layers []string            // to report, in the order of the net
	inputs map[string][]string // of each of them: the layers it reads
	visit  []string            // both, in the order of the net
	scale  []float64           // by which the net multiplies each channel of the image
	count  int                 // neighbours of an image

	size  map[string][]float64   // of a layer: ‖I(x)‖₂ for each example
	moved map[string][][]float64 // of a layer and a neighbour: D for each example
	shift [][]float64            // of a neighbour: ‖x′ - x‖₂ for each example
}

// newWatch returns a watch of the named layers of n, or of the usual ones if there are none, for
// images with count neighbours.
func newWatch(n *arbench.Network, layers []string, count int) (*watch, error) {
	w := &watch{
		inputs: map[string][]string{}, count: count,
		size: map[string][]float64{}, moved: map[string][][]float64{}, shift: make([][]float64, count),
	}
	known := map[string]bool{}
	for i, l := range n.Layers {
		known[l.Name] = true
		if chosen := slices.Contains(layers, l.Name); !chosen && (len(layers) > 0 || !usual(n, i)) {
			continue
		}
		w.layers = append(w.layers, l.Name)
		from, err := n.Inputs(i)
		if err != nil {
			return nil, err
		}
		for _, j := range from {
			name := image
			if j >= 0 {
				name = n.Layers[j].Name
			}
			w.inputs[l.Name] = append(w.inputs[l.Name], name)
		}
	}
	for _, name := range layers {
		if !known[name] {
			return nil, fmt.Errorf("layers: the net has no layer %q: it has %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
	}
	for _, l := range n.Layers {
		if slices.Contains(w.layers, l.Name) || w.feeds(l.Name) {
			w.visit = append(w.visit, l.Name)
		}
	}
	w.scale = make([]float64, n.Input[0])
	for c := range w.scale {
		w.scale[c] = 1
		if n.Normalize != nil {
			w.scale[c] = 1 / n.Normalize.Std[c]
		}
	}
	return w, nil
}

// usual reports whether layer i of n is looked at if no layers are named: convolutions, dense layers
// and activations, and what gives the logits.
func usual(n *arbench.Network, i int) bool {
	_, activation := n.Layers[i].Op.(arbench.Activation)
	return activation || linear(n.Layers[i].Op) || i == len(n.Layers)-1
}

// feeds reports whether a reported layer reads the named one.
func (w *watch) feeds(name string) bool {
	for _, l := range w.layers {
		if slices.Contains(w.inputs[l], name) {
			return true
		}
	}
	return false
}

// see puts images, and a batch of neighbours of each kind, through the model.
func (w *watch) see(
	ctx context.Context, m arbench.Observable, x arbench.Tensor, near []arbench.Tensor,
) error {
	n := x.Len()
	for k, y := range near {
		for i := range n {
			w.shift[k] = append(w.shift[k], apart(x.Row(i), y.Row(i)))
		}
	}
	w.enter(image, w.scaled(x), func(k int) arbench.Tensor { return w.scaled(near[k]) })
	all := arbench.JoinRows(append([]arbench.Tensor{x}, near...)...)
	return m.Visit(ctx, all, w.visit, func(layer string, a arbench.Tensor) error {
		w.enter(layer, a.Rows(0, n), func(k int) arbench.Tensor { return a.Rows((k+1)*n, (k+2)*n) })
		return nil
	})
}

// enter adds what a layer gives for some images, and for their k-th neighbours.
func (w *watch) enter(layer string, a arbench.Tensor, near func(k int) arbench.Tensor) {
	if w.moved[layer] == nil {
		w.moved[layer] = make([][]float64, w.count)
	}
	for i := range a.Len() {
		w.size[layer] = append(w.size[layer], arbench.L2.Of(a.Row(i)))
	}
	for k := range w.count {
		b := near(k)
		for i := range a.Len() {
			w.moved[layer][k] = append(w.moved[layer][k], apart(a.Row(i), b.Row(i)))
		}
	}
}

// scaled returns images as the net normalizes them, but for the means, which distances lack.
func (w *watch) scaled(x arbench.Tensor) arbench.Tensor {
	out := x.Clone()
	for i := range out.Len() {
		row := out.Row(i)
		pixels := len(row) / len(w.scale)
		for j := range row {
			row[j] *= float32(w.scale[j/pixels])
		}
	}
	return out
}

// apart returns ‖a - b‖₂.
func apart(a, b []float32) float64 {
	s := 0.0
	for j := range a {
		d := float64(a[j]) - float64(b[j])
		s += d * d
	}
	return math.Sqrt(s)
}

// changes holds, for one layer and one neighbour, the four changes of each example.
type changes struct{ absolute, relative, gain, local []float64 }

// changes returns what the k-th neighbour did to a layer's output.
func (w *watch) changes(layer string, k int) changes {
	c := changes{absolute: w.moved[layer][k]}
	for i, d := range c.absolute {
		in := 0.0
		for _, name := range w.inputs[layer] {
			in = math.Hypot(in, w.moved[name][k][i])
		}
		c.relative = append(c.relative, d/w.size[layer][i])
		c.gain = append(c.gain, d/w.shift[k][i])
		c.local = append(c.local, d/in)
	}
	return c
}

// spread returns, for each example, the standard deviation over the mean of how far a layer's output
// moves to the neighbours from number first on.
func (w *watch) spread(layer string, first int) []float64 {
	v := make([]float64, len(w.size[layer]))
	for i := range v {
		var d []float64
		for _, moved := range w.moved[layer][first:] {
			d = append(d, moved[i])
		}
		mean, std := stat.MeanStdDev(d, nil)
		v[i] = std / mean
	}
	return v
}
