package gorgonia

import (
	"fmt"
	"strings"
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

// A block whose statistics the next one finishes is read by others only after that.
func TestProgramsFinishBeforeTheyRead(t *testing.T) {
	net := &arbench.Network{Input: []int{2, 5, 5}}
	net.Add("conv1", convOf(4, 3, 1, 1))
	x := net.Add("bn1", bn())
	net.Add("conv2", convOf(4, 3, 1, 1), x)
	y := net.Add("bn2", bn())
	net.Add("conv3", convOf(4, 3, 1, 1), x)
	z := net.Add("bn3", bn())
	net.Add("add", arbench.Add{}, y, z)
	net.Add("pool", arbench.GlobalAvgPool{})
	m := newTrial(t, net, 2, arbench.KeyedRand(78)).model(t, 1)
	lay := func() *graph { return layGraph(m.plan, m.eng, purpose{batch: true, dx: true, dparams: true}, 2) }
	g := lay()
	if err := g.compile(); err != nil {
		t.Fatal(err)
	}
	var first, second *fused // readers of conv1 and bn1, in the order of the program
	for _, o := range g.program {
		if f, ok := o.block.(*fused); ok && f.name != "bn1" && f.x() == g.values[2] {
			first, second = second, f
		}
	}
	if first == nil || second == nil || first.unfinished == nil || second.unfinished != nil {
		t.Fatal("want two readers, the first of which finishes what both read")
	}
	other := lay()
	for i, k := range g.blocks {
		switch k {
		case block(first):
			other.blocks[i].(*fused).unfinished = nil
		case block(second):
			other.blocks[i].(*fused).unfinished = other.blocks[1].(*fused)
		}
	}
	want := `comes before the one that finishes "bn1", which it reads`
	if err := other.compile(); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}
