package runner_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/store"
)

// Made up ids of questions.
const idA, idB = "00112233445566aa", "00112233445566bb"

// holding returns a store with the given records, "id.kind" and their data.
func holding(t *testing.T, name string, records map[string]string) runner.Source {
	t.Helper()
	st := opened(t, t.TempDir())
	for record, data := range records {
		id, kind, _ := strings.Cut(record, ".")
		if err := st.Put(id, kind, []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	return runner.Source{Name: name, Store: st}
}

// held returns all records of a store, as holding takes them.
func held(t *testing.T, st *store.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for r, err := range st.Records() {
		if err != nil {
			t.Fatal(err)
		}
		b, _, err := st.Get(r.ID, r.Kind)
		if err != nil {
			t.Fatal(err)
		}
		out[r.ID+"."+r.Kind] = string(b)
	}
	return out
}

func TestMergeTakesAnswersBeforeWhatIsUnderWay(t *testing.T) {
	for _, c := range []struct {
		name                string
		into, first, second map[string]string
		want                map[string]string
		merged              runner.Merged
	}{
		{
			"an answer takes the place of a part and of a failure",
			map[string]string{idA + ".part": "half", idA + ".failure": "no memory"},
			map[string]string{idA + ".part": "more"},
			map[string]string{idA + ".outcome": "all", idA + ".candidates": "x", idA + ".cost": "3"},
			map[string]string{idA + ".outcome": "all", idA + ".candidates": "x", idA + ".cost": "3"},
			runner.Merged{Cells: 1},
		},
		{
			"what is under way comes over where nothing has the answer",
			nil,
			map[string]string{idA + ".part": "half", idB + ".checkpoint": "epoch 3"},
			map[string]string{idA + ".part": "other half", idA + ".failure": "no memory"},
			map[string]string{idA + ".part": "half", idB + ".checkpoint": "epoch 3", idA + ".failure": "no memory"},
			runner.Merged{},
		},
		{
			"times are facts of one machine, the first are kept",
			map[string]string{idA + ".training": `{"Digest":"d","Seconds":3}`, idB + ".probe": "q", idB + ".cost": "1"},
			map[string]string{idA + ".training": `{"Digest":"d","Seconds":5}`},
			map[string]string{idB + ".probe": "q", idB + ".cost": "2"},
			map[string]string{idA + ".training": `{"Digest":"d","Seconds":3}`, idB + ".probe": "q", idB + ".cost": "1"},
			runner.Merged{Known: 2},
		},
	} {
		into := holding(t, "into", c.into)
		sources := []runner.Source{holding(t, "first", c.first), holding(t, "second", c.second)}
		got, err := runner.Merge(t.Context(), into, sources)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(c.merged, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.want, held(t, into.Store)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestMergeRefusesAnswersThatDiffer(t *testing.T) {
	for _, c := range []struct{ name, kind, a, b string }{
		{"outcomes", "outcome", "x", "y"},
		{"probes", "probe", "x", "y"},
		{"weights", "weights", "x", "y"},
		{"digests of a training", "training", `{"Digest":"d"}`, `{"Digest":"e"}`},
	} {
		into := holding(t, "into", nil)
		a, b := holding(t, "a", map[string]string{idA + "." + c.kind: c.a, idB + ".probe": "q"}),
			holding(t, "b", map[string]string{idA + "." + c.kind: c.b})
		_, err := runner.Merge(t.Context(), into, []runner.Source{a, b})
		if err == nil || !strings.Contains(err.Error(), "a and b have different answers to one question, "+c.kind+" of "+idA) {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := held(t, into.Store); len(got) > 0 {
			t.Errorf("%s: written all the same: %v", c.name, got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	source := holding(t, "a", map[string]string{idA + ".probe": "q"})
	if _, err := runner.Merge(ctx, holding(t, "into", nil), []runner.Source{source}); !errors.Is(err, context.Canceled) {
		t.Errorf("when cancelled: %v", err)
	}
}

func TestRemoveLeavesWhatAnotherWorksOn(t *testing.T) {
	s := holding(t, "s", map[string]string{
		idA + ".outcome": "x", idA + ".part": "y", idB + ".probe": "q", idB + ".cost": "1",
	})
	records, err := runner.Keep{idA: true}.Unneeded(s.Store)
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := s.Lock(t.Context(), idB)
	if err != nil {
		t.Fatal(err)
	}
	removed, err := runner.Remove(s.Store, records)
	if err != nil || len(removed) != 1 || removed[0].Kind != "part" {
		t.Errorf("removed %v, %v, want the part alone", removed, err)
	}
	unlock()
	if _, err := runner.Remove(s.Store, records); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{idA + ".outcome": "x"}, held(t, s.Store)); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}
