package cmd

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// answers returns the outcome on examples of class 0 which are right where the letter is "r".
func answers(letters string, distance ...float64) *arbench.Outcome {
	n := len(letters)
	o := &arbench.Outcome{ID: make([]int, n), Y: make([]int, n), Logits: arbench.NewTensor(n, 2), Distance: distance}
	for i, l := range letters {
		o.ID[i] = i
		o.Logits.Row(i)[strings.IndexRune("rw", l)] = 1
		o.Forward, o.Backward = append(o.Forward, 2+i), append(o.Backward, 1)
	}
	return o
}

// TestRowsOfTry has six examples, the first wrong as it is; the weak attack breaks two more and the
// strong one four, but for one that the weak one broke. Examples took 2 to 7 forward passes, 4.5 in
// the mean; the median of three and of four distances is the third smallest of four. An attack that
// looks for the smallest change found one for three, but only two within eps.
func TestRowsOfTry(t *testing.T) {
	clean := tried{"", arbench.Result{}, answers("wrrrrr"), 0.5}
	weak := tried{"weak", arbench.Result{Seconds: 1.25, Quantities: []arbench.Quantity{
		{Name: "distance", Split: arbench.Test, Value: 1},
		{Name: "accuracy", Split: arbench.Test, Value: 50, Lo: 12.34, Hi: 88},
	}}, answers("wwwrrr", 0.5, 0.1, 0.2, 0.5, 0.5, 0.5), 0.5}
	strong := tried{"strong", arbench.Result{}, answers("wrwwww", 0, 9, 0.3, 0.1, 0.2, 0.4), 0.5}
	none := tried{"none", arbench.Result{}, answers("rrrrrr", 1, 1, 1, 1, 1, 1), 0.5}
	far := tried{"far", arbench.Result{}, answers("wwwwrr", 0, 0.2, 0.8, 0.5, 0, 0), 0.5}
	var b strings.Builder
	for _, a := range []tried{clean, weak, strong, none, far} {
		a.write(&b, clean.outcome)
	}
	want := "none\tnot known\t–\t–\t–\t–\t–\n" +
		"weak\t50.0 % [12.3, 88.0]\t2\t0.2\t4.5\t1.0\t1.25 s\n" +
		"strong\tnot known\t4\t0.3\t4.5\t1.0\t0.00 s\n" +
		"none\tnot known\t0\t–\t4.5\t1.0\t0.00 s\n" +
		"far\tnot known\t2\t0.5\t4.5\t1.0\t0.00 s\n"
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
	got := []int{left(weak, strong), left(strong, weak), left(far, weak), left(weak, far)}
	if d := cmp.Diff([]int{3, 1, 1, 1}, got); d != "" {
		t.Errorf("examples that one broke and the other left (-want +got):\n%s", d)
	}
}
