package square

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/arbench/arbench"
)

// script is a model of three classes that gives one image its answers in turn, the last one for good, and
// keeps what it was asked.
type script struct {
	shape   []int
	answers [][]float32
	seen    [][]float32
}

func (m *script) Info() arbench.ModelInfo {
	return arbench.ModelInfo{Shape: m.shape, Classes: 3, Access: arbench.Scores}
}

func (m *script) Run(_ context.Context, c arbench.Call) (arbench.Pass, error) {
	z := m.answers[min(len(m.seen), len(m.answers)-1)]
	m.seen = append(m.seen, slices.Clone(c.X.Data))
	return arbench.Pass{Logits: arbench.Tensor{Shape: []int{1, 3}, Data: slices.Clone(z)}}, nil
}

// attack puts a to a gray image of class 0 and of the given id and returns its candidate.
func (m *script) attack(t *testing.T, a *Attack, norm arbench.Norm, id int) []float32 {
	t.Helper()
	b := arbench.Batch{X: arbench.NewTensor(append([]int{1}, m.shape...)...), Y: []int{0}, ID: []int{id}}
	for j := range b.X.Data {
		b.X.Data[j] = 0.5
	}
	threat := arbench.Threat{Norm: norm, Eps: 0.1}
	o := arbench.NewOracle(m, arbench.Scores, arbench.Frozen, b, threat)
	return perturb(t, a, arbench.Trial{Model: o, Batch: b, Threat: threat}).Data
}

// TestABrokenPointIsKept: it is the candidate although its cross-entropy, 0.74, is less than that of the
// correct point before it, 1.03.
func TestABrokenPointIsKept(t *testing.T) {
	m := &script{shape: []int{1, 4, 4}, answers: [][]float32{{5, 0, 0}, {1, 0.9, 0.9}, {0, 0.1, -9}}}
	x := m.attack(t, &Attack{Queries: 50, P: 0.1, Restarts: 2, Loss: "ce"}, arbench.L2, 3)
	if len(m.seen) != 3 || !slices.Equal(x, m.seen[2]) {
		t.Errorf("after %d answers the candidate is %v, want the third point, %v", len(m.seen), x, m.seen[2])
	}
}

// TestAnAnswerFollowsNaN: a start without an answer is worse than any point with one.
func TestAnAnswerFollowsNaN(t *testing.T) {
	nan := float32(math.NaN())
	m := &script{shape: []int{1, 4, 4}, answers: [][]float32{{9, 0, 0}, {nan, 0, 0}, {8, 0, 0}, {10, 0, 0}}}
	x := m.attack(t, &Attack{Queries: 10, P: 0.1, Restarts: 1, Loss: "margin"}, arbench.L2, 3)
	if !slices.Equal(x, m.seen[2]) {
		t.Errorf("the candidate is %v, want the first point with an answer, %v", x, m.seen[2])
	}
}

// TestRestartsDiffer: each restart has a start and a first square of its own.
func TestRestartsDiffer(t *testing.T) {
	for _, norm := range norms {
		m := &script{shape: []int{1, 9, 9}, answers: [][]float32{{1, 0, 0}}}
		m.attack(t, &Attack{Queries: 1, P: 0.1, Restarts: 2, Loss: "margin"}, norm, 3)
		if len(m.seen) != 5 { // none of these squares changes nothing
			t.Fatalf("%s: %d queries, want 5", norm, len(m.seen))
		}
		if slices.Equal(m.seen[1], m.seen[3]) || slices.Equal(m.seen[2], m.seen[4]) {
			t.Errorf("%s: the second restart is the first one again", norm)
		}
	}
}

// TestAsksNothingTwice: of a pixel that is at one end of the ball half of the proposals in Linf leave it
// there. Those are not asked about: of 400 five standard deviations are 50.
func TestAsksNothingTwice(t *testing.T) {
	m := &script{shape: []int{1, 1, 1}, answers: [][]float32{{1, 0, 0}}}
	m.attack(t, &Attack{Queries: 400, P: 0.8, Restarts: 1, Loss: "margin"}, arbench.Linf, 3)
	if n := len(m.seen) - 2; n < 150 || n > 250 {
		t.Errorf("%d of 400 proposals were asked about, want about 200", n)
	}
	for _, x := range m.seen[2:] {
		if slices.Equal(x, m.seen[1]) {
			t.Fatal("the start was asked about again")
		}
	}
}
