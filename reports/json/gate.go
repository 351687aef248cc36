package json

import "github.com/arbench/arbench"

// A gate is the JSON form of an arbench.GateResult: what was asked, of what, and what became of it.
type gate struct {
	Name     string        `json:"name"`
	Verdict  string        `json:"verdict"`
	Reason   string        `json:"reason"`
	Cell     cell          `json:"cell"`
	Value    number        `json:"value"`
	Lo       number        `json:"lo"`
	Hi       number        `json:"hi"`
	Unit     string        `json:"unit,omitempty"`
	N        int           `json:"n"`
	Seeds    int           `json:"seeds"`
	Trust    arbench.Trust `json:"trust,omitempty"`
	Model    string        `json:"model"`
	Attack   string        `json:"attack,omitempty"`
	Threat   string        `json:"threat,omitempty"`
	Probe    string        `json:"probe,omitempty"`
	Quantity string        `json:"quantity"`
	Detail   string        `json:"detail,omitempty"`
	Split    arbench.Split `json:"split"`
	Bound    string        `json:"bound,omitempty"`
	Min      *float64      `json:"min,omitempty"`
	Max      *float64      `json:"max,omitempty"`
}

func gateOf(r arbench.GateResult) gate {
	g := r.Gate
	return gate{
		Name: g.Name, Verdict: string(r.Verdict), Reason: r.Reason, Cell: cellOf(r.Cell),
		Value: number(r.Value), Lo: number(r.Lo), Hi: number(r.Hi), Unit: r.Unit, N: r.N, Seeds: r.Seeds, Trust: r.Trust,
		Model: g.Model, Attack: g.Attack, Threat: g.Threat, Probe: g.Probe,
		Quantity: g.Quantity, Detail: g.Detail, Split: g.Split, Bound: g.Bound, Min: g.Min, Max: g.Max,
	}
}

func (g gate) result() arbench.GateResult {
	return arbench.GateResult{
		Gate: arbench.Gate{
			Name: g.Name, Model: g.Model, Attack: g.Attack, Threat: g.Threat, Probe: g.Probe,
			Quantity: g.Quantity, Detail: g.Detail, Split: g.Split, Bound: g.Bound, Min: g.Min, Max: g.Max,
		},
		Cell: g.Cell.cell(), Verdict: arbench.Verdict(g.Verdict), Reason: g.Reason,
		Value: float64(g.Value), Lo: float64(g.Lo), Hi: float64(g.Hi), Unit: g.Unit, N: g.N, Seeds: g.Seeds, Trust: g.Trust,
	}
}
