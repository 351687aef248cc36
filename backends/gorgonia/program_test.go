package gorgonia

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	G "gorgonia.org/gorgonia"

	"github.com/arbench/arbench"
)

// The same graph on Gorgonia's tape gives the same bits: logits, derivatives by the images and the
// parameters, and running statistics.
func TestProgramsAgreeWithTheTape(t *testing.T) {
	nets := smallNets()
	for i := range 5 {
		nets[fmt.Sprintf("random %d", i)] = randomNet(arbench.KeyedRand(76, i))
	}
	for name, net := range nets {
		t.Run(name, func(t *testing.T) {
			c := newTrial(t, net, 6, arbench.KeyedRand(77, name))
			call := arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(c.coef)},
				Want: arbench.DX | arbench.DParams, Mode: arbench.BatchUpdate}
			var passes []arbench.Pass
			var params [][]arbench.Param
			for _, byTape := range []bool{false, true} {
				m := c.model(t, 2)
				if byTape {
					useTape(t, m, call)
				}
				passes = append(passes, run(t, m, call))
				ps, err := m.Params(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				params = append(params, ps)
			}
			if diff := cmp.Diff(passes[0], passes[1]); diff != "" {
				t.Errorf("pass (-program +tape):\n%.2000s", diff)
			}
			if diff := cmp.Diff(params[0], params[1]); diff != "" {
				t.Errorf("parameters (-program +tape):\n%.2000s", diff)
			}
		})
	}
}

// useTape makes the graph that serves a call run on Gorgonia's tape.
func useTape(t *testing.T, m *Model, c arbench.Call) {
	t.Helper()
	r := m.newRound(c)
	what := purpose{batch: r.hasNorms(), dx: true, dparams: r.trains()}
	g := layGraph(m.plan, m.eng, what, r.n)
	of, ends, err := g.express()
	if err != nil {
		t.Fatal(err)
	}
	prog, at, err := G.Compile(of.ExactSubgraphRoots(ends...))
	if err != nil {
		t.Fatal(err)
	}
	tape := G.NewTapeMachine(of, G.WithPrecompiled(prog, at))
	g.program = program{{name: "tape", out: mark(), do: tape.RunAll}}
	m.graphs[what] = g
}
