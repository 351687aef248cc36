package measure

import (
	"math"
	"slices"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Measures.Register("confidence", func() arbench.Measure { return &Confidence{} })
}

// Confidence is how sure the model is: the probability of its answer, that of the true class, and
// the entropy of all, over all examples, those it gets right and those it gets wrong.
type Confidence struct{}

var _ arbench.Measure = (*Confidence)(nil)

// Info implements [arbench.Measure].
func (*Confidence) Info() arbench.MeasureInfo {
	return arbench.MeasureInfo{
		Doc:    "mean confidence, probability of the true class, and entropy",
		Source: "Wen, Li & Jia, ICML 2020, section 4",
	}
}

// Measure implements [arbench.Measure]. It gives "confidence", "true confidence" and, in nats,
// "entropy", each with the details "" (all examples), "correct" and "wrong".
func (*Confidence) Measure(r arbench.Record) []arbench.Quantity {
	var out []arbench.Quantity
	for _, p := range clean(r) {
		top, truth, entropy := confidences(p.Outcome)
		for _, group := range groups(p.Outcome) {
			if len(group.rows) == 0 {
				continue
			}
			most := math.Log(float64(p.Logits.Shape[1]))
			h := clamp(0, most, p.mean("entropy", group.name, pick(entropy, group.rows), 0))
			h.Unit = "nats"
			out = append(out,
				clamp(0, 1, p.mean("confidence", group.name, pick(top, group.rows), 0)),
				clamp(0, 1, p.mean("true confidence", group.name, pick(truth, group.rows), 0)),
				h)
		}
	}
	return out
}

// confidences returns, of each example, the greatest probability, that of its class, and the
// entropy in nats.
func confidences(o *arbench.Outcome) (top, truth, entropy []float64) {
	for i := range o.Len() {
		p := make([]float64, o.Logits.Shape[1])
		arbench.Softmax(o.Logits.Row(i), p)
		h := 0.0
		for _, v := range p {
			if v > 0 {
				h -= v * math.Log(v)
			}
		}
		top = append(top, slices.Max(p))
		truth = append(truth, p[o.Y[i]])
		entropy = append(entropy, h)
	}
	return top, truth, entropy
}

// A group is some rows of an outcome.
type group struct {
	name string
	rows []int
}

// groups returns all rows, the correct ones and the wrong ones.
func groups(o *arbench.Outcome) []group {
	all, correct, wrong := group{}, group{name: "correct"}, group{name: "wrong"}
	for i := range o.Len() {
		all.rows = append(all.rows, i)
		if o.Correct(i) {
			correct.rows = append(correct.rows, i)
		} else {
			wrong.rows = append(wrong.rows, i)
		}
	}
	return []group{all, correct, wrong}
}

func pick(v []float64, rows []int) []float64 {
	out := make([]float64, len(rows))
	for i, r := range rows {
		out[i] = v[r]
	}
	return out
}
