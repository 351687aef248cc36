package gorgonia

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A purpose says what a graph computes. There is one graph for each purpose a model is used for.
type purpose struct {
	batch   bool // normalizations use the statistics of the batch
	dx      bool // derivative in the images
	dparams bool // derivative in the parameters
	sweep   bool // a few rows at a time go through all blocks
	plain   bool // each layer is a block of its own, and its derivative is kept
}

// derives reports that there is a backward pass.
func (p purpose) derives() bool { return p.dx || p.dparams }

// A graph is a compiled Gorgonia graph for up to rows rows, with the memory it works in.
type graph struct {
	lowering
	purpose purpose
	rows    int
	program program
	sweep   *sweep // nil if each block is an op
	memory  arena

	// seed sets the derivative by the logits once they are there; the backward pass follows.
	seed func() error
	err  error // what stopped the last run
}

// newGraph compiles the graph of a purpose.
func newGraph(p *plan, e *engine, what purpose, rows int) (*graph, error) {
	g := layGraph(p, e, what, rows)
	if err := g.compile(); err != nil {
		return nil, fmt.Errorf("gorgonia: %w", err)
	}
	return g, nil
}

// compile makes the program of the blocks.
func (g *graph) compile() error {
	of, ends, err := g.express()
	if err == nil {
		g.program, err = newProgram(of, ends)
	}
	return err
}

// layGraph makes the blocks and their memory.
func layGraph(p *plan, e *engine, what purpose, rows int) *graph {
	g := &graph{purpose: what, rows: rows}
	g.lowering = lowering{plan: p, eng: e, pass: &pass{}, plain: what.plain, all: what.plain,
		batch: what.batch, fold: !what.batch && !what.dparams && !what.plain}
	if what.sweep {
		g.sweep = &sweep{size: rows / e.pool.Threads()}
	}
	g.lower()
	if !what.sweep {
		g.blocks[0].(*source).lend(g.blocks[1:])
	}
	g.activate()
	g.deferFinish()
	for _, b := range g.blocks {
		g.allocate(b)
	}
	return g
}

// activate finds the values whose derivative is wanted, and counts their readers.
func (g *graph) activate() {
	for _, b := range g.blocks {
		out := b.output()
		out.active = g.purpose.dx || g.purpose.dparams && len(b.trained()) > 0
		for _, v := range b.inputs() {
			v.readers++
			out.active = out.active || v.active
		}
		out.active = out.active && g.purpose.derives() && g.counts(b)
	}
}

// deferFinish leaves what follows the statistics of a batch to the next block, if that is a linear
// layer of the same rows which reads it. Other readers must come after that one, see inOrder.
func (g *graph) deferFinish() {
	for i, k := range g.blocks[1:] {
		b, ok := g.blocks[i].(*fused)
		next, also := k.(*fused)
		if ok && also && b.normalizes() && next.normalizes() && next.linear != nil && next.x() == b.out &&
			!g.purpose.plain {
			b.deferred, next.unfinished = true, b
			b.lean = b.simple() && b.out.readers == 1 && next.rowwise() != nil
		}
	}
}

// counts reports that the logits depend on a block.
func (g *graph) counts(b block) bool {
	for i, v := range g.values[1:] {
		if v == b.output() {
			return g.live[i]
		}
	}
	return true // the image
}

// allocate makes the memory of a block's output and its own.
func (g *graph) allocate(b block) {
	if s, ok := b.(*source); ok && s.lent {
		return
	}
	v := b.output()
	v.data = g.memory.floats(g.rows * v.size())
	if f, ok := b.(*fused); ok {
		f.allocate(&g.memory, g.rows, g.purpose.derives())
	}
}

// logits returns the value of the last layer.
func (g *graph) logits() *value { return g.values[len(g.values)-1] }

// prepare brings up to date what the linear layers derive from their weights.
func (g *graph) prepare(now versions) error {
	chores := make([][]func(), g.eng.pool.Threads())
	for _, b := range g.blocks {
		if f, ok := b.(*fused); ok && f.linear != nil {
			f.linear.prepare(now, f.fold, f.x().active, g.sweep != nil, chores)
		}
	}
	all := slices.Concat(chores...)
	return g.eng.pool.Do(len(all), func(_, i int) { all[i]() })
}

// run runs the program.
func (g *graph) run() error {
	g.err = nil
	err := g.program.run()
	g.seed = nil // it holds on to the call
	if g.err != nil {
		return g.err
	}
	return err
}

// build is the Gorgonia graph while it is made.
type build struct {
	*graph
	of     *G.ExprGraph
	image  *G.Node
	params map[*param]*G.Node
	nodes  map[*value]*G.Node // what readers of a value read
	fork   map[*value]bool    // values with several readers
	last   *G.Node            // the backward pass so far
	free   map[scratchKey][][]float32
}

// express makes the graph in Gorgonia, which differentiates it, and returns its ends.
func (g *graph) express() (of *G.ExprGraph, ends G.Nodes, err error) {
	b := &build{graph: g, of: G.NewGraph(), params: map[*param]*G.Node{},
		nodes: map[*value]*G.Node{}, fork: map[*value]bool{}, free: map[scratchKey][][]float32{}}
	b.image = b.input("image", mark())
	if g.sweep != nil {
		ends, err = b.addSweep()
	} else {
		ends, err = b.addBlocks()
	}
	return b.of, ends, err
}

// addBlocks adds all blocks and the way back through them.
func (b *build) addBlocks() (ends G.Nodes, err error) {
	for _, k := range b.blocks {
		if err := b.add(k); err != nil {
			return nil, err
		}
		if v := k.output(); v.readers == 0 {
			ends = append(ends, b.nodes[v])
		}
	}
	if !b.purpose.derives() || !b.logits().active {
		return ends, nil
	}
	inputs := G.Nodes{b.image}
	for _, p := range b.plan.params {
		if n, ok := b.params[p]; ok {
			inputs = append(inputs, n)
		}
	}
	grads, err := b.differentiate(inputs)
	return append(ends, grads...), err
}

// input adds a node that holds a value from outside.
func (b *build) input(name string, t *tensor.Dense) *G.Node {
	return G.NewTensor(b.of, tensor.Float32, t.Dims(), G.WithShape(t.Shape()...), G.WithName(name),
		G.WithValue(t))
}

// add adds the node of a block, and that of a fork if several blocks read its output.
func (b *build) add(k block) error {
	o := &op{name: k.label(), out: matrix(k.output().data, b.rows), block: k}
	o.do = b.guard(func() error {
		if b.pass.replay {
			return nil
		}
		return k.forward()
	})
	var in G.Nodes
	for _, v := range k.inputs() {
		in, o.wants = append(in, b.nodes[v]), append(o.wants, v.active)
	}
	if len(in) == 0 {
		in, o.wants = G.Nodes{b.image}, []bool{b.purpose.dx}
	}
	if b.purpose.dparams && k.output().active {
		for _, p := range k.trained() {
			b.params[p] = b.input(p.name, vector(p.w))
			in, o.wants = append(in, b.params[p]), append(o.wants, true)
		}
	}
	o.diff = func(grad *G.Node) (G.Nodes, error) { return b.back(k, len(in), grad) }
	n, err := o.apply(in...)
	if err != nil {
		return err
	}
	b.nodes[k.output()] = n
	if k.output().readers > 1 {
		return b.addFork(k.output())
	}
	return nil
}

// guard keeps the error of a block, which Gorgonia wraps in the program's text.
func (b *build) guard(do func() error) func() error {
	g := b.graph
	return func() error {
		err := do()
		if err != nil && g.err == nil {
			g.err = err
		}
		return err
	}
}
