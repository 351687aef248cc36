package train_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/linear"
	"github.com/arbench/arbench/internal/train"
)

// gaussians are two classes of 2×2 images: noise around 0.3 and around 0.7.
type gaussians struct{ n int }

func (g gaussians) Len() int { return g.n }

func (g gaussians) Read(i int, x []float32) int {
	r := arbench.KeyedRand(1, "gaussians", i)
	for j := range x {
		x[j] = float32(0.3 + 0.4*float64(i%2) + 0.15*r.NormFloat64())
	}
	return i % 2
}

func model(t *testing.T) arbench.Trainable {
	t.Helper()
	n := &arbench.Network{Input: []int{1, 2, 2}}
	n.Add("flatten", arbench.Flatten{})
	n.Add("fc", arbench.Dense{Out: 2, Bias: true})
	m, err := (&linear.Backend{}).Open(context.Background(), arbench.ModelSpec{Network: n, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	return m.(arbench.Trainable)
}

// job is a training of softmax regression that reaches about 100 % in a few epochs.
func job(t *testing.T) train.Job {
	j := train.Job{
		Model: model(t), Examples: gaussians{200}, Seed: 5,
		Recipe: train.Recipe{
			Epochs: 6, Batch: 16, Optimizer: &arbench.SGD{Momentum: 0.9, Decay: 1e-4},
			Schedule: train.Schedule{Use: "cosine", Rate: 0.5},
		},
	}
	for i := range 160 {
		j.IDs = append(j.IDs, i)
	}
	for i := range 40 {
		j.Validation = append(j.Validation, 160+i)
	}
	return j
}

func TestFitLearns(t *testing.T) {
	c, err := train.Fit(context.Background(), job(t))
	if err != nil {
		t.Fatal(err)
	}
	last := c.Epochs[5]
	if len(c.Epochs) != 6 || last.Epoch != 6 || last.Validation < 95 || last.Loss > 0.2 {
		t.Errorf("after %d epochs: %+v", len(c.Epochs), last)
	}
	if want := (arbench.Passes{Forward: 960, Backward: 960}); c.Passes != want {
		t.Errorf("passes %+v, want %+v: 6 epochs of 160 examples", c.Passes, want)
	}
	if last.Rate != 0 {
		t.Errorf("the rate at the end of a cosine is %v, want 0", last.Rate)
	}
}

// timeless compares bit by bit all of a checkpoint but the time it took.
var timeless = cmp.Options{cmpopts.IgnoreFields(train.Checkpoint{}, "Seconds"), cmpopts.EquateNaNs()}

func TestFitGoesOnBitByBit(t *testing.T) {
	for name, change := range map[string]func(*train.Job){
		"sgd":  func(*train.Job) {},
		"adam": func(j *train.Job) { j.Recipe.Optimizer = arbench.NewAdam() },
		"crop, clip, no validation": func(j *train.Job) {
			j.Recipe.Augment, j.Recipe.Clip, j.Validation = []string{"crop"}, 0.05, nil
		},
	} {
		whole := job(t)
		change(&whole)
		want, err := train.Fit(context.Background(), whole)
		if err != nil {
			t.Fatal(err)
		}
		for stop := 1; stop < 6; stop++ {
			var saved *train.Checkpoint
			enough := errors.New("enough")
			first := job(t)
			change(&first)
			first.Save = func(c *train.Checkpoint) error {
				if copied := *c; len(c.Epochs) == stop {
					saved = &copied
					return enough
				}
				return nil
			}
			if _, err := train.Fit(context.Background(), first); !errors.Is(err, enough) {
				t.Fatalf("got %v, want the error of Save", err)
			}
			second := job(t)
			change(&second)
			second.Resume = saved
			got, err := train.Fit(context.Background(), second)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got, timeless); d != "" {
				t.Errorf("%s: stopped after epoch %d: -undisturbed +resumed\n%s", name, stop, d)
			}
		}
	}
}

// broken is a data set that panics.
type broken struct{ gaussians }

func (broken) Read(int, []float32) int { panic("no such image") }

// What a data set does wrong reaches the caller, who can say whose fault it is, though batches are read
// by a goroutine of their own.
func TestFitPanicsWhereTheDataDo(t *testing.T) {
	j := job(t)
	j.Examples = broken{}
	defer func() {
		if r := recover(); r != "no such image" {
			t.Errorf("recovered %v", r)
		}
	}()
	_, err := train.Fit(t.Context(), j)
	t.Errorf("no panic, error %v", err)
}

func TestFitWantsExamples(t *testing.T) {
	j := job(t)
	j.IDs = nil
	if _, err := train.Fit(t.Context(), j); err == nil || !strings.Contains(err.Error(), "no examples") {
		t.Errorf("error %v", err)
	}
}

func TestFitKeepsTheBestEpoch(t *testing.T) {
	c, err := train.Fit(context.Background(), job(t))
	if err != nil {
		t.Fatal(err)
	}
	best := math.Inf(-1)
	for _, e := range c.Epochs {
		best = math.Max(best, e.Validation)
	}
	if c.BestAccuracy != best {
		t.Errorf("best accuracy %v, want %v, the greatest of the curve", c.BestAccuracy, best)
	}
	m, j := model(t), job(t)
	if err := m.SetParams(context.Background(), c.Best); err != nil {
		t.Fatal(err)
	}
	b := arbench.ReadBatch(j.Examples, m.Info().Shape, j.Validation)
	p, err := m.Run(context.Background(), arbench.Call{X: b.X})
	if err != nil {
		t.Fatal(err)
	}
	correct := 0
	for i, y := range b.Y {
		if arbench.Argmax(p.Logits.Row(i)) == y {
			correct++
		}
	}
	if got := 100 * float64(correct) / 40; got != best {
		t.Errorf("the best parameters have validation accuracy %v, want %v", got, best)
	}
}

// darker is a regularizer that makes every image darker, so that half of the images of class 0, as
// they are, lie on the wrong side of what the net learns.
type darker struct{}

func (darker) Info() arbench.RegularizerInfo { return arbench.RegularizerInfo{Doc: "darker"} }

func (darker) Replaces() []arbench.Part { return nil }

func (darker) Prepare(_ context.Context, s *arbench.Step) error {
	for i := range s.X.Data {
		s.X.Data[i] -= 0.2
	}
	return nil
}

// The accuracy of the batches is that of what the regularizers made of them; that on images as they are
// is that of the net at the end of each epoch.
func TestFitRecordsAccuracyOnImagesAsTheyAre(t *testing.T) {
	j := job(t)
	j.Regularizers = []arbench.Regularizer{darker{}}
	c, err := train.Fit(context.Background(), j)
	if err != nil {
		t.Fatal(err)
	}
	b := arbench.ReadBatch(j.Examples, j.Model.Info().Shape, j.IDs)
	p, err := j.Model.Run(context.Background(), arbench.Call{X: b.X})
	if err != nil {
		t.Fatal(err)
	}
	correct := 0
	for i, y := range b.Y {
		if arbench.Argmax(p.Logits.Row(i)) == y {
			correct++
		}
	}
	last := c.Epochs[len(c.Epochs)-1]
	if want := 100 * float64(correct) / 160; last.Clean != want || last.Clean > 85 || last.Accuracy < 90 {
		t.Errorf("got %+v, want %v %% clean and nearly all of the batches", last, want)
	}
}

func TestFitStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	j := job(t)
	j.Progress = func(p train.Progress) {
		if p.Step == 7 {
			cancel()
		}
		if p.Step > 7 || p.Steps != 60 {
			t.Errorf("step %d of %d after the cancel at step 7 of 60", p.Step, p.Steps)
		}
	}
	if _, err := train.Fit(ctx, j); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
