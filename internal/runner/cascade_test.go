package runner_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	_ "github.com/arbench/arbench/attacks/autoattack"
	"github.com/arbench/arbench/internal/runner"
)

// shown are the batches that a stage "test-witness" was given.
var shown struct {
	sync.Mutex
	ids [][]int
}

func init() { arbench.Attacks.Register("test-witness", func() arbench.Attack { return &witness{} }) }

// witness is an idle stage that remembers the examples it was given.
type witness struct{ idle }

func (witness) Perturb(_ context.Context, t arbench.Trial) (arbench.Tensor, error) {
	shown.Lock()
	defer shown.Unlock()
	shown.ids = append(shown.ids, slices.Clone(t.ID))
	return t.X.Clone(), nil
}

// TestStagesGetSurvivorsInFullBatches: of 400 examples a stage gets exactly those that the stage before it
// left, in order, in batches of 128 but for the last.
func TestStagesGetSurvivorsInFullBatches(t *testing.T) {
	shown.ids = nil
	_, _, got, _ := outcomes(t, `use = "autoattack"
version = "custom"
stages = ["ce", "look"]
own.ce = { use = "apgd", steps = 5 }
own.look = { use = "test-witness" }
`, runner.Options{Jobs: 1})
	// outcomes attacks two models; those of "at", whose outcome it returns, are the last.
	var want []int
	for i, stage := range got.Stage {
		if stage == 0 {
			want = append(want, got.ID[i])
		}
	}
	batches := (len(want) + 127) / 128
	if len(want) < 129 || len(want) == len(got.ID) {
		t.Fatalf("%d of %d examples are left: the test needs more than one batch, and fewer than all", len(want), len(got.ID))
	}
	last := shown.ids[len(shown.ids)-batches:]
	if diff := cmp.Diff(want, slices.Concat(last...)); diff != "" {
		t.Errorf("survivors (-want +got):\n%s", diff)
	}
	for i, ids := range last[:batches-1] {
		if len(ids) != 128 {
			t.Errorf("batch %d has %d examples, want 128", i, len(ids))
		}
	}
	if first, second := got.Stages[0], got.Stages[1]; first.Name != "ce" || second.Name != "look" ||
		first.Passes.Forward != total(got.Forward) || second.Passes != (arbench.Passes{}) {
		t.Errorf("stages %v, but %d passes forward in all", got.Stages, total(got.Forward))
	}
}

func total(v []int) int {
	n := 0
	for _, x := range v {
		n += x
	}
	return n
}

// TestCascadeDoesNotDependOnHowItIsRun: jobs and threads, a run in three parts, and a part of the
// examples, which makes other batches, change no example's stage, distance or passes.
func TestCascadeDoesNotDependOnHowItIsRun(t *testing.T) {
	p := planned(t, suiteText, staged...)
	want := contents(t, p, runner.Options{Jobs: 1, Threads: 1})
	if d := difference(want, contents(t, p, runner.Options{Jobs: 4, Threads: 3})); d != "" {
		t.Errorf("4 jobs of 3 threads: %s", d)
	}
	st := opened(t, t.TempDir())
	for i := 3; i > 0; i-- {
		run(t, st, runner.Shard(p, i, 3), runner.Options{})
	}
	if d := difference(want, read(t, st)); d != "" {
		t.Errorf("three parts: %s", d)
	}
	const extra = `use = "autoattack"
version = "custom"
stages = ["apgd-ce", "fab-t", "square"]
own.apgd-ce = { use = "apgd", steps = 3 }
own.square = { use = "square", queries = 50 }
`
	_, _, all, _ := outcomes(t, extra, runner.Options{})
	_, _, some, _ := outcomes(t, extra+"[evaluate.main]\nexamples = 150\n", runner.Options{})
	if some.Len() != 150 {
		t.Fatalf("%d examples, want 150", some.Len())
	}
	for i, id := range some.ID {
		j := slices.Index(all.ID, id)
		if some.Stage[i] != all.Stage[j] || some.Distance[i] != all.Distance[j] || some.Forward[i] != all.Forward[j] {
			t.Errorf("example %d: stage %d at %v after %d passes; among all examples stage %d at %v after %d", id,
				some.Stage[i], some.Distance[i], some.Forward[i], all.Stage[j], all.Distance[j], all.Forward[j])
		}
	}
}
