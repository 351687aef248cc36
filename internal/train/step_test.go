package train_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/train"
)

// spy is a regularizer of every verb that writes down when it was called.
type spy struct {
	name string
	log  *[]string
}

func (s spy) Info() arbench.RegularizerInfo                { return arbench.RegularizerInfo{Doc: s.name} }
func (s spy) Replaces() []arbench.Part                     { return nil }
func (s spy) note(verb string)                             { *s.log = append(*s.log, s.name+" "+verb) }
func (s spy) Prepare(context.Context, *arbench.Step) error { s.note("prepare"); return nil }
func (s spy) Finish(context.Context, *arbench.Step) error  { s.note("finish"); return nil }

func (s spy) Penalize(context.Context, *arbench.Step) (float64, error) {
	s.note("penalize")
	return 1, nil
}

func (s spy) Around(ctx context.Context, st *arbench.Step, next func(context.Context, *arbench.Step) error) error {
	s.note("enter")
	defer s.note("leave")
	return next(ctx, st)
}

func TestStepCallsRegularizersInOrder(t *testing.T) {
	var log []string
	j := job(t)
	j.Recipe.Epochs = 1
	j.Regularizers = []arbench.Regularizer{spy{"a", &log}, spy{"b", &log}}
	c, err := train.Fit(context.Background(), j)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"a prepare", "b prepare", "a enter", "b enter", "a penalize", "b penalize",
		"a finish", "b finish", "b leave", "a leave",
	}
	for step := range 10 {
		if d := cmp.Diff(want, log[step*len(want):(step+1)*len(want)]); d != "" {
			t.Errorf("step %d: -want +got\n%s", step, d)
		}
	}
	if plain := c.Epochs[0].Loss - 2; plain < 0.1 || plain > 0.7 {
		t.Errorf("loss %v, want 1 for each of two penalties and less than ln 2", c.Epochs[0].Loss)
	}
}
