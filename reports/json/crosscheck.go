package json

import "github.com/arbench/arbench"

type crossCheck struct {
	Cell          cell     `json:"cell"`
	Other         string   `json:"other"`
	SameWeights   bool     `json:"same_weights"`
	Precision     string   `json:"precision,omitempty"`
	N             int      `json:"n"`
	Accuracy      number   `json:"accuracy"`
	OtherAccuracy number   `json:"other_accuracy"`
	Flags         int      `json:"flags"`
	Classes       int      `json:"classes"`
	Difference    quantity `json:"difference"`
	Logits        logits   `json:"logits,omitzero"` // missing where they were not compared
	Beyond        string   `json:"beyond,omitempty"`
}

type logits struct {
	N        int    `json:"n"`
	Greatest number `json:"greatest"`
	Range    number `json:"range"`
}

func crossCheckOf(c arbench.CrossCheck) crossCheck {
	return crossCheck{
		Cell: cellOf(c.Cell), Other: c.Other, SameWeights: c.SameWeights, Precision: c.Precision, N: c.N,
		Accuracy: number(c.Accuracy), OtherAccuracy: number(c.OtherAccuracy),
		Flags: c.Flags, Classes: c.Classes, Difference: quantityOf(c.Difference),
		Logits: logits{c.Logits.N, number(c.Logits.Greatest), number(c.Logits.Range)}, Beyond: c.Beyond,
	}
}

func (c crossCheck) result() arbench.CrossCheck {
	return arbench.CrossCheck{
		Cell: c.Cell.cell(), Other: c.Other, SameWeights: c.SameWeights, Precision: c.Precision, N: c.N,
		Accuracy: float64(c.Accuracy), OtherAccuracy: float64(c.OtherAccuracy),
		Flags: c.Flags, Classes: c.Classes, Difference: c.Difference.quantity(), Beyond: c.Beyond,
		Logits: arbench.LogitChange{N: c.Logits.N, Greatest: float64(c.Logits.Greatest), Range: float64(c.Logits.Range)},
	}
}
