package table

import "testing"

// TestNoPIsZero has McNemar's p of 1,100 pairs of which one net has all right, 2^-1099, which is 0 as a float64.
func TestNoPIsZero(t *testing.T) {
	for p, want := range map[float64]string{0: "<1e-300", 1e-299: "1e-299", 0.25: "0.250", 1: "1.00"} {
		r := pair(70, 12, drop{2, 1, 3})
		r.Cells[1].Quantities = append(r.Cells[1].Quantities, quantity(costP, "", p, p, p))
		if got := find(t, r, "Cost ledger").Parts[1].Rows[0][3].Text; got != want {
			t.Errorf("p %v is written %q, want %q", p, got, want)
		}
	}
	r := pair(70, 12, drop{2, 1, 3})
	if got := find(t, r, "Cost ledger").Parts[1].Rows[0][3].Text; got != "–" {
		t.Errorf("no p is written %q, want –", got)
	}
}
