package labelsmooth_test

import (
	"context"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/regularizers/advtrain"
	"github.com/arbench/arbench/regularizers/labelsmooth"
	"github.com/arbench/arbench/regularizers/regularizertest"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func smoothing(t float64, over string) func() arbench.Regularizer {
	return func() arbench.Regularizer { return &labelsmooth.Regularizer{Smoothing: t, Over: over} }
}

func TestKeepsRules(t *testing.T) {
	for _, over := range []string{"others", "all"} {
		t.Run(over, func(t *testing.T) {
			regularizertest.Run(t, smoothing(0.2, over), smoothing(0, over))
		})
	}
}

// model has four classes and gives every image the same logits.
type model struct{ arbench.Trainable }

func (model) Info() arbench.ModelInfo {
	return arbench.ModelInfo{Classes: 4, Access: arbench.Weights}
}

func (model) Run(_ context.Context, c arbench.Call) (arbench.Pass, error) {
	p := arbench.Pass{Logits: arbench.NewTensor(c.X.Len(), 4)}
	for range c.Losses {
		dx := arbench.NewTensor(c.X.Shape...)
		for i := range dx.Data {
			dx.Data[i] = 1
		}
		p.DX, p.Values = append(p.DX, dx), append(p.Values, make([]float64, c.X.Len()))
	}
	return p, nil
}

func step() *arbench.Step {
	b := arbench.Batch{X: arbench.NewTensor(2, 1, 1, 1), Y: []int{2, 0}, ID: []int{5, 6}}
	return &arbench.Step{Model: model{}, Batch: b, Loss: arbench.CrossEntropy{Y: b.Y}}
}

// TestTargets: with t = 0.3 and 4 classes, others get 0.1 and the true class 0.7; of all, each gets
// 0.075 and the true class 0.775.
func TestTargets(t *testing.T) {
	for over, want := range map[string][]float32{
		"others": {.1, .1, .7, .1, .7, .1, .1, .1},
		"all":    {.075, .075, .775, .075, .775, .075, .075, .075},
	} {
		s := step()
		r := &labelsmooth.Regularizer{Smoothing: 0.3, Over: over}
		if err := r.Prepare(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		got := s.Loss.(arbench.SoftCrossEntropy).P
		if diff := cmp.Diff(want, got.Data, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", over, diff)
		}
	}
}

// TestGoesWithAdversarialTraining: in either order the step has adversarial images and soft labels.
func TestGoesWithAdversarialTraining(t *testing.T) {
	at := advtrain.New()
	at.Norm, at.Eps = arbench.Linf, 0.1
	ls := &labelsmooth.Regularizer{Smoothing: 0.3, Over: "others"}
	for name, order := range map[string][]arbench.Preparer{
		"attack first": {at, ls}, "labels first": {ls, at},
	} {
		s := step()
		for _, p := range order {
			if err := p.Prepare(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		if _, soft := s.Loss.(arbench.SoftCrossEntropy); !soft {
			t.Errorf("%s: the loss is a %T", name, s.Loss)
		}
		// The derivative is positive everywhere, so the worst image is at x + eps.
		if diff := cmp.Diff([]float32{.1, .1}, s.X.Data); diff != "" {
			t.Errorf("%s: images -want +got:\n%s", name, diff)
		}
	}
}

func TestValidate(t *testing.T) {
	for want, r := range map[string]*labelsmooth.Regularizer{
		"smoothing 1 must be": {Smoothing: 1, Over: "all"},
		`over: unknown "y"`:   {Smoothing: 0.1, Over: "y"},
	} {
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate = %v, want %q", err, want)
		}
	}
}
