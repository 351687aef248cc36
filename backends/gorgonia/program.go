package gorgonia

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// A program is the ops of a graph in the order in which Gorgonia's tape would run them. It runs in the
// goroutine of its caller; the tape starts one of its own, which is bound to a thread: two changes of
// thread a run, as much as a fifth of a pass through a small net.
type program []*op

// newProgram returns the program of what the ends of a graph need.
func newProgram(of *G.ExprGraph, ends G.Nodes) (program, error) {
	sorted, err := G.Sort(of.ExactSubgraphRoots(ends...)) // ends first
	if err != nil {
		return nil, err
	}
	var p program
	for i := len(sorted) - 1; i >= 0; i-- {
		// Others are inputs, and sums of marks where derivatives meet.
		if o, ok := sorted[i].Op().(*op); ok && o.do != nil {
			p = append(p, o)
		}
	}
	return p, p.inOrder()
}

// inOrder refuses a program in which a block reads what no block has finished, see deferFinish: no edge
// of the graph but only the order in which Gorgonia sorts it lets the block that finishes come first.
func (p program) inOrder() error {
	unfinished := map[*value]bool{}
	for _, o := range p {
		if o.block == nil {
			continue
		}
		f, ok := o.block.(*fused)
		if ok && f.unfinished != nil {
			delete(unfinished, f.unfinished.out)
		}
		for _, v := range o.block.inputs() {
			if unfinished[v] {
				return fmt.Errorf("block %q comes before the one that finishes %q, which it reads", o.name, v.name)
			}
		}
		if ok && f.deferred {
			unfinished[f.out] = true
		}
	}
	return nil
}

// run runs all ops, up to the first error.
func (p program) run() error {
	for _, o := range p {
		if _, err := o.Do(); err != nil {
			return err
		}
	}
	return nil
}
