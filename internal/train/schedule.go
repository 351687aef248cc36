package train

import (
	"fmt"
	"math"
	"slices"
)

// A Schedule gives the learning rate of each step.
//
//   - "constant": Rate.
//   - "step": Rate, multiplied by Factor from each of the epochs in At on.
//   - "cosine": Rate·(1 + cos πt)/2, where t is the part of the training done.
//   - "cyclic": from 0 up to Rate over the first Rise of the training, then linearly down to 0.
//
// During the first Warmup epochs the rate is also multiplied by the part of them that is done. A step
// has the rate of its middle.
type Schedule struct {
	Use    string  `toml:"use"`
	Rate   float64 `toml:"rate"`   // base rate; the peak of "cyclic"
	Warmup float64 `toml:"warmup"` // epochs
	At     []int   `toml:"at"`     // epochs, from 0, of "step"
	Factor float64 `toml:"factor"` // of "step"; 0 means 0.1
	Rise   float64 `toml:"rise"`   // part of the training, of "cyclic"; 0 means 0.4
}

// Schedules lists the kinds of schedules.
var Schedules = []string{"constant", "step", "cosine", "cyclic"}

// Validate reports a schedule that makes no sense.
func (s Schedule) Validate() error {
	switch {
	case !slices.Contains(Schedules, s.Use):
		return fmt.Errorf("unknown schedule %q, want one of %q", s.Use, Schedules)
	case !(s.Rate > 0) || math.IsInf(s.Rate, 0):
		return fmt.Errorf("rate %v must be positive", s.Rate)
	case s.Warmup < 0 || s.Factor < 0 || s.Rise < 0 || s.Rise >= 1:
		return fmt.Errorf("warmup %v and factor %v must not be negative, rise %v at least 0 and below 1",
			s.Warmup, s.Factor, s.Rise)
	case s.Use == "step" && (len(s.At) == 0 || !slices.IsSorted(s.At)):
		return fmt.Errorf("a step schedule wants ascending epochs in at, such as at = [20, 25]")
	case s.Use != "step" && len(s.At) > 0:
		return fmt.Errorf("at belongs to the step schedule, not to %q", s.Use)
	}
	return nil
}

// RateAt returns the learning rate after epoch epochs, a fraction within the epoch, of epochs.
func (s Schedule) RateAt(epoch, epochs float64) float64 {
	rate := s.Rate
	switch s.Use {
	case "step":
		factor := s.Factor
		if factor == 0 {
			factor = 0.1
		}
		for _, at := range s.At {
			if epoch >= float64(at) {
				rate *= factor
			}
		}
	case "cosine":
		rate *= (1 + math.Cos(math.Pi*epoch/epochs)) / 2
	case "cyclic":
		rise := s.Rise
		if rise == 0 {
			rise = 0.4
		}
		if t := epoch / epochs; t < rise {
			rate *= t / rise
		} else {
			rate *= (1 - t) / (1 - rise)
		}
	}
	if epoch < s.Warmup {
		rate *= epoch / s.Warmup
	}
	return rate
}
