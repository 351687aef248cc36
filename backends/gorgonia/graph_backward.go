package gorgonia

import (
	G "gorgonia.org/gorgonia"
)

// differentiate lets Gorgonia derive the backward pass from that of the blocks, and returns the nodes
// of the derivatives by the image and the parameters.
func (b *build) differentiate(inputs G.Nodes) (G.Nodes, error) {
	z := b.logits()
	b.takeGrad(z)
	seed := &op{name: "loss", out: matrix(z.grad, b.rows)}
	seed.do = b.guard(func() error { return b.seed() })
	dz, err := seed.apply(b.nodes[z])
	if err != nil {
		return nil, err
	}
	b.last = dz
	wrt := inputs
	if !b.purpose.dx {
		wrt = inputs[1:]
	}
	return G.Backpropagate(G.Nodes{b.nodes[z]}, G.Nodes{dz}, wrt)
}

// takeGrad gives a value the memory of its derivative. The backward pass has one order, see back, so
// memory that has served its value can serve another of the same layout.
func (b *build) takeGrad(v *value) {
	if v.grad != nil {
		return
	}
	key := scratchKey{layout: v.layout, channels: v.channels}
	if free := b.free[key]; len(free) > 0 {
		v.grad, b.free[key] = free[len(free)-1], free[:len(free)-1]
		return
	}
	v.grad = b.memory.floats((b.rows + 1) * v.size()) // a row more: see dense.blockGrad
}

// back adds the backward pass of a block, as one op that serves all inputs, and returns for each input
// a node that hands out its derivative. It is called in the order of the backward pass, which each
// op's input last holds Gorgonia to.
func (b *build) back(k block, inputs int, grad *G.Node) (G.Nodes, error) {
	b.chainGrad(k)
	o := &op{name: k.label() + " backward", out: mark(), do: b.guard(k.backward)}
	n, err := o.apply(grad, b.last)
	if err != nil {
		return nil, err
	}
	b.last = n
	return b.picks(k, inputs, n)
}

// chainGrad gives the inputs of a block the memory of their derivatives, and takes back that of its
// output's. It is called in the order of the backward pass.
func (b *build) chainGrad(k block) {
	f, _ := k.(*fused)
	lent := false
	b.shareWork(f)
	in := k.inputs()
	for j := range in {
		i := (j + 1) % len(in) // the first input comes last, see block
		v := in[i]
		if !v.active {
			continue
		}
		if b.lends(f, i) {
			v.grad, lent = k.output().grad, true
			f.lent = i
		}
		b.takeGrad(v)
		if v.started {
			k.accumulate(i)
		}
		v.started, v.last = true, nil
		if f != nil && f.linear != nil && i == 0 {
			v.last = f
		}
	}
	if v := k.output(); !b.purpose.plain && !lent {
		key := scratchKey{layout: v.layout, channels: v.channels}
		b.free[key] = append(b.free[key], v.grad)
	}
}

// lends reports that the derivative by a block's output can serve as that by residual i, whose values
// are the same: nobody has written that yet, nor changes the other any more.
func (b *build) lends(f *fused, i int) bool {
	if f == nil || i == 0 || f.lent > 0 || b.purpose.plain || f.pool != nil || f.rowwise() == nil {
		return false
	}
	v, times := f.in[i], 0
	for _, in := range f.in {
		if in == v {
			times++
		}
	}
	return v.grad == nil && !v.started && times == 1 && v.layout == f.out.layout && v.channels == f.out.channels
}

// shareWork leaves the derivative of a block's ReLU, and the sums over it that a normalization needs,
// to the linear layer behind it, which has the values in registers and caches, if there is one that
// completes the derivative by the block's output.
func (b *build) shareWork(f *fused) {
	if f == nil || f.pool != nil || f.out.last == nil || b.purpose.plain {
		return
	}
	if f.relu {
		f.masked, f.out.last.masks = true, true
	}
	if f.normalizes() && f.curve == nil && f.out.last.batch {
		f.adder, f.out.last.addsFor = f.out.last, f
	}
}

// picks returns the nodes that hand out the derivatives which a backward op has filled.
func (b *build) picks(k block, inputs int, from *G.Node) (G.Nodes, error) {
	var picks G.Nodes
	pick := func(o *op) error {
		n, err := o.apply(from)
		picks = append(picks, n)
		return err
	}
	for _, v := range k.inputs() {
		o := &op{name: k.label() + " by " + v.name, out: mark()}
		if v.active && !b.fork[v] {
			o.out = matrix(v.grad, b.rows)
		}
		if err := pick(o); err != nil {
			return nil, err
		}
	}
	if len(k.inputs()) == 0 {
		if err := pick(&op{name: "by image", out: mark()}); err != nil {
			return nil, err
		}
	}
	for _, p := range k.trained() {
		if len(picks) == inputs {
			break // a graph without derivatives in the parameters
		}
		if err := pick(&op{name: "by " + p.name, out: vector(p.g)}); err != nil {
			return nil, err
		}
	}
	return picks, nil
}

// addFork adds a node for a value that several blocks read. Their derivatives go into one memory,
// which the first sets and the others add to; what Gorgonia adds up are only marks.
func (b *build) addFork(v *value) error {
	b.fork[v] = true
	o := &op{name: v.name + " fork", out: matrix(v.data, b.rows), wants: []bool{v.active}}
	o.diff = func(grad *G.Node) (G.Nodes, error) {
		sum := &op{name: v.name + " gathered", out: matrix(v.grad, b.rows)}
		n, err := sum.apply(grad)
		return G.Nodes{n}, err
	}
	n, err := o.apply(b.nodes[v])
	if err == nil {
		b.nodes[v] = n
	}
	return err
}
