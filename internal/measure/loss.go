package measure

import (
	"math"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Measures.Register("loss", func() arbench.Measure { return &Loss{} })
}

// Loss is the cross-entropy of the examples' classes, on each split as it is, or under attack: its
// mean and its spread.
type Loss struct{}

var _ arbench.Measure = (*Loss)(nil)

// Info implements [arbench.Measure].
func (*Loss) Info() arbench.MeasureInfo {
	return arbench.MeasureInfo{
		Doc:    "mean and standard deviation of the cross-entropy, clean or under attack",
		Source: "Wen, Li & Jia, ICML 2020, section 4",
	}
}

// Measure implements [arbench.Measure]. It gives "loss" and "loss std" in nats.
func (*Loss) Measure(r arbench.Record) []arbench.Quantity {
	var out []arbench.Quantity
	add := func(s sample, z [][]float32, y []int) {
		v := losses(z, y)
		mean, std := clamp(0, math.Inf(1), s.mean("loss", "", v, -1)), s.std("loss std", "", v)
		mean.Unit, std.Unit = "nats", "nats"
		out = append(out, mean, std)
	}
	for _, p := range clean(r) {
		add(p.sample, rows(p.Outcome), p.Y)
	}
	if d, ok := underAttack(r); ok {
		add(d.sample, d.rows(), d.clean.Y)
	}
	return out
}

// rows returns the logits under attack of every example.
func (d duel) rows() [][]float32 {
	z := make([][]float32, d.attacked.Len())
	for i := range z {
		z[i] = d.logits(i)
	}
	return z
}
