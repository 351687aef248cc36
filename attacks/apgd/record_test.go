package apgd

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/goal"
	"github.com/arbench/arbench/backends/gorgonia"
	"github.com/arbench/arbench/internal/golden"
)

// A recording is what a run of the reference stores; traces have a row for each step.
type recording struct {
	loss0      []float64
	loss, step [][]float64
	checks     []int // steps made at each checkpoint
	accSteps   []int
	searches   []*search
}

// record makes a run as Attack.run does, but from the given start and to the end for every image, and
// in L1 with the given numbers of changed pixels for each step, which are the reference's: it counts
// those that have changed by rounding alone.
func record(
	t *testing.T, tr arbench.Trial, loss goal.Func, start arbench.Tensor, phases []phase, counts [][]int,
) recording {
	t.Helper()
	rec := recording{accSteps: make([]int, tr.Len())}
	for r := range tr.Len() {
		s := newSearch(tr, r)
		copy(s.best, start.Row(r))
		rec.searches = append(rec.searches, s)
	}
	for _, p := range phases {
		before := len(rec.step)
		for i, s := range rec.searches {
			s.enter(p.radius, len(phases) > 1)
			if len(phases) > 1 {
				s.keep(counts[before][i])
			}
		}
		c := &ascent{
			t: tr, loss: loss, live: rec.searches, phase: p, rho: 0.75, window: firstWindow(tr.Norm, p.steps),
		}
		if err := c.pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		rec.count()
		rec.loss0 = rec.of(func(s *search) float64 { return s.most })
		for c.k < p.steps {
			rec.step = append(rec.step, rec.of(func(s *search) float64 { return s.eta }))
			if err := c.step(t.Context()); err != nil {
				t.Fatal(err)
			}
			rec.count()
			rec.loss = append(rec.loss, rec.of(func(s *search) float64 { return s.last }))
			if c.due() {
				rec.checks = append(rec.checks, c.k)
				for i, s := range rec.searches {
					if counts == nil || c.k == p.steps {
						s.check(c.window, c.rho)
					} else {
						rec.checkSparse(t, i, counts[before+c.k][i])
					}
				}
				c.turn()
			}
		}
	}
	return rec
}

// checkSparse is that of row i, for the reference's number of changed pixels, which ours is near.
func (r recording) checkSparse(t *testing.T, i, changed int) {
	t.Helper()
	s := r.searches[i]
	got, atStart := s.count(s.best), s.most == r.loss0[i]
	if got > changed+1 || got < changed-5 && !atStart {
		t.Errorf("row %d: %d pixels have changed after step %d, want %d", i, got, len(r.loss)-1, changed)
	}
	s.checkSparse(changed)
}

// count adds one point to those of images that no point broke yet.
func (r recording) count() {
	for i, s := range r.searches {
		if !s.broken {
			r.accSteps[i]++
		}
	}
}

func (r recording) of(f func(*search) float64) []float64 {
	var out []float64
	for _, s := range r.searches {
		out = append(out, f(s))
	}
	return out
}

func lossOf(tr arbench.Trial, f *golden.File, key, loss string) goal.Func {
	if loss == "dlrt" {
		return goal.Targeted(tr.Y, f.Ints(key+".y_target"), "dlr-targeted")
	}
	return goal.Untargeted(tr.Y, loss)
}

func trial(t *testing.T, m arbench.Model, b arbench.Batch, threat arbench.Threat) arbench.Trial {
	t.Helper()
	oracle := arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b, threat)
	return arbench.Trial{Model: oracle, Batch: b, Threat: threat}
}

func open(t *testing.T, name string) *golden.File {
	t.Helper()
	f, err := golden.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func examples(t *testing.T, data string, n int) arbench.Batch {
	t.Helper()
	b, err := golden.Examples(data, n)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// openNet opens a golden net on the CPU backend, convolutions direct.
func openNet(t *testing.T, name string) arbench.Model {
	t.Helper()
	spec, err := golden.Spec(name)
	if err != nil {
		t.Fatal(err)
	}
	spec.Batch, spec.Threads = 64, 2
	m, err := (&gorgonia.Backend{Numerics: "direct"}).Open(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
