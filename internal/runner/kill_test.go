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

func work(dir string) error {
	set := lasting
	if os.Getenv(child+"_DEEPER") != "" {
		set = deeper
	}
	p := planned(new(testing.B), suiteText, set...)
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

// Runs are killed at twenty random moments, in trainings and in attacks. After each, every record
// that can be found is whole. A run that comes to its end leaves the same bytes as an undisturbed
// one, however often it was killed before.
func TestKilledRunsEndWithTheSameBits(t *testing.T) {
	for name, set := range map[string][]string{"linear": lasting, "gorgonia": deeper} {
		t.Run(name, func(t *testing.T) {
			if name == "gorgonia" {
				t.Setenv(child+"_DEEPER", "1")
			}
			killed(t, contents(t, planned(t, suiteText, set...), runner.Options{}))
		})
	}
}

// killed kills runs of a child until one has come to its end.
func killed(t *testing.T, want map[string][]byte) {
	t.Helper()
	start := time.Now()
	if err := command(t.TempDir()).Run(); err != nil {
		t.Fatal(err)
	}
	whole := int64(time.Since(start))
	r := arbench.KeyedRand(uint64(time.Now().UnixNano()), "kill")
	dir, found, killed, ended := t.TempDir(), map[string]int{}, 0, 0
	for killed < 20 || ended == 0 {
		c := command(dir)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		after := time.Hour
		if killed < 20 {
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
		}
	}
	t.Logf("20 killed, %d ended; checkpoints and parts of attacks found: %v", ended, found)
	if found["checkpoint"] == 0 || found["part"] == 0 {
		t.Errorf("found %v: no kill inside a training, or none inside an attack", found)
	}
}

// Two processes on one store share the work, and both end with all of it.
func TestTwoProcessesShareAStore(t *testing.T) {
	p := planned(t, suiteText, lasting...)
	want := contents(t, p, runner.Options{})
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
}
