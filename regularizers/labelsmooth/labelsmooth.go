// Package labelsmooth trains on softened labels.
//
// Szegedy et al., Rethinking the Inception Architecture, CVPR 2016 (arXiv:1512.00567), section 7:
// the target puts 1 - t on the class y and spreads t over the others, t/(K-1) each; or, as there,
// over all K classes, t/K each. With adversarial training only the step of the parameters sees the
// soft labels, not the attack (Stutz, Hein & Schiele, ICCV 2021).
package labelsmooth

import (
	"context"
	"fmt"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Regularizers.Register("label-smoothing", func() arbench.Regularizer {
		return &Regularizer{Smoothing: 0.1, Over: "others"}
	})
}

// Regularizer replaces the base loss by the cross-entropy with soft labels.
type Regularizer struct {
	Smoothing float64 `toml:"smoothing" doc:"t, the probability taken from the true class, from 0 to below 1"`
	Over      string  `toml:"over" doc:"the classes that share t: others, or all, the true one among them"`
}

var _ arbench.Preparer = (*Regularizer)(nil)

// Info implements [arbench.Regularizer].
func (r *Regularizer) Info() arbench.RegularizerInfo {
	return arbench.RegularizerInfo{
		Doc:    "label smoothing: soft targets in the cross-entropy",
		Source: "Szegedy et al. 2016 (arXiv:1512.00567), section 7",
	}
}

// Validate reports options that make no sense.
func (r *Regularizer) Validate() error {
	switch {
	case !(r.Smoothing >= 0 && r.Smoothing < 1):
		return fmt.Errorf("smoothing %v must be at least 0 and below 1", r.Smoothing)
	case r.Over != "others" && r.Over != "all":
		return fmt.Errorf("over: unknown %q, want %q or %q", r.Over, "others", "all")
	}
	return nil
}

// Replaces implements [arbench.Preparer].
func (r *Regularizer) Replaces() []arbench.Part { return []arbench.Part{arbench.Base} }

// Prepare implements [arbench.Preparer].
func (r *Regularizer) Prepare(_ context.Context, s *arbench.Step) error {
	if r.Smoothing == 0 {
		return nil
	}
	classes := s.Model.Info().Classes
	share := float32(r.Smoothing) / float32(classes-1)
	if r.Over == "all" {
		share = float32(r.Smoothing) / float32(classes)
	}
	p := arbench.NewTensor(len(s.Y), classes)
	for i, y := range s.Y {
		row := p.Row(i)
		for k := range row {
			row[k] = share
		}
		row[y] = 1 - share*float32(classes-1)
	}
	s.Loss = arbench.SoftCrossEntropy{P: p}
	return nil
}
