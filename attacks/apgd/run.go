package apgd

import (
	"context"
	"math"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/goal"
)

// A phase is a number of steps in a ball.
type phase struct {
	radius float64 // as a multiple of eps
	steps  int
}

// phases returns what a run consists of: Croce & Hein 2021, section 3.3, or all steps in the ball of
// the threat.
func (a *Attack) phases(n arbench.Norm) []phase {
	if n != arbench.L1 || !a.Schedule || a.Steps < 3 {
		return []phase{{1, a.Steps}}
	}
	part := min(int(math.Ceil(0.3*float64(a.Steps))), (a.Steps-1)/2) // leave one for the last, of 4 too
	return []phase{{3, part}, {2, part}, {1, a.Steps - 2*part}}
}

// run climbs the loss for the given rows, from the random starts of run number n.
func (a *Attack) run(
	ctx context.Context, t arbench.Trial, loss goal.Func, rows []int, n int,
) ([]*search, error) {
	phases := a.phases(t.Norm)
	searches := make([]*search, len(rows))
	arbench.EachRow(len(rows), arbench.Volume(t.X.Shape[1:]), func(i int) {
		r := rows[i]
		searches[i] = newSearch(t, r)
		if a.Compat {
			searches[i].least = 0
		}
		searches[i].start(t.Rand(r, "apgd "+a.Loss, n), phases[0].radius)
	})
	// No two passes of a trial have the same key, and that of a pass does not depend on the batch.
	passes := 1 + n*(a.Steps+len(phases))
	for i, p := range phases {
		for _, s := range searches {
			s.enter(p.radius, len(phases) > 1)
		}
		c := &ascent{
			t: t, loss: loss, live: searches, key: uint64(passes * a.EOT), keys: uint64(a.EOT), phase: p,
			rho: a.Rho, exit: a.EarlyExit && i == len(phases)-1, window: firstWindow(t.Norm, p.steps),
		}
		if err := c.pass(ctx); err != nil {
			return nil, err
		}
		for c.k < p.steps && len(c.live) > 0 {
			if err := c.step(ctx); err != nil {
				return nil, err
			}
			if c.due() {
				c.each(func(s *search) { s.check(c.window, c.rho) })
				c.turn()
			}
		}
		passes += p.steps + 1
	}
	return searches, nil
}

// An ascent takes searches through a phase in step with each other, so that they share passes.
type ascent struct {
	t         arbench.Trial
	loss      goal.Func
	live      []*search
	key, keys uint64 // of the next pass, and how many each takes
	rho       float64
	exit      bool // searches leave at the first misclassified point

	phase
	k      int // steps made
	window int // steps between the last checkpoint and the next
	since  int // steps made after the last checkpoint
}

// firstWindow returns the number of steps before the first checkpoint of a phase of so many.
func firstWindow(n arbench.Norm, steps int) int {
	if n == arbench.L1 {
		return max(int(0.04*float64(steps)), 1)
	}
	return max(int(0.22*float64(steps)), 1)
}

// step makes one step of each search.
func (c *ascent) step(ctx context.Context) error {
	c.each(func(s *search) { s.move(c.k == 0) })
	c.k++
	c.since++
	return c.pass(ctx)
}

// due reports whether this is a checkpoint.
func (c *ascent) due() bool { return c.since == c.window }

// turn begins the steps until the next checkpoint.
func (c *ascent) turn() {
	if c.since = 0; c.t.Norm != arbench.L1 {
		n := float64(c.steps)
		c.window = max(c.window-max(int(0.03*n), 1), max(int(0.06*n), 1))
	}
}

// pass asks the model about the point of each search, and lets those leave that are done.
func (c *ascent) pass(ctx context.Context) error {
	shape := append([]int{len(c.live)}, c.t.X.Shape[1:]...)
	x, rows := arbench.NewTensor(shape...), make([]int, len(c.live))
	for i, s := range c.live {
		copy(x.Row(i), s.x)
		rows[i] = s.row
	}
	call := arbench.Call{X: x, Rows: rows, Losses: []arbench.Loss{c.loss(rows)}, Key: c.key}
	if c.k < c.steps {
		call.Want = arbench.DX
	}
	c.key += c.keys
	p, err := c.t.Model.Run(ctx, call)
	if err != nil {
		return err
	}
	var left []*search
	for i, s := range c.live {
		if call.Want == arbench.DX {
			copy(s.g, p.DX[0].Row(i))
			finite(s.g)
		}
		s.see(p.Values[0][i], c.k == 0)
		if s.radius == 1 && arbench.Argmax(p.Logits.Row(i)) != c.t.Y[s.row] {
			s.broken = true
			copy(s.hit, s.x)
		}
		if !(c.exit && s.broken) {
			left = append(left, s)
		}
	}
	c.live = left
	return nil
}

// each calls f for every search, on several goroutines if that is worth it.
func (c *ascent) each(f func(*search)) {
	arbench.EachRow(len(c.live), arbench.Volume(c.t.X.Shape[1:]), func(i int) { f(c.live[i]) })
}
