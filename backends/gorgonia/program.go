package gorgonia

import G "gorgonia.org/gorgonia"

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
	return p, nil
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
