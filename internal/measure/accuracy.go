package measure

import "github.com/arbench/arbench"

func init() {
	arbench.Measures.Register("accuracy", func() arbench.Measure { return &Accuracy{} })
}

// Accuracy is the share of examples that get their class, on each split as it is, or under attack.
// Under attack an example that is wrong as it is counts as an error.
type Accuracy struct{}

var _ arbench.Measure = (*Accuracy)(nil)

// Info implements [arbench.Measure].
func (*Accuracy) Info() arbench.MeasureInfo {
	return arbench.MeasureInfo{
		Doc:    "share of examples that get their class, clean or under attack",
		Source: "interval: Wilson, JASA 22:209, 1927",
	}
}

// Measure implements [arbench.Measure]. It gives "accuracy" in %.
func (*Accuracy) Measure(r arbench.Record) []arbench.Quantity {
	var out []arbench.Quantity
	for _, p := range clean(r) {
		out = append(out, p.share("accuracy", "", count(p.Len(), p.Correct), p.Len(), +1))
	}
	if d, ok := underAttack(r); ok {
		n := d.attacked.Len()
		out = append(out, d.share("accuracy", "", count(n, d.robust), n, +1))
	}
	return out
}
