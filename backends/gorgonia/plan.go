package gorgonia

import (
	"fmt"
	"slices"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// A plan is what all graphs of a model share: the net, how the outputs of its layers lie in memory,
// and its parameters. Layer -1 is the image; slices of values start with it.
type plan struct {
	net      *arbench.Network
	winograd bool    // convolutions go by Winograd's algorithm where that pays
	shapes   [][]int // of layers
	inputs   [][]int // of each layer: the layers that it reads
	readers  [][]int // of each value (layer + 1): the layers that read it and count
	live     []bool  // layers that the logits depend on
	lazy     []bool  // Flatten layers that keep the order of the image, see findLazy
	layouts  []kernel.Layout
	linears  []*linear // by layer; nil for others
	norms    []*norm   // by layer; nil for others
	rowOps   []rowOp   // by layer; nil for others
	params   []*param  // in the order of the net
	byName   map[string]*param
}

// newPlan lays out the net and takes the given parameters, which must fit. With byWinograd,
// convolutions go by Winograd's algorithm where that pays.
func newPlan(net *arbench.Network, values []arbench.Param, byWinograd bool) (*plan, error) {
	shapes, err := net.Shapes()
	if err != nil {
		return nil, err
	}
	p := &plan{net: net, shapes: shapes, winograd: byWinograd, byName: map[string]*param{}}
	if err := p.connect(); err != nil {
		return nil, err
	}
	if err := p.layOut(); err != nil {
		return nil, err
	}
	return p, p.load(values)
}

// connect finds who reads whom.
func (p *plan) connect() error {
	n := len(p.net.Layers)
	p.inputs, p.readers, p.live = make([][]int, n), make([][]int, n+1), make([]bool, n)
	for i := range n {
		in, err := p.net.Inputs(i)
		if err != nil {
			return err
		}
		p.inputs[i] = in
	}
	p.live[n-1] = true
	for i := n - 1; i >= 0; i-- {
		for _, j := range p.inputs[i] {
			if p.live[i] {
				p.readers[j+1] = append(p.readers[j+1], i)
			}
			if j >= 0 {
				p.live[j] = p.live[j] || p.live[i]
			}
		}
	}
	return nil
}

// shape returns the shape of layer i, or of the image.
func (p *plan) shape(i int) []int {
	if i < 0 {
		return p.net.Input
	}
	return p.shapes[i]
}

// channels returns the channels of layer i, or the features of a vector.
func (p *plan) channels(i int) int { return p.shape(i)[0] }

// layOut chooses the layouts: what only changes values one by one keeps the layout, and all values
// so connected have the halo that any of the convolutions around wants.
func (p *plan) layOut() error {
	n := len(p.net.Layers) + 1
	p.layouts = make([]kernel.Layout, n)
	for v := range n {
		p.layouts[v] = p.bare(v - 1)
	}
	class := p.classes()
	join := func(v int, l kernel.Layout) {
		p.layouts[class[v]] = p.layouts[class[v]].Union(l)
	}
	for i, l := range p.net.Layers {
		g, ok := p.geometry(i)
		if !ok {
			continue
		}
		if err := g.Validate(); err != nil {
			return fmt.Errorf("layer %q: %w", l.Name, err)
		}
		if g.groups > 1 {
			continue // works on copies
		}
		x, y := g.Layouts()
		if p.byWinograd(g) {
			x, y = g.WinogradLayouts()
		}
		join(p.inputs[i][0]+1, x)
		join(i+1, y)
	}
	for v := range n {
		p.layouts[v] = p.layouts[class[v]]
	}
	p.findLazy()
	return nil
}

// findLazy finds the Flatten layers whose output only dense layers read and whose input has neither
// halo nor padding: the weights of those dense layers can have the order of the image, so that
// nothing has to be moved.
func (p *plan) findLazy() {
	p.lazy = make([]bool, len(p.net.Layers))
	for i, l := range p.net.Layers {
		if _, ok := l.Op.(arbench.Flatten); !ok || i == len(p.net.Layers)-1 || p.inputs[i][0] < 0 {
			continue
		}
		x := p.layouts[p.inputs[i][0]+1]
		p.lazy[i] = x.PadH == 0 && x.PadW == 0 && x.C == p.channels(p.inputs[i][0])
		for j, in := range p.inputs {
			if _, dense := p.net.Layers[j].Op.(arbench.Dense); slices.Contains(in, i) && !dense {
				p.lazy[i] = false
			}
		}
	}
}

// order returns the place in memory of feature f of a vector that layer i gives, the image being -1.
func (p *plan) order(i int) func(f int) int {
	if i < 0 || !p.lazy[i] {
		return func(f int) int { return f }
	}
	s := p.shape(p.inputs[i][0])
	area := s[1] * s[2]
	return func(f int) int { return f%area*s[0] + f/area }
}

// bare returns the layout of layer i without a halo. The image has as many channels as it has if
// only convolutions read it.
func (p *plan) bare(i int) kernel.Layout {
	s := p.shape(i)
	if len(s) == 1 {
		return kernel.Layout{H: 1, W: 1, C: kernel.Up16(s[0])}
	}
	l := kernel.Layout{H: s[1], W: s[2], C: kernel.Up16(s[0])}
	narrow := i < 0 && s[0] < 16
	for j, in := range p.inputs {
		_, conv := p.net.Layers[j].Op.(arbench.Conv)
		narrow = narrow && (conv || !slices.Contains(in, -1))
	}
	if narrow {
		l.C = s[0]
	}
	return l
}

// classes returns for each value the first of those that share its layout.
func (p *plan) classes() []int {
	class := make([]int, len(p.net.Layers)+1)
	for v := range class {
		class[v] = v
	}
	for i, l := range p.net.Layers {
		switch l.Op.(type) {
		case arbench.BatchNorm, arbench.Activation, arbench.Add:
			for _, j := range p.inputs[i] {
				a, b := class[i+1], class[j+1]
				for v := range class {
					if class[v] == a || class[v] == b {
						class[v] = min(a, b)
					}
				}
			}
		}
	}
	return class
}

// A geometry is a convolution as the kernels have it, all groups in one.
type geometry struct {
	kernel.Geometry
	groups int
}

// geometry returns the convolution of layer i; false for other layers. A dense layer on an image is a
// convolution of single pixels.
func (p *plan) geometry(i int) (geometry, bool) {
	in := p.shape(p.inputs[i][0])
	var c arbench.Conv
	switch op := p.net.Layers[i].Op.(type) {
	case arbench.Conv:
		c = op
	case arbench.Dense:
		c = arbench.Conv{Out: op.Out, Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}}
	}
	if c.Out == 0 || len(in) != 3 {
		return geometry{}, false
	}
	g := kernel.Geometry{H: in[1], W: in[2], C: in[0], K: c.Out,
		KernelH: c.Kernel[0], KernelW: c.Kernel[1], StrideH: c.Stride[0], StrideW: c.Stride[1],
		PadH: c.Pad[0], PadW: c.Pad[1], DilationH: c.Dilation[0], DilationW: c.Dilation[1]}
	return geometry{g, c.GroupCount()}, true
}
