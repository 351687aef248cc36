package table

import (
	"slices"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

func TestChangesOfAllModelsAreSaidWithTheirSign(t *testing.T) {
	for _, c := range []struct {
		a, b float64
		want string
	}{
		{2, -3, "changed by -2.0 to +3.0 points."},
		{0.01, 0.04, "is that of the twins to a tenth of a point."},
		{0.01, -0.5, "changed by 0.0 to +0.5 points."},
		{1, 1.02, "changed by -1.0 points."},
	} {
		r := nets([]drop{{c.a, c.a - 1, c.a + 1}}, []drop{{c.b, c.b - 1, c.b + 1}})
		r.Models[3].Strength = 0.05
		answer := New(r).Answer
		got := answer[len(answer)-1].Text
		if want := "the clean test accuracy of all of them " + c.want; !strings.HasSuffix(got, want) {
			t.Errorf("%v and %v: %s, want %s", c.a, c.b, got, want)
		}
	}
}

// Three digits do not tell these apart: the difference does.
func TestAChangeBelowTheDigitsIsSaid(t *testing.T) {
	n := func(v, half float64) Number {
		return Number{Value: v, Lo: v - half, Hi: v + half, Unit: "nats", Seeds: 1}
	}
	for _, c := range []struct {
		twin, d Number
		want    string
	}{
		{n(2.3015, 0.01), n(-0.0012, 0.0001), "it fell by 0.00120 nats, from 2.30 nats [2.29, 2.31] to 2.30 nats [2.29, 2.31]"},
		{n(2.3015, 0.01), n(-0.0012, 0.01), "it did not measurably change, going from 2.30 nats [2.29, 2.31] to 2.30 nats [2.29, 2.31]"},
		{n(2.5, 0.01), n(-0.2, 0.01), "it fell from 2.50 nats [2.49, 2.51] to 2.30 nats [2.29, 2.31]"},
	} {
		if got := changed("it", n(c.twin.Value+c.d.Value, 0.01), c.twin, c.d); got != c.want {
			t.Errorf("\n got %s\nwant %s", got, c.want)
		}
	}
}

// Weights that were given come of no seed that is known here.
func TestAGivenModelHasNoTrainingSeed(t *testing.T) {
	r := pair(70, 12, drop{2, 1, 3})
	r.Note = "Mind the step."
	r.Models[0].Given, r.Models[1].Given = true, true
	rep := New(r)
	if got, want := rep.Answer[0].Text, "(95 % interval 1.0 to 3.0, 600 examples, weights as given)"; !strings.Contains(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
	got := []string{rep.Notes[0].Text, rep.Notes[1].Text}
	want := []string{"Mind the step.",
		"The weights of at, or of the twin, were given: this compares two networks, not two methods."}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

// A clock gives no exact number; how many passes there were is one.
func TestOneTrainingsTimeIsNotExact(t *testing.T) {
	r := pair(70, 12, drop{2, 1, 3})
	for i := range r.Models {
		r.Models[i].Seconds, r.Models[i].Passes = float64(2+i), arbench.Passes{Forward: 10 + 10*i}
	}
	for _, s := range New(r).Sections {
		if s.Title != "Cost ledger" {
			continue
		}
		row := s.Parts[0].Rows[1]
		if diff := cmp.Diff([]string{"1.50", "2.00 exact"}, []string{row[6].Text, row[7].Text}); diff != "" {
			t.Errorf("× time and × passes (-want +got):\n%s", diff)
		}
	}
}

// What is the same number under another name, or the eps of a threat, is no further quantity.
func TestMoreQuantitiesLeaveOutWhatIsSaidAlready(t *testing.T) {
	listed := func(r *arbench.Results) (out []string) {
		for _, s := range New(r).Sections {
			for _, p := range s.Parts {
				for _, row := range p.Rows {
					if s.Title == "More quantities" {
						out = append(out, row[0].Text)
					}
				}
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	nll, distance := quantity("NLL", "nats", 0.5, 0.4, 0.6), quantity("distance", "", 0.1, 0.1, 0.1)
	r := pair(70, 12, drop{2, 1, 3})
	r.Cells[1].Quantities = append(r.Cells[1].Quantities, nll)
	r.Cells[3].Quantities = append(r.Cells[3].Quantities, distance)
	if diff := cmp.Diff([]string{"NLL"}, listed(r)); diff != "" {
		t.Errorf("without a loss (-want +got):\n%s", diff)
	}
	loss := nll
	loss.Name, distance.Value = "loss", 0.07
	r.Cells[1].Quantities = append(r.Cells[1].Quantities, loss)
	r.Cells[2].Quantities = append(r.Cells[2].Quantities, distance) // of a minimum-norm attack
	if diff := cmp.Diff([]string{"distance, under pgd at linf 0.1"}, listed(r)); diff != "" {
		t.Errorf("with a loss (-want +got):\n%s", diff)
	}
}
