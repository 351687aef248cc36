package runner_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/runner"
)

func TestAccuracyUnderPGDEqualsTheClosedForm(t *testing.T) {
	p, st := planned(t, suiteText), opened(t, t.TempDir())
	r := run(t, st, p, runner.Options{})
	for _, m := range p.Models {
		params := weights(t, st, m)
		w, b := params[0].Value, params[1].Value.Data
		diff := make([]float32, 16)
		for j := range diff {
			diff[j] = w.Row(1)[j] - w.Row(0)[j]
		}
		bias := float64(b[1]) - float64(b[0])
		for kind, eps := range map[arbench.Kind]float64{arbench.CleanCell: 0, arbench.AttackCell: 0.02} {
			q := find(t, r, arbench.Cell{Kind: kind, Model: m.Name, Seed: m.Seed, Split: arbench.Test}, "accuracy")
			want := closedForm(diff, bias, eps)
			if want < q.Lo || want > q.Hi || q.N != 4000 {
				t.Errorf("%s seed %d, eps %v: closed form %.2f %%, measured %.2f [%.2f, %.2f] n=%d",
					m.Name, m.Seed, eps, want, q.Value, q.Lo, q.Hi, q.N)
			}
			if want := onSample(diff, bias, eps); math.Abs(q.Value-want) > 1e-9 {
				t.Errorf("%s seed %d, eps %v: measured %v %%, but %v %% of these very examples hold",
					m.Name, m.Seed, eps, q.Value, want)
			}
			if kind == arbench.AttackCell && (want > 95 || want < 20) {
				t.Errorf("the closed form is %.2f %%: too near an end to tell attacks apart", want)
			}
		}
	}
}

func TestRunKeepsWhatTheStoreHas(t *testing.T) {
	p, st := planned(t, suiteText, "dataset.tests=200"), opened(t, t.TempDir())
	run(t, st, p, runner.Options{})
	states := map[runner.State]int{}
	run(t, st, p, runner.Options{Watch: func(e runner.Event) { states[e.State]++ }})
	if want := len(p.Models) + len(p.Cells); states[runner.Kept] != want || len(states) != 1 {
		t.Errorf("states of a second run %v, want %d kept", states, want)
	}
}

func TestJobsAndThreadsChangeNoBit(t *testing.T) {
	p := planned(t, suiteText, "dataset.tests=300")
	want := contents(t, p, runner.Options{Jobs: 1, Threads: 1})
	for _, o := range []runner.Options{{Jobs: 4, Threads: 2}, {Jobs: 2, Every: time.Nanosecond}} {
		if d := difference(want, contents(t, p, o)); d != "" {
			t.Errorf("%+v: %s", o, d)
		}
	}
}

func TestAFailingTrainingCostsNoOther(t *testing.T) {
	text := suiteText + "\n[models.wild]\nschedule = { use = \"constant\", rate = 1e38 }\n"
	p, st := planned(t, text, "dataset.tests=200"), opened(t, t.TempDir())
	failures, err := runner.Run(context.Background(), st, p, runner.Options{})
	if err != nil || len(failures) != 2 {
		t.Fatalf("failures %v, error %v; want one for each seed", failures, err)
	}
	if f := failures[0]; f.Cell.Model != "wild" || !strings.Contains(f.Error, "diverged") {
		t.Errorf("failure %+v, want the diverged training of wild", f)
	}
	r, err := runner.Collect(st, p)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Models) != 4 || len(r.Failures) != 2 || !strings.Contains(r.Failures[1].Error, "diverged") {
		t.Errorf("%d models and failures %v; want 4, and why 2 failed", len(r.Models), r.Failures)
	}
	find(t, r, arbench.Cell{Kind: arbench.AttackCell, Model: "at", Seed: 1, Split: arbench.Test}, "accuracy")
}

func TestCollectOfAnEmptyStoreListsWhatIsMissing(t *testing.T) {
	dir := t.TempDir() + "/none"
	p := planned(t, suiteText)
	r, err := runner.Collect(opened(t, dir), p)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Failures) != len(p.Models) || !strings.Contains(r.Failures[0].Error, "not measured yet") {
		t.Errorf("failures %v", r.Failures)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("reading made the store")
	}
}

func TestRunStopsWhenCancelledAndGoesOn(t *testing.T) {
	p := planned(t, suiteText, "dataset.tests=600")
	want := contents(t, p, runner.Options{})
	dir := t.TempDir()
	for at := 3; at < 60; at += 8 {
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		_, err := runner.Run(ctx, opened(t, dir), p, runner.Options{
			Every: time.Nanosecond,
			Watch: func(e runner.Event) {
				if e.State == runner.Advanced {
					if n++; n == at {
						cancel()
					}
				}
			},
		})
		cancel()
		if err != nil && err != context.Canceled {
			t.Fatal(err)
		}
	}
	run(t, opened(t, dir), p, runner.Options{})
	if d := difference(want, read(t, opened(t, dir))); d != "" {
		t.Error(d)
	}
}

// What the message about a damaged record says to do helps, for every kind of record.
func TestADamagedRecordCanBeDeleted(t *testing.T) {
	p := planned(t, suiteText, "dataset.tests=200", "dataset.validation=50", "seeds.train=[0]")
	dir := t.TempDir()
	run(t, opened(t, dir), p, runner.Options{})
	want := read(t, opened(t, dir))
	kinds := []string{"weights", "best", "training", "outcome"}
	file := map[string]string{} // one of each, before other questions add theirs
	for _, kind := range kinds {
		files, err := filepath.Glob(filepath.Join(dir, "*", "*."+kind))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", kind, files, err)
		}
		file[kind] = files[0]
	}
	for _, kind := range kinds {
		if err := os.Truncate(file[kind], 60); err != nil {
			t.Fatal(err)
		}
		again := p
		if kind == "weights" || kind == "best" { // they are read only when there is something to do
			again = planned(t, suiteText, "dataset.tests=200", "dataset.validation=50", "seeds.train=[0]",
				"attacks.pgd.steps=3", fmt.Sprintf("evaluate.main={ checkpoint = %q }", map[string]string{"weights": "last", "best": "best"}[kind]))
		}
		failures, err := runner.Run(context.Background(), opened(t, dir), again, runner.Options{})
		if err == nil && len(failures) == 0 {
			r, err := runner.Collect(opened(t, dir), again)
			if err != nil || len(r.Failures) == 0 {
				t.Errorf("%s: a damaged record went unnoticed (%v)", kind, err)
			}
		} else if !strings.Contains(fmt.Sprint(failures, err), "delete it") {
			t.Errorf("%s: %v, %v do not say what to do", kind, failures, err)
		}
		if err := os.Remove(file[kind]); err != nil {
			t.Fatal(err)
		}
		run(t, opened(t, dir), p, runner.Options{})
		got := read(t, opened(t, dir))
		for k := range want {
			if !bytes.Equal(want[k], got[k]) {
				t.Errorf("after the %s were made again, record %s differs", kind, k)
			}
		}
	}
}

func TestACompleteStoreNeedsNoWriting(t *testing.T) {
	p := planned(t, suiteText, "dataset.tests=200", "seeds.train=[0]")
	dir := t.TempDir()
	run(t, opened(t, dir), p, runner.Options{})
	if err := os.RemoveAll(filepath.Join(dir, "locks")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "locks"), nil, 0o444); err != nil { // no lock can be taken
		t.Fatal(err)
	}
	run(t, opened(t, dir), p, runner.Options{})
}
