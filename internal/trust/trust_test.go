package trust

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestEvidenceHasItsInterval compares with Wilson's limits of 81 of 263 (Newcombe 1998) and with a
// difference that both count equally.
func TestEvidenceHasItsInterval(t *testing.T) {
	round := cmpopts.EquateApprox(0, 6e-3)
	q := share(81, 263)
	if diff := cmp.Diff([]float64{30.80, 25.53, 36.62}, []float64{q.Value, q.Lo, q.Hi}, round); diff != "" {
		t.Errorf("share (-want +got):\n%s", diff)
	}
	d := tally{both: 1, first: 1, second: 7, neither: 12}.difference() // Fagerland et al. 2014
	if diff := cmp.Diff([]float64{-28.57, -50.7, -2.6}, []float64{d.Value, d.Lo, d.Hi}, cmpopts.EquateApprox(0, 0.06)); diff != "" {
		t.Errorf("difference (-want +got):\n%s", diff)
	}
	if math.IsNaN(share(0, 0).Value) || share(0, 0).N != 0 {
		t.Error("of no examples there is a share")
	}
}

// TestComparisonsAreOfTheSameExamples gives a subset in another order.
func TestComparisonsAreOfTheSameExamples(t *testing.T) {
	c := base()
	sub := outcome(100, 0.1, below(60))
	for i := range sub.ID {
		sub.ID[i] = 3 * (199 - i) // examples 199 to 100, of which the attack left none
		sub.Y[i] = (199 - i) % 2
		clear(sub.Logits.Row(i))
		sub.Logits.Row(i)[sub.Y[i]] = 1
	}
	a := attempt("", "pgd", 40, ball, all)
	a.Outcome = sub
	if diff := cmp.Diff(tally{second: 100}, compare(c.left(c.Attempt), c.left(a)), cmp.AllowUnexported(tally{})); diff != "" {
		t.Errorf("tally (-want +got):\n%s", diff)
	}
}
