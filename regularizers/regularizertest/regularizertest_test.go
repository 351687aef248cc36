package regularizertest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/regularizers/regularizertest"
)

// base is the part that all fakes share.
type base struct {
	doc     string
	invalid error
}

func (b *base) Info() arbench.RegularizerInfo { return arbench.RegularizerInfo{Doc: b.doc} }
func (b *base) Validate() error               { return b.invalid }

// preparer and penalizer are regularizers made of functions.
type preparer struct {
	base
	parts   []arbench.Part
	prepare func(context.Context, *arbench.Step) error
}

func (r *preparer) Replaces() []arbench.Part { return r.parts }

func (r *preparer) Prepare(ctx context.Context, s *arbench.Step) error { return r.prepare(ctx, s) }

type penalizer struct {
	base
	penalize func(context.Context, *arbench.Step) (float64, error)
}

func (r *penalizer) Penalize(ctx context.Context, s *arbench.Step) (float64, error) {
	return r.penalize(ctx, s)
}

// invert is a preparer that replaces the images by their negatives, and then does what then says.
func invert(then func(s *arbench.Step)) *preparer {
	return &preparer{base{doc: "negatives"}, []arbench.Part{arbench.Images},
		func(ctx context.Context, s *arbench.Step) error {
			// A pass, as an attack would make, so that there is one to count and to cancel.
			if _, err := s.Run(ctx, arbench.Call{X: s.X}); err != nil {
				return err
			}
			s.X = s.X.Clone()
			for i, v := range s.X.Data {
				s.X.Data[i] = 1 - v
			}
			if then != nil {
				then(s)
			}
			return nil
		}}
}

// decay is the penalty (factor/2)·‖w‖², whose derivative it multiplies by slope.
func decay(factor, slope float64) *penalizer {
	return &penalizer{base{doc: "decay"}, func(ctx context.Context, s *arbench.Step) (float64, error) {
		ps, err := s.Model.Params(ctx)
		if err != nil {
			return 0, err
		}
		value := 0.0
		for i, p := range ps {
			for j, w := range p.Value.Data {
				value += factor / 2 * float64(w) * float64(w)
				p.Grad.Data[j] += float32(slope * factor * float64(w))
			}
			ps[i].Value = arbench.Tensor{}
		}
		return value, s.Model.SetParams(ctx, ps)
	}}
}

// twice takes every step two times over.
type twice struct{ base }

func (*twice) Around(
	ctx context.Context, s *arbench.Step, next func(context.Context, *arbench.Step) error,
) error {
	if err := next(ctx, s); err != nil {
		return err
	}
	return next(ctx, s)
}

// shrink halves the parameters after each step.
type shrink struct{ base }

func (*shrink) Finish(ctx context.Context, s *arbench.Step) error {
	ps, err := s.Model.Params(ctx)
	if err != nil {
		return err
	}
	for i := range ps {
		for j := range ps[i].Value.Data {
			ps[i].Value.Data[j] /= 2
		}
		ps[i].Grad = arbench.Tensor{}
	}
	return s.Model.SetParams(ctx, ps)
}

func TestSoundRegularizersKeepEveryRule(t *testing.T) {
	for name, r := range map[string]arbench.Regularizer{
		"preparer":  invert(nil),
		"penalizer": decay(0.3, 1),
		"wrapper":   &twice{base{doc: "twice"}},
		"finisher":  &shrink{base{doc: "halves"}},
	} {
		t.Run(name, func(t *testing.T) {
			regularizertest.Run(t, func() arbench.Regularizer { return r }, nil)
		})
	}
}

func TestCheckNamesTheBrokenRule(t *testing.T) {
	count := 0 // of the steps of sequential
	for _, tt := range []struct {
		name string
		rule string
		r    arbench.Regularizer
		off  func() arbench.Regularizer
	}{
		{"no doc", "describes-itself", &twice{}, nil},
		{"no verb", "describes-itself", &base{doc: "nothing"}, nil},
		{"replaces nothing", "describes-itself", func() *preparer {
			r := invert(nil)
			r.parts = nil
			return r
		}(), nil},
		{"invalid defaults", "describes-itself", &twice{base{"twice", fmt.Errorf("no")}}, nil},
		{"writes into the images", "keeps-the-batch", &preparer{
			base{doc: "x"}, []arbench.Part{arbench.Images}, func(_ context.Context, s *arbench.Step) error {
				s.X.Data[0] = 0
				return nil
			}}, nil},
		{"writes into the classes", "keeps-the-batch", invert(func(s *arbench.Step) { s.Y[0] = 3 - s.Y[0] }), nil},
		{"images unannounced", "replaces-what-it-says", func() *preparer {
			r := invert(nil)
			r.parts = []arbench.Part{arbench.Base}
			return r
		}(), nil},
		{"loss unannounced", "replaces-what-it-says", invert(func(s *arbench.Step) {
			s.Loss = arbench.Margin{Y: s.Y}
		}), nil},
		{"more images than classes", "step-fits-together", invert(func(s *arbench.Step) {
			s.X = arbench.JoinRows(s.X, s.X)
		}), nil},
		{"too few weights", "step-fits-together", invert(func(s *arbench.Step) { s.Weight = []float32{1} }), nil},
		{"groups too small", "step-fits-together", invert(func(s *arbench.Step) { s.Groups = []int{1, 2} }), nil},
		{"infinite image", "step-fits-together", invert(func(s *arbench.Step) { s.X.Data[0] /= 0 }), nil},
		{"moves the parameters", "keeps-the-parameters", &penalizer{
			base{doc: "x"}, func(ctx context.Context, s *arbench.Step) (float64, error) {
				return 0, (&shrink{}).Finish(ctx, s)
			}}, nil},
		{"derivative in Prepare", "keeps-the-parameters", &preparer{
			base{doc: "x"}, []arbench.Part{arbench.Images}, func(ctx context.Context, s *arbench.Step) error {
				_, err := s.Run(ctx, arbench.Call{
					X: s.X, Losses: []arbench.Loss{s.Loss}, Want: arbench.DParams,
				})
				return err
			}}, nil},
		{"sequential", "same-step-same-parameters", invert(func(s *arbench.Step) {
			count++
			s.X.Data[0] = 1 / float32(count)
		}), nil},
		{"wrong derivative", "derivative-of-its-value", decay(0.3, 0.9), nil},
		{"no derivative", "derivative-of-its-value", decay(0.3, 0), nil},
		{"hidden passes", "counts-its-passes", &penalizer{
			base{doc: "x"}, func(ctx context.Context, s *arbench.Step) (float64, error) {
				_, err := s.Model.Run(ctx, arbench.Call{X: s.X})
				return 0, err
			}}, nil},
		{"not off", "strength-0-is-plain-training", decay(0.3, 1),
			func() arbench.Regularizer { return decay(0.01, 1) }},
		{"value not off", "strength-0-is-plain-training", decay(0.3, 1),
			func() arbench.Regularizer { return decay(0.01, 0) }},
		{"swallows the error", "stops-when-cancelled", &penalizer{
			base{doc: "x"}, func(ctx context.Context, s *arbench.Step) (float64, error) {
				_, _ = s.Run(ctx, arbench.Call{X: s.X})
				return 0, nil
			}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := regularizertest.Check(t.Context(), func() arbench.Regularizer { return tt.r }, tt.off)
			if err == nil || !strings.Contains(err.Error(), "rule "+tt.rule+":") {
				t.Errorf("Check = %v, want the rule %s", err, tt.rule)
			}
		})
	}
}
