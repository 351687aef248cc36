package cmd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/suite"
)

// tiny returns the plan of testdata/tiny.toml: two trainings with four cells each.
func tiny(t *testing.T) *plan.Plan {
	t.Helper()
	b, err := os.ReadFile("testdata/tiny.toml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := suite.Parse("tiny.toml", b, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.New(context.Background(), s, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// started returns a meter whose display writes to out.
func started(t *testing.T, d display) (m *meter, p *plan.Plan, whole int64) {
	p = tiny(t)
	m = newMeter(p)
	m.display = d
	return m, p, m.total
}

func training(p *plan.Plan, i int) arbench.Cell {
	return arbench.Cell{Model: p.Models[i].Name, Seed: p.Models[i].Seed}
}

func TestMeterLeavesOutWhatTheStoreHas(t *testing.T) {
	m, p, whole := started(t, newLines(io.Discard, 0))
	size := m.works[workName(training(p, 0))].size
	m.tell(runner.Event{Cell: training(p, 0), State: runner.Kept})
	if m.total != whole-size || m.done != 0 || size <= 0 {
		t.Errorf("%d of %d done, want 0 of %d", m.done, m.total, whole-size)
	}
}

// The tiny suite's first model takes 2 epochs of 8 steps. A training that goes on at step 13 has 4 of
// 16 steps to take, of which the first is done: a quarter.
func TestMeterDoesNotCountTheStepsOfAnEarlierRun(t *testing.T) {
	m, p, whole := started(t, newLines(io.Discard, 0))
	w := m.works[workName(training(p, 0))]
	size := w.size
	m.tell(runner.Event{Cell: training(p, 0), State: runner.Started})
	m.tell(runner.Event{Cell: training(p, 0), State: runner.Advanced, Done: 13, Total: 16})
	if w.size != size/4 || w.done != size/16 || m.total != whole-size*3/4 {
		t.Errorf("%d of %d done in a run of %d, want %d of %d in %d",
			w.done, w.size, m.total, size/16, size/4, whole-size*3/4)
	}
	m.tell(runner.Event{Cell: training(p, 0), State: runner.Advanced, Done: 16, Total: 16})
	if w.done != w.size {
		t.Errorf("%d of %d done after the last step", w.done, w.size)
	}
}

func TestMeterEndsWithAllWorkDone(t *testing.T) {
	m, p, _ := started(t, newLines(io.Discard, 0))
	m.tell(runner.Event{Cell: training(p, 0), State: runner.Failed, Err: errors.New("lost")})
	m.tell(runner.Event{Cell: training(p, 1), State: runner.Started})
	m.tell(runner.Event{Cell: training(p, 1), State: runner.Advanced, Done: 5, Total: 24})
	m.tell(runner.Event{Cell: training(p, 1), State: runner.Finished})
	for _, c := range p.Cells {
		if c.Model != p.Models[1] {
			continue
		}
		m.tell(runner.Event{Cell: c.Cell, State: runner.Started})
		m.tell(runner.Event{Cell: c.Cell, State: runner.Advanced, Done: 128, Total: 400})
		m.tell(runner.Event{Cell: c.Cell, State: runner.Finished})
	}
	if m.done != m.total || m.total == 0 {
		t.Errorf("%d of %d done", m.done, m.total)
	}
	if m.made != 5 || m.failed != 5 || m.kept != 0 { // a training and its four cells each
		t.Errorf("%d made, %d failed, %d kept, want 5, 5, 0", m.made, m.failed, m.kept)
	}
}

func TestBarShowsTheWorkUnderWayAndKeepsFailures(t *testing.T) {
	var out bytes.Buffer
	m, p, _ := started(t, newBar(&out))
	for i := range p.Models {
		m.tell(runner.Event{Cell: training(p, i), State: runner.Started})
	}
	m.tell(runner.Event{Cell: training(p, 0), State: runner.Failed, Err: errors.New("first\nsecond")})
	m.end()
	shown := out.String()
	for _, want := range []string{
		"training of standard (seed 0)", "%",
		"\x1b[2K\rarbench: training of standard (seed 0): failed: first; second\n",
		"\x1b[2K\rarbench: 10 trainings and cells: 0 from the store, 0 new, 5 failed, in ",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %q in %q", want, shown)
		}
	}
}

func TestLinesTellHowFarLongWorkIs(t *testing.T) {
	var often, seldom bytes.Buffer
	for _, l := range []*lines{newLines(&often, 0), newLines(&seldom, time.Hour)} {
		m, p, _ := started(t, l)
		m.tell(runner.Event{Cell: training(p, 0), State: runner.Started})
		m.tell(runner.Event{Cell: training(p, 0), State: runner.Advanced, Done: 1, Total: 16})
		m.tell(runner.Event{Cell: training(p, 0), State: runner.Advanced, Done: 8, Total: 16})
	}
	if want := "training of standard (seed 0): 50 %; everything: "; !strings.Contains(often.String(), want) {
		t.Errorf("no %q in %q", want, &often)
	}
	if want := "arbench: training of standard (seed 0): started\n"; seldom.String() != want {
		t.Errorf("got %q, want %q", &seldom, want)
	}
}

func TestShellQuotesWhatAShellWouldChange(t *testing.T) {
	for word, want := range map[string]string{
		"a/b.toml": "a/b.toml", "": "''", "models=*": "'models=*'", "it's": `'it'\''s'`, "a b": "'a b'",
		"recipe.epochs=3": "recipe.epochs=3", "~": "'~'", "ü": "'ü'",
	} {
		if got := shell(word); got != want {
			t.Errorf("%q became %s, want %s", word, got, want)
		}
	}
}

func TestProgressSaysWhatIsCompiled(t *testing.T) {
	for name, d := range map[string]func(io.Writer) display{
		"lines": func(w io.Writer) display { return newLines(w, time.Hour) },
		"bar":   func(w io.Writer) display { return newBar(w) },
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			m, p, _ := started(t, d(&out))
			c := training(p, 0)
			m.tell(runner.Event{Cell: c, State: runner.Started})
			time.Sleep(150 * time.Millisecond) // a bar is not drawn more often
			m.tell(runner.Event{Cell: c, State: runner.Compiling, Program: "pass of 64 rows"})
			if want := workName(c) + ": compiling pass of 64 rows"; !strings.Contains(out.String(), want) {
				t.Errorf("got %q, want %q in it", out.String(), want)
			}
		})
	}
}
