package runner_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/record"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/store"
)

// A child of the tests runs the suite in the store that this variable names.
const child = "ARBENCH_TEST_STORE"

func TestMain(m *testing.M) {
	dir := os.Getenv(child)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := work(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// lasting makes a run long enough to be killed inside.
var lasting = []string{"recipe.epochs=12", "dataset.training=2000", "dataset.tests=2500"}

// deeper is the suite on a net with batch normalization, and a training with everything that has a
// state: momentum, augmentation, a part of clean examples, the best epoch.
var deeper = append([]string{
	`backend={ use = "gorgonia" }`, `recipe.arch={ use = "mlp", hidden = [16], batch_norm = true }`,
	`recipe.optimizer={ use = "sgd", momentum = 0.9, decay = 1e-3 }`, `recipe.augment=["crop"]`,
	"dataset.validation=100", "models.at.regularizers.at.mix=0.3",
}, lasting...)

// staged is the suite with the stages of AutoAttack that two classes allow, in the place of its attack.
var staged = append([]string{`attacks.pgd={ use = "autoattack", version = "custom", stages = ["ce", "fab-t", "square"], ` +
	`own.ce = { use = "apgd", steps = 3 }, own.fab-t = { use = "fab-t", steps = 4 }, ` +
	`own.square = { use = "square", queries = 60 } }`}, "recipe.epochs=2", "dataset.training=200", "dataset.tests=700")

// changes are those of the suite by the name of the kind of run; the child finds it in a variable.
var changes = map[string][]string{"linear": lasting, "gorgonia": deeper, "cascade": staged}

func work(dir string) error {
	p := planned(new(testing.B), suiteText, changes[os.Getenv(child+"_KIND")]...)
	st, err := store.Open(dir)
	if err != nil {
		return err
	}
	failures, err := runner.Run(context.Background(), st, p, runner.Options{Every: time.Nanosecond})
	if len(failures) > 0 {
		return fmt.Errorf("failures: %v", failures)
	}
	return err
}

// weights returns the parameters that st holds of m.
func weights(t testing.TB, st *store.Store, m *plan.Model) []arbench.Param {
	t.Helper()
	b, ok, err := st.Get(m.ID, "weights")
	if err != nil || !ok {
		t.Fatalf("weights of %s: %v, %v", m.Name, ok, err)
	}
	ps, err := record.DecodeParams(b, m.Network)
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

// read returns every record of st that a finished run leaves and that holds no time, and reads
// every other one too.
func read(t testing.TB, st *store.Store) map[string][]byte {
	t.Helper()
	stats, err := st.Stats()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for kind := range stats {
		for id, err := range st.List(kind) {
			if err != nil {
				t.Fatal(err)
			}
			b, ok, err := st.Get(id, kind)
			if err != nil || !ok {
				t.Fatalf("record %s %s: %v, %v", id, kind, ok, err)
			}
			switch kind {
			case "weights", "best", "outcome", "candidates", "probe":
				out[id+" "+kind] = b
			}
		}
	}
	return out
}

// contents returns what a run leaves in a new store.
func contents(t testing.TB, p *plan.Plan, o runner.Options) map[string][]byte {
	t.Helper()
	st := opened(t, t.TempDir())
	run(t, st, p, o)
	return read(t, st)
}

// difference says where two stores differ.
func difference(want, got map[string][]byte) string {
	keys := slices.Sorted(maps.Keys(want))
	if have := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, have) {
		return fmt.Sprintf("%d records, want %d", len(have), len(keys))
	}
	for _, k := range keys {
		if !bytes.Equal(want[k], got[k]) {
			return "record " + k + " differs"
		}
	}
	return ""
}

func command(dir string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), child+"="+dir)
	c.Stderr = os.Stderr
	return c
}

// Runs are killed at twenty random moments or more, in trainings and in attacks, until a kill left each of what
// is wanted. After each, every record that can be found is whole. A run that comes to its end leaves the same
// bytes as an undisturbed one, however often it was killed before.
func TestKilledRunsEndWithTheSameBits(t *testing.T) {
	for name, set := range changes {
		t.Run(name, func(t *testing.T) {
			t.Setenv(child+"_KIND", name)
			wanted := []string{"checkpoint", "part"}
			if name == "cascade" {
				wanted = []string{"part inside a stage after the first", "part between stages"}
			}
			found := killed(t, contents(t, planned(t, suiteText, set...), runner.Options{}), wanted)
			for _, what := range wanted {
				if found[what] == 0 {
					t.Errorf("found %v: no kill left a %s", found, what)
				}
			}
		})
	}
}

// killed kills runs of a child until one has come to its end and what is wanted was found, within reason; it
// returns how often it found what.
func killed(t *testing.T, want map[string][]byte, wanted []string) map[string]int {
	t.Helper()
	start := time.Now()
	if err := command(t.TempDir()).Run(); err != nil {
		t.Fatal(err)
	}
	whole := int64(time.Since(start))
	r := arbench.KeyedRand(uint64(time.Now().UnixNano()), "kill")
	dir, found, killed, ended := t.TempDir(), map[string]int{}, 0, 0
	enough := func() bool {
		missing := slices.ContainsFunc(wanted, func(what string) bool { return found[what] == 0 })
		return killed >= 20 && !missing || killed >= 200
	}
	for !enough() || ended == 0 {
		c := command(dir)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		after := time.Hour
		if !enough() {
			after = time.Duration(r.Int64N(whole))
		}
		timer := time.AfterFunc(after, func() { c.Process.Kill() })
		err := c.Wait()
		timer.Stop()
		switch {
		case err == nil:
			ended++
			if d := difference(want, read(t, opened(t, dir))); d != "" {
				t.Error(d)
			}
			dir = t.TempDir()
		case c.ProcessState.ExitCode() > 0:
			t.Fatal(err)
		default:
			killed++
			read(t, opened(t, dir))
			stats, err := opened(t, dir).Stats()
			if err != nil {
				t.Fatal(err)
			}
			found["checkpoint"] += stats["checkpoint"].Records
			found["part"] += stats["part"].Records
			stages(t, opened(t, dir), found)
		}
	}
	t.Logf("20 killed, %d ended; checkpoints and parts of attacks found: %v", ended, found)
	return found
}

// stages counts the parts of cascades in st by where they are.
func stages(t *testing.T, st *store.Store, found map[string]int) {
	t.Helper()
	for id, err := range st.List("part") {
		if err != nil {
			t.Fatal(err)
		}
		b, _, err := st.Get(id, "part")
		if err != nil {
			t.Fatal(err)
		}
		p, err := record.DecodePart(b)
		if err != nil {
			t.Fatal(err)
		}
		left := 0
		for _, stage := range p.Outcome.Stage {
			if stage == 0 || stage == p.Stage+1 {
				left++
			}
		}
		switch {
		case p.Outcome.Stages == nil:
		case p.Done == left:
			found["part between stages"]++
		case p.Stage > 0 && p.Done > 0:
			found["part inside a stage after the first"]++
		}
	}
}

// Two processes on one store share the work, and both end with all of it.
func TestTwoProcessesShareAStore(t *testing.T) {
	for name, set := range changes {
		t.Run(name, func(t *testing.T) {
			t.Setenv(child+"_KIND", name)
			want := contents(t, planned(t, suiteText, set...), runner.Options{})
			dir := t.TempDir()
			a, b := command(dir), command(dir)
			if err := a.Start(); err != nil {
				t.Fatal(err)
			}
			if err := b.Run(); err != nil {
				t.Error(err)
			}
			if err := a.Wait(); err != nil {
				t.Error(err)
			}
			if d := difference(want, read(t, opened(t, dir))); d != "" {
				t.Error(d)
			}
		})
	}
}
