package masked

import (
	"context"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Regularizers.Register("squeeze", func() arbench.Regularizer { return &Squeeze{Strength: 5, Sigma: 0.5} })
}

// Squeeze keeps logits small, on images with Gaussian noise (Kannan, Kurakin & Goodfellow, Adversarial
// Logit Pairing, 2018, section 4.1, of logit squeezing; broken by Mosbach et al., 2018).
type Squeeze struct {
	Strength float64 `toml:"strength" doc:"weight of half the mean of the squares of the logits"`
	Sigma    float64 `toml:"sigma" doc:"deviation of the noise"`
}

var (
	_ arbench.Preparer  = (*Squeeze)(nil)
	_ arbench.Penalizer = (*Squeeze)(nil)
)

// Info implements [arbench.Regularizer].
func (*Squeeze) Info() arbench.RegularizerInfo {
	return arbench.RegularizerInfo{Doc: "small logits on noisy images", Source: "arXiv:1803.06373, section 4.1"}
}

// Replaces implements [arbench.Preparer].
func (*Squeeze) Replaces() []arbench.Part { return []arbench.Part{arbench.Images} }

// Prepare implements [arbench.Preparer].
func (r *Squeeze) Prepare(_ context.Context, s *arbench.Step) error {
	s.X = s.X.Clone()
	for i := range s.Batch.Len() {
		rng := s.Rand(i, "squeeze")
		for j, v := range s.X.Row(i) {
			s.X.Row(i)[j] = min(max(v+float32(r.Sigma*rng.NormFloat64()), 0), 1)
		}
	}
	return nil
}

// Penalize implements [arbench.Penalizer].
func (r *Squeeze) Penalize(ctx context.Context, s *arbench.Step) (float64, error) {
	half := arbench.LossFunc(func(z, dz arbench.Tensor, values []float64) {
		for i := range z.Len() {
			values[i] = 0
			for j, v := range z.Row(i) {
				values[i] += r.Strength * float64(v) * float64(v) / 2
				if dz.Data != nil {
					dz.Row(i)[j] = float32(r.Strength) * v
				}
			}
		}
	})
	p, err := s.Run(ctx, arbench.Call{X: s.X, Losses: []arbench.Loss{half}, Want: arbench.DParams})
	if err != nil {
		return 0, err
	}
	mean := 0.0
	for _, v := range p.Values[0] {
		mean += v / float64(len(p.Values[0]))
	}
	return mean, nil
}
