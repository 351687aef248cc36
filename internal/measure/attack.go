package measure

import (
	"math"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Measures.Register("attack", func() arbench.Measure { return &Attack{} })
}

// Attack is what an attack did to the examples and what it spent:
//
//   - "boundary error", in %: examples that are right as they are and wrong under attack;
//   - "loss rise", in nats: mean of the cross-entropy under attack less that of the image;
//   - "KL gap", in nats: mean divergence of the answer under attack from that on the image;
//   - "distance": median distance from the image to the candidate, in the threat's norm, over the
//     examples that the attack broke, at any distance; absent if it broke none;
//   - "forward passes" and "backward passes": mean number spent on an example.
type Attack struct{}

var _ arbench.Measure = (*Attack)(nil)

// Info implements [arbench.Measure].
func (*Attack) Info() arbench.MeasureInfo {
	return arbench.MeasureInfo{
		Doc:    "what an attack did and spent: boundary error, loss rise, KL gap, distance, passes",
		Source: "boundary error and KL gap: Zhang et al. (TRADES), ICML 2019, sections 3 and 4",
	}
}

// Measure implements [arbench.Measure].
func (*Attack) Measure(r arbench.Record) []arbench.Quantity {
	d, ok := underAttack(r)
	if !ok {
		return nil
	}
	n := d.attacked.Len()
	broken := count(n, func(i int) bool { return d.clean.Correct(i) && !d.robust(i) })
	rise := d.mean("loss rise", "", d.rise(), -1)
	gap := clamp(0, math.Inf(1), d.mean("KL gap", "", d.divergence(), -1))
	rise.Unit, gap.Unit = "nats", "nats"
	out := []arbench.Quantity{d.share("boundary error", "", broken, n, -1), rise, gap}
	if v := d.distances(); len(v) > 0 {
		q := d.quantile("distance", "median", v, 0.5)
		q.Better = +1
		out = append(out, q)
	}
	for _, p := range []struct {
		name   string
		passes []int
	}{{"forward passes", d.attacked.Forward}, {"backward passes", d.attacked.Backward}} {
		if len(p.passes) == n {
			out = append(out, d.mean(p.name, "", floats(p.passes), 0))
		}
	}
	return out
}

// rise returns how much the attack raised the loss of each example.
func (d duel) rise() []float64 {
	v, before := losses(d.rows(), d.clean.Y), losses(rows(d.clean), d.clean.Y)
	for i := range v {
		v[i] -= before[i]
	}
	return v
}

// divergence returns KL(p(x) ‖ p(x′)) of each example.
func (d duel) divergence() []float64 {
	v := make([]float64, d.clean.Len())
	for i := range v {
		v[i] = arbench.Divergence(d.clean.Logits.Row(i), d.logits(i), nil, nil)
	}
	return v
}

// distances returns, sorted, those of the candidates that changed a right answer into a wrong one.
func (d duel) distances() []float64 {
	var v []float64
	for i, distance := range d.attacked.Distance {
		if d.clean.Correct(i) && !d.attacked.Correct(i) {
			v = append(v, distance)
		}
	}
	return sortedCopy(v)
}

func floats(v []int) []float64 {
	out := make([]float64, len(v))
	for i, n := range v {
		out[i] = float64(n)
	}
	return out
}
