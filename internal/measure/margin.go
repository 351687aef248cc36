package measure

import (
	"fmt"
	"math"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Measures.Register("margin", func() arbench.Measure { return &Margin{} })
}

// Margin is the distribution of margins, by which the true class leads the next one, negative where
// it does not:
//
//   - "logit margin" is z[y] - max over j ≠ y of z[j], which depends on the scale of the logits;
//   - "probability margin" is the same of the softmax, in [-1, 1];
//   - "normalized margin" is the logit margin over ‖z - mean z‖₂, free of scale.
//
// Each has a mean, a standard deviation and quantiles. "near boundary" is the share of examples
// whose probability margin is within ±t. "margin distance" is the Wasserstein-1 distance between
// the margins of the training and the test examples at hand, an exact number about these examples.
type Margin struct{}

var _ arbench.Measure = (*Margin)(nil)

// Info implements [arbench.Measure].
func (*Margin) Info() arbench.MeasureInfo {
	return arbench.MeasureInfo{
		Doc:    "distribution of margins, and the share of examples near the decision boundary",
		Source: "Wen, Li & Jia, ICML 2020, section 4",
	}
}

var (
	levels     = []float64{0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99}
	nearnesses = []float64{0.05, 0.1, 0.2, 0.5}
)

// tiny keeps the margin of equal logits, which is 0, from being divided by 0.
const tiny = math.SmallestNonzeroFloat64

// margins holds the margins of every example of a split.
type margins struct{ logit, probability, normalized []float64 }

// Measure implements [arbench.Measure].
func (*Margin) Measure(r arbench.Record) []arbench.Quantity {
	var out []arbench.Quantity
	var seen []margins
	for _, p := range clean(r) {
		m := marginsOf(p.Outcome)
		seen = append(seen, m)
		out = append(out, p.distribution("logit margin", m.logit, math.Inf(1))...)
		out = append(out, p.distribution("probability margin", m.probability, 1)...)
		out = append(out, p.distribution("normalized margin", m.normalized, math.Sqrt2)...)
		for _, t := range nearnesses {
			k := count(p.Len(), func(i int) bool { return math.Abs(m.probability[i]) <= t })
			out = append(out, p.share("near boundary", fmt.Sprint(t), k, p.Len(), 0))
		}
	}
	if len(seen) == 2 {
		out = append(out,
			apart("logit", seen[0].logit, seen[1].logit),
			apart("probability", seen[0].probability, seen[1].probability),
			apart("normalized", seen[0].normalized, seen[1].normalized))
	}
	return out
}

// distribution returns mean, standard deviation and quantiles of v, which are in [-most, most].
func (s sample) distribution(name string, v []float64, most float64) []arbench.Quantity {
	mean := clamp(-most, most, s.mean(name, "mean", v, 0))
	out := []arbench.Quantity{mean, s.std(name, "std", v)}
	sorted := sortedCopy(v)
	for _, p := range levels {
		out = append(out, s.quantile(name, fmt.Sprintf("%g %%", 100*p), sorted, p))
	}
	return out
}

func marginsOf(o *arbench.Outcome) margins {
	var m margins
	for i, y := range o.Y {
		z := o.Logits.Row(i)
		p, f := make([]float64, len(z)), make([]float64, len(z))
		arbench.Softmax(z, p)
		mean := 0.0
		for k, v := range z {
			f[k] = float64(v)
			mean += f[k] / float64(len(z))
		}
		spread := 0.0
		for _, v := range f {
			spread += (v - mean) * (v - mean)
		}
		m.logit = append(m.logit, lead(f, y))
		m.probability = append(m.probability, lead(p, y))
		m.normalized = append(m.normalized, lead(f, y)/max(math.Sqrt(spread), tiny))
	}
	return m
}

// apart returns the Wasserstein-1 distance between two samples: the area between their
// distribution functions.
func apart(detail string, a, b []float64) arbench.Quantity {
	w := wasserstein(sortedCopy(a), sortedCopy(b))
	return arbench.Quantity{
		Name: "margin distance", Detail: detail, Value: w, Lo: w, Hi: w, N: len(a) + len(b),
	}
}

// lead returns v[y] less the greatest other value.
func lead(v []float64, y int) float64 {
	other := math.Inf(-1)
	for k, w := range v {
		if k != y {
			other = max(other, w)
		}
	}
	return v[y] - other
}

func wasserstein(a, b []float64) float64 {
	area, i, j := 0.0, 0, 0
	at := min(a[0], b[0])
	for i < len(a) || j < len(b) {
		next := math.Inf(1)
		if i < len(a) {
			next = a[i]
		}
		if j < len(b) {
			next = min(next, b[j])
		}
		area += (next - at) * math.Abs(float64(i)/float64(len(a))-float64(j)/float64(len(b)))
		at = next
		for i < len(a) && a[i] == at {
			i++
		}
		for j < len(b) && b[j] == at {
			j++
		}
	}
	return area
}
