package table

import (
	"math"

	"github.com/arbench/arbench"
)

// Numbers finds the numbers of results as the report shows them: over training seeds.
type Numbers struct{ *index }

// NewNumbers returns the numbers of r, which it does not change.
func NewNumbers(r *arbench.Results) Numbers { return Numbers{newIndex(r)} }

// Of returns a quantity of the model, attack, threat or probe that c names, whatever its seed. Where
// the quantity rests on no examples the split of c does not matter. Seeds is 0 if there is none.
func (n Numbers) Of(c arbench.Cell, quantity, detail string) Number {
	t := topicOf(c)
	t.name, t.detail = quantity, detail
	if found := n.number(c.Model, t); found.Seeds > 0 {
		return found
	}
	t.split = ""
	return n.number(c.Model, t)
}

// Names returns what Of knows of c, in order of appearance: quantities, or the details of one of
// them if it is named.
func (n Numbers) Names(c arbench.Cell, quantity string) []string {
	want := topicOf(c)
	var out []string
	for _, t := range n.topics {
		name := t.name
		if quantity != "" {
			name = t.detail
		}
		same := t.kind == want.kind && t.attack == want.attack && t.threat == want.threat && t.probe == want.probe
		if same && (quantity == "" || quantity == t.name) && len(n.samples(c.Model, t)) > 0 {
			out = union(out, []string{name})
		}
	}
	return out
}

func topicOf(c arbench.Cell) topic {
	return topic{kind: c.Kind, attack: c.Attack, threat: c.Threat, probe: c.Probe, split: c.Split}
}

// Short returns the value and the interval of n.
func (n Number) Short() string { return n.short() }

// Defined reports whether n was measured and is a number with an interval.
func (n Number) Defined() bool {
	return n.Seeds > 0 && !math.IsNaN(n.Value) && !math.IsNaN(n.Lo) && !math.IsNaN(n.Hi)
}

// Pool returns the mean of a quantity of trainings from several seeds, with its interval, as reports
// show it.
func Pool(qs []arbench.Quantity, level float64) Number {
	var s []sample
	for i, q := range qs {
		s = append(s, sample{uint64(i), q})
	}
	return pool(s, level)
}

// Difference returns a - b with the interval that their own intervals give if they are independent.
func Difference(a, b arbench.Quantity) arbench.Quantity { return difference(a, b) }
