package measure

import "github.com/arbench/arbench"

func init() {
	arbench.Measures.Register("cascade", func() arbench.Measure { return &Cascade{} })
}

// Cascade is what each stage of an attack that has stages did and spent; the detail names the stage. All
// are of every example that the attack was asked about, so that they add up over the stages:
//
//   - "left after stage", in %: examples that are right as they are and that no stage so far broke; the
//     first, with the detail "as they are", is before any stage;
//   - "broken by stage", in %: examples that this stage broke and none before it;
//   - "stage forward passes" and "stage backward passes": number spent, for each example.
type Cascade struct{}

var _ arbench.Measure = (*Cascade)(nil)

// Info implements [arbench.Measure].
func (*Cascade) Info() arbench.MeasureInfo {
	return arbench.MeasureInfo{
		Doc:    "what each stage of a cascade broke, left and spent",
		Source: "Croce & Hein, ICML 2020 (arXiv:2003.01690), table 2: accuracy after each attack",
	}
}

// Measure implements [arbench.Measure]. It gives nothing for attacks without stages.
func (*Cascade) Measure(r arbench.Record) []arbench.Quantity {
	d, ok := underAttack(r)
	if !ok || len(d.attacked.Stages) == 0 || len(d.attacked.Stage) != d.attacked.Len() {
		return nil
	}
	n, stage := d.attacked.Len(), d.attacked.Stage
	left := count(n, d.clean.Correct)
	out := []arbench.Quantity{d.share("left after stage", "as they are", left, n, +1)}
	for k, s := range d.attacked.Stages {
		broken := count(n, func(i int) bool { return d.clean.Correct(i) && stage[i] == k+1 })
		left -= broken
		out = append(out,
			d.share("left after stage", s.Name, left, n, +1), d.share("broken by stage", s.Name, broken, n, 0))
		for _, p := range []struct {
			name   string
			passes int
		}{{"stage forward passes", s.Passes.Forward}, {"stage backward passes", s.Passes.Backward}} {
			v := float64(p.passes) / float64(n)
			out = append(out, arbench.Quantity{Name: p.name, Split: d.split, Detail: s.Name, Value: v, Lo: v, Hi: v, N: n})
		}
	}
	return out
}
