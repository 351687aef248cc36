// Package noise draws random points near an image until one is misclassified: the weakest attack
// there is. A model that it breaks where gradient attacks fail hides its gradients (Athalye et al.,
// Obfuscated Gradients Give a False Sense of Security, ICML 2018, section 3.1; Carlini et al., On
// Evaluating Adversarial Robustness, 2019, section 4.3).
package noise

import (
	"context"
	"fmt"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Attacks.Register("noise", func() arbench.Attack {
		return &Attack{Distribution: "uniform", Draws: 100, Sigma: 1}
	})
}

// Attack is the attack and its options.
type Attack struct {
	Distribution string  `toml:"distribution" doc:"uniform in the ball, or gaussian, projected into it"`
	Draws        int     `toml:"draws" doc:"most points drawn for each image, each one forward pass"`
	Sigma        float64 `toml:"sigma" doc:"of gaussian: size as a multiple of eps: of a pixel in linf, else about of the draw"`
}

var _ arbench.Attack = (*Attack)(nil)

// Info implements [arbench.Attack].
func (a *Attack) Info() arbench.AttackInfo {
	return arbench.AttackInfo{
		Doc:    "random points of the ball, until one is misclassified",
		Source: "Athalye et al. 2018 (arXiv:1802.00420), section 3.1",
		Access: arbench.Labels,
		Norms:  []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1},
	}
}

// Validate reports options that make no sense.
func (a *Attack) Validate() error {
	switch {
	case a.Distribution != "uniform" && a.Distribution != "gaussian":
		return fmt.Errorf("unknown distribution %q, want %q or %q", a.Distribution, "uniform", "gaussian")
	case a.Draws < 1:
		return fmt.Errorf("draws %d must be at least 1", a.Draws)
	case !(a.Sigma > 0):
		return fmt.Errorf("sigma %v must be positive", a.Sigma)
	}
	return nil
}

// MostPasses implements [arbench.Estimator].
func (a *Attack) MostPasses(int, arbench.Norm) float64 { return 1 + float64(a.Draws) }

// Perturb implements [arbench.Attack]. It looks at the image itself first, then at the draws, and
// leaves an example at the first point that is misclassified; one that none breaks stays clean, and one
// whose eps is 0 without a look.
func (a *Attack) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	x, rows := t.X.Clone(), t.Movable()
	for draw := 0; len(rows) > 0; draw++ {
		y, err := t.Model.Labels(ctx, x.Gather(rows), rows...)
		if err != nil {
			return arbench.Tensor{}, err
		}
		left := rows[:0]
		for i, r := range rows {
			if y[i] == t.Y[r] {
				left = append(left, r)
			}
		}
		rows = left
		for _, r := range rows {
			copy(x.Row(r), t.X.Row(r))
			if draw < a.Draws {
				a.draw(t, r, draw, x.Row(r))
			}
		}
		if draw == a.Draws {
			break
		}
	}
	return x, nil
}

// draw moves x, which holds the image of row r, to the given draw.
func (a *Attack) draw(t arbench.Trial, r, draw int, x []float32) {
	rng := t.Rand(r, "noise", draw)
	if a.Distribution == "uniform" {
		Uniform(t.Norm, t.At(r), rng, x)
	} else {
		sigma := a.Sigma * t.At(r) / spread(t.Norm, len(x))
		for j := range x {
			x[j] += float32(sigma * rng.NormFloat64())
		}
	}
	t.ProjectRow(x, t.X.Row(r), t.At(r))
}
