package gorgonia

import (
	"cmp"
	"slices"
	"strings"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// A lowering turns the layers of a plan into blocks, in an order in which they can be computed.
type lowering struct {
	*plan
	eng  *engine
	pass *pass

	plain bool // each layer is a block: the reference
	all   bool // with the layers that the logits do not depend on
	batch bool // normalizations use the statistics of the batch
	fold  bool // or they are folded into the layer before them, where that can be

	values []*value // by layer + 1; nil inside a block
	blocks []block
	norms  []*normState
}

// A chain is a run of layers that one fused block computes.
type chain struct {
	layers    []int
	residuals []int // layers that its sum adds
}

func (c chain) last() int { return c.layers[len(c.layers)-1] }

// lower makes the blocks and the values between them.
func (l *lowering) lower() {
	l.values = make([]*value, len(l.net.Layers)+1)
	var chains []chain
	taken := make([]bool, len(l.net.Layers))
	flat := l.flatImage()
	for i := range l.net.Layers {
		if taken[i] || !l.live[i] && !l.all || i == flat || l.lazy[i] && !l.plain {
			continue
		}
		c := l.chainFrom(i, taken)
		for _, j := range c.layers {
			taken[j] = true
		}
		chains = append(chains, c)
	}
	slices.SortStableFunc(chains, func(a, b chain) int { return cmp.Compare(a.last(), b.last()) })
	l.source(flat)
	for _, c := range chains {
		l.block(c)
	}
}

// flatImage returns the Flatten that alone reads the image, -2 if there is none.
func (l *lowering) flatImage() int {
	if r := l.readers[0]; !l.plain && len(r) == 1 {
		if _, ok := l.net.Layers[r[0]].Op.(arbench.Flatten); ok {
			return r[0]
		}
	}
	return -2
}

// source makes the block of the image, which may do the work of a Flatten as well.
func (l *lowering) source(flat int) {
	at := max(flat, -1)
	out := l.value(at)
	l.blocks = append(l.blocks, newSource(l.eng, l.pass, out, l.net.Input, l.net.Normalize, at >= 0))
}

// value makes the value of layer i.
func (l *lowering) value(i int) *value {
	v := &value{name: "image", layout: l.layouts[i+1], channels: l.channels(i)}
	if i >= 0 {
		v.name = l.net.Layers[i].Name
	}
	l.values[i+1] = v
	return v
}

// stage returns the place of a layer in a fused block, -1 for layers that are none.
func stage(op arbench.Op) int {
	switch op.(type) {
	case arbench.Conv, arbench.Dense:
		return 0
	case arbench.BatchNorm:
		return 1
	case arbench.Add:
		return 2
	case arbench.Activation:
		return 3
	case arbench.MaxPool, arbench.AvgPool:
		return 4
	}
	return -1
}

// adds reports that layer i is a sum.
func (l *lowering) adds(i int) bool {
	_, ok := l.net.Layers[i].Op.(arbench.Add)
	return ok
}

// chainFrom returns layer i with the layers after it that fit into its block and are not taken.
func (l *lowering) chainFrom(i int, taken []bool) chain {
	c := chain{layers: []int{i}}
	if l.adds(i) {
		c.residuals = l.inputs[i][1:]
	}
	for !l.plain && stage(l.net.Layers[i].Op) >= 0 {
		r := l.readers[i+1]
		if len(r) != 1 || taken[r[0]] || stage(l.net.Layers[r[0]].Op) <= stage(l.net.Layers[i].Op) {
			break
		}
		if l.adds(r[0]) {
			c.residuals = slices.DeleteFunc(slices.Clone(l.inputs[r[0]]), func(j int) bool { return j == i })
		}
		i = r[0]
		c.layers = append(c.layers, i)
	}
	return c
}

// input returns the value of a layer for those that read it: of a lazy Flatten, its input.
func (l *lowering) input(i int) *value {
	if i >= 0 && l.lazy[i] && !l.plain {
		return l.input(l.inputs[i][0])
	}
	return l.values[i+1]
}

// block makes the block of a chain.
func (l *lowering) block(c chain) {
	first := c.layers[0]
	in := []*value{l.input(l.inputs[first][0])}
	if op := l.rowOps[first]; op != nil {
		l.blocks = append(l.blocks, newRowBlock(l.eng, l.pass, op, in[0], l.value(first)))
		return
	}
	if op := l.net.Layers[first].Op; stage(op) < 0 {
		in = in[:0]
		for _, j := range l.inputs[first] {
			in = append(in, l.input(j))
		}
		m := &move{eng: l.eng, pass: l.pass, in: in, added: make([]bool, len(in)), out: l.value(first)}
		m.bind(op, l.lazy[first])
		l.blocks = append(l.blocks, m)
		return
	}
	for _, j := range c.residuals {
		in = append(in, l.input(j))
	}
	l.blocks = append(l.blocks, l.fused(c, in))
}

// fused makes a fused block of a chain.
func (l *lowering) fused(c chain, in []*value) *fused {
	b := &fused{eng: l.eng, pass: l.pass, in: in, added: make([]bool, len(in)), batch: l.batch}
	var names []string
	for _, i := range c.layers {
		names = append(names, l.net.Layers[i].Name)
		switch op := l.net.Layers[i].Op.(type) {
		case arbench.Conv, arbench.Dense:
			b.linear = l.linears[i]
		case arbench.BatchNorm:
			l.normalize(b, l.plan.norms[i])
		case arbench.Activation:
			b.relu, b.curve = activationOf(op.Function)
		case arbench.MaxPool:
			b.pool = &pooling{poolingOf(op.Kernel, op.Stride, op.Pad), false}
		case arbench.AvgPool:
			b.pool = &pooling{poolingOf(op.Kernel, op.Stride, op.Pad), true}
		}
	}
	b.name = strings.Join(names, "+")
	before := c.last() // the layer whose output the pooling reads
	if b.pool != nil {
		before = l.inputs[before][0]
	}
	b.layout, b.channels = l.layouts[before+1], l.channels(before)
	b.out = l.value(c.last())
	return b
}

// normalize gives a block its normalization, folded if there is something to fold it into.
func (l *lowering) normalize(b *fused, n *norm) {
	if b.linear != nil && l.fold {
		b.linear.norm, b.fold = n, true
		return
	}
	b.norm = &normState{norm: n}
	l.norms = append(l.norms, b.norm)
}

func poolingOf(size, stride, pad [2]int) kernel.Pooling {
	return kernel.Pooling{KernelH: size[0], KernelW: size[1], StrideH: stride[0], StrideW: stride[1],
		PadH: pad[0], PadW: pad[1]}
}
