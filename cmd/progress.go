package cmd

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/runner"
)

// watch returns what shows the progress of a run of p on w, and what ends it: one line that is
// rewritten on a terminal, else a line for each event.
func watch(w io.Writer, p *plan.Plan) (tell func(runner.Event), end func()) {
	m := newMeter(p)
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		m.display = newBar(w)
	} else {
		m.display = newLines(w, 10*time.Second)
	}
	return m.tell, m.end
}

// A display shows progress.
type display interface {
	started(m *meter, w *work)
	advanced(m *meter, w *work)
	compiling(m *meter, w *work, program string)
	ended(m *meter, w *work, how string) // how is empty if the work went well
	end(m *meter, summary string)
}

// A work is a training or a cell.
type work struct {
	name       string
	size, done int64   // of passes through the net, estimated
	cells      []*work // of a training: those that need it
	from       int     // steps that an earlier run had done
	begun      time.Time
	moved      bool
	over       bool
}

// A meter knows how much of the work of a run is done.
type meter struct {
	display     display
	works       map[string]*work
	total, done int64 // of the work that is not in the store
	begun       time.Time

	kept, made, failed int
}

func newMeter(p *plan.Plan) *meter {
	m := &meter{works: map[string]*work{}, begun: time.Now()}
	trainings := map[*plan.Model]*work{}
	for _, model := range p.Models {
		if model.Given() {
			trainings[model] = &work{} // there is nothing to do
			continue
		}
		trainings[model] = m.add(arbench.Cell{Model: model.Name, Seed: model.Seed}, model.Passes())
	}
	for _, c := range p.All() {
		t := trainings[c.Model]
		t.cells = append(t.cells, m.add(c.Cell, max(c.Passes(), len(c.Examples))))
	}
	return m
}

// add enters a work of that many passes.
func (m *meter) add(c arbench.Cell, passes int) *work {
	w := &work{name: workName(c), size: max(int64(passes), 1)}
	m.works[w.name] = w
	m.total += w.size
	return w
}

// tell takes an event of the runner.
func (m *meter) tell(e runner.Event) {
	w := m.works[workName(e.Cell)]
	if w == nil || w.over {
		return
	}
	switch e.State {
	case runner.Started:
		w.begun = time.Now()
		m.display.started(m, w)
	case runner.Advanced:
		m.advance(w, e)
		m.display.advanced(m, w)
	case runner.Compiling:
		m.display.compiling(m, w, e.Program)
	case runner.Finished:
		m.made++
		m.move(w, w.size)
		m.close(w, "")
	case runner.Kept:
		m.kept++
		m.drop(w)
	case runner.Failed:
		m.failed++
		m.drop(w)
		for _, c := range w.cells {
			m.failed++
			m.drop(c)
		}
		m.close(w, "failed: "+oneLine(e.Err))
	}
}

// advance moves w to where e says it is. The steps of a training that an earlier run had taken do
// not count as work.
func (m *meter) advance(w *work, e runner.Event) {
	if e.Total <= 0 {
		return
	}
	if !w.moved && e.Cell.Kind == "" {
		w.from = min(max(e.Done-1, 0), e.Total-1)
		before := share(w.size, w.from, e.Total)
		w.size, m.total = w.size-before, m.total-before
	}
	w.moved = true
	m.move(w, max(w.done, share(w.size, min(e.Done, e.Total)-w.from, e.Total-w.from)))
}

// share returns part/whole of size, whose product with part an integer may not hold.
func share(size int64, part, whole int) int64 {
	return int64(float64(size) * (float64(part) / float64(whole)))
}

func (m *meter) move(w *work, to int64) {
	m.done += to - w.done
	w.done = to
}

// drop takes what is left of w out of the work of the run.
func (m *meter) drop(w *work) {
	if !w.over {
		m.total -= w.size - w.done
		w.size, w.over = w.done, true
	}
}

func (m *meter) close(w *work, how string) {
	w.over = true
	m.display.ended(m, w, how)
}

// left estimates the time to the end; 0 if there is nothing to go by.
func (m *meter) left() time.Duration {
	if m.done == 0 {
		return 0
	}
	spent := time.Since(m.begun)
	return time.Duration(float64(spent) * float64(m.total-m.done) / float64(m.done)).Round(time.Second)
}

func (m *meter) end() {
	m.display.end(m, fmt.Sprintf("%d trainings and cells: %d from the store, %d new, %d failed, in %s",
		len(m.works), m.kept, m.made, m.failed, seconds(time.Since(m.begun))))
}
