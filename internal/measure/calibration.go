package measure

import (
	"fmt"
	"math"

	"github.com/arbench/arbench"
	"gonum.org/v1/gonum/stat"
)

func init() {
	arbench.Measures.Register("calibration", func() arbench.Measure { return &Calibration{Bins: 15} })
}

// Calibration is how far the model's confidence is from its accuracy, on each split:
//
//   - "ECE", the expected calibration error: the mean over examples of the distance between accuracy
//     and mean confidence in the example's bin of confidence (lo, hi];
//   - "MCE", the greatest such distance of a bin;
//   - "NLL", the mean negative log likelihood, in nats;
//   - "Brier", the mean of ‖p - onehot(y)‖²;
//   - "overconfidence", mean confidence less accuracy.
//
// ECE and MCE are biased upwards where bins hold few examples. Their intervals are Student's with the
// bins, and the sign of each bin's distance, taken as given.
type Calibration struct {
	Bins int `toml:"bins" doc:"bins of equal width of ECE and MCE"`
}

var _ arbench.Measure = (*Calibration)(nil)

// Validate reports options that make no sense.
func (m *Calibration) Validate() error {
	if m.Bins < 1 {
		return fmt.Errorf("bins %d must be at least 1", m.Bins)
	}
	return nil
}

// Info implements [arbench.Measure].
func (*Calibration) Info() arbench.MeasureInfo {
	return arbench.MeasureInfo{
		Doc:    "calibration errors, log likelihood and Brier score",
		Source: "Guo, Pleiss, Sun & Weinberger, ICML 2017, section 2; Brier 1950",
	}
}

// Measure implements [arbench.Measure].
func (m *Calibration) Measure(r arbench.Record) []arbench.Quantity {
	var out []arbench.Quantity
	for _, p := range clean(r) {
		top, _, _ := confidences(p.Outcome)
		excess := make([]float64, p.Len()) // confidence less 1 if correct
		for i, c := range top {
			excess[i] = c
			if p.Correct(i) {
				excess[i]--
			}
		}
		nll := clamp(0, math.Inf(1), p.mean("NLL", "", losses(rows(p.Outcome), p.Y), -1))
		nll.Unit = "nats"
		out = append(out,
			p.expected(bin(top, excess, m.Bins)),
			p.greatest(bin(top, excess, m.Bins)),
			nll,
			clamp(0, 2, p.mean("Brier", "", brier(p.Outcome), -1)),
			clamp(-1, 1, p.mean("overconfidence", "", excess, 0)))
	}
	return out
}

// bin groups excess by confidence into n bins (lo, hi] of equal width.
func bin(confidence, excess []float64, n int) [][]float64 {
	bins := make([][]float64, n)
	for i, c := range confidence {
		b := min(max(int(math.Ceil(c*float64(n)))-1, 0), n-1)
		bins[b] = append(bins[b], excess[i])
	}
	return bins
}

// expected returns the ECE: since it is Σ |Σ excess|/n over bins, it is the mean of excess with the
// sign of its bin.
func (s sample) expected(bins [][]float64) arbench.Quantity {
	var signed []float64
	for _, b := range bins {
		signed = append(signed, outward(b)...)
	}
	return s.distance("ECE", signed)
}

// greatest returns the MCE.
func (s sample) greatest(bins [][]float64) arbench.Quantity {
	var worst []float64
	for _, b := range bins {
		if v := outward(b); len(v) > 0 && (worst == nil || stat.Mean(v, nil) > stat.Mean(worst, nil)) {
			worst = v
		}
	}
	return s.distance("MCE", worst)
}

// distance returns the mean of v as a distance of confidence from accuracy, which is in [0, 1].
func (s sample) distance(name string, v []float64) arbench.Quantity {
	return clamp(0, 1, s.mean(name, "", v, -1))
}

// outward returns the excess of a bin, with the sign changed if their mean is negative.
func outward(bin []float64) []float64 {
	sum := 0.0
	for _, e := range bin {
		sum += e
	}
	v := make([]float64, len(bin))
	for i, e := range bin {
		v[i] = math.Copysign(1, sum) * e
	}
	return v
}

// brier returns ‖p - onehot(y)‖² of each example.
func brier(o *arbench.Outcome) []float64 {
	v := make([]float64, o.Len())
	for i, y := range o.Y {
		p := make([]float64, o.Logits.Shape[1])
		arbench.Softmax(o.Logits.Row(i), p)
		p[y]--
		for _, d := range p {
			v[i] += d * d
		}
	}
	return v
}
