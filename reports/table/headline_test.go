package table

import (
	"slices"
	"strings"
	"testing"

	"github.com/arbench/arbench"
)

// nets returns pair for two nets, at and at2, whose drops are a and b.
func nets(a, b []drop) *arbench.Results {
	r, other := pair(70, 12, a...), pair(70, 12, b...)
	for _, m := range other.Models {
		m.Name += "2"
		if m.Twin != "" {
			m.Twin += "2"
		}
		r.Models = append(r.Models, m)
	}
	for _, c := range other.Cells {
		c.Cell.Model += "2"
		r.Cells = append(r.Cells, c)
	}
	return r
}

func TestFirstSentenceNamesEachNet(t *testing.T) {
	treated := nets([]drop{{2, 1, 3}}, []drop{{3, 2, 4}})
	treated.Models[3].Regularizers = []string{"trades"}
	weaker := nets([]drop{{2, 1, 3}}, []drop{{3, 2, 4}})
	weaker.Models[3].Strength = 0.05
	for _, c := range []struct {
		name string
		r    *arbench.Results
		want string
	}{
		{"costs", nets([]drop{{2, 1, 3}}, []drop{{3, 2, 4}}), "Adversarial training at linf 0.1 cost at 2.0 " +
			"points of clean test accuracy (95 % interval 1.0 to 3.0, 600 examples, 1 training seed) and at2 " +
			"3.0 points (95 % interval 2.0 to 4.0)"},
		{"each seed", nets([]drop{{1, 0.5, 2}, {3, 2, 4}}, []drop{{4, 3, 5}, {6, 5, 7}}), "Adversarial " +
			"training at linf 0.1 cost at 1.0 and 3.0 points of clean test accuracy in its 2 trainings (mean " +
			"2.0, 95 % interval over seeds -10.7 to 14.7, 600 examples, 2 training seeds) and at2 4.0 and 6.0 " +
			"points in its 2 trainings (mean 5.0, 95 % interval over seeds -7.7 to 17.7), too few to call it a " +
			"cost of the method"},
		{"cost and none", nets([]drop{{1, -1, 3}}, []drop{{3, 2, 4}}), "Adversarial training at linf 0.1 cost " +
			"at2 3.0 points of clean test accuracy (95 % interval 2.0 to 4.0, 600 examples, 1 training seed); " +
			"it had no measurable cost in clean test accuracy for at, where it fell by 1.0 points (95 % " +
			"interval -1.0 to 3.0)"},
		{"another regularizer", treated, "Adversarial training at linf 0.1 cost at 2.0 points of clean test " +
			"accuracy (95 % interval 1.0 to 3.0, 600 examples, 1 training seed)"},
		{"a smaller eps", weaker, "Adversarial training at linf 0.1 cost at 2.0 points of clean test " +
			"accuracy (95 % interval 1.0 to 3.0, 600 examples, 1 training seed)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, _ := strings.Cut(New(c.r).Answer[0].Text, ". ")
			if got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestOtherModelsAreSummedUp(t *testing.T) {
	r := nets([]drop{{2, 1, 3}}, []drop{{-3, -4, -2}})
	r.Models[3].Strength = 0.05
	answer := New(r).Answer
	const want = "Of the 2 models that the suite compares with a twin, this is about at, trained against " +
		"the greatest linf eps; the clean test accuracy of all of them changed by -2.0 to +3.0 points."
	if got := answer[len(answer)-1].Text; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// TestOthersSaysWhichModelItIsAbout: of three models, of one net or two.
func TestOthersSaysWhichModelItIsAbout(t *testing.T) {
	three := func(f func(*arbench.Results)) *arbench.Results {
		r := nets([]drop{{2, 1, 3}}, []drop{{-3, -4, -2}})
		third := pair(70, 12, drop{30, 28, 32})
		third.Models[1].Name, third.Cells[1].Cell.Model, third.Cells[3].Cell.Model = "third", "third", "third"
		r.Models, r.Cells = append(r.Models, third.Models[1]), append(r.Cells, third.Cells[1], third.Cells[3])
		f(r)
		return r
	}
	none := func(r *arbench.Results) {
		for i := range r.Models {
			r.Models[i].Strength, r.Models[i].Norm, r.Models[i].Regularizers = 0, "", []string{"gradvary"}
		}
	}
	lost := arbench.Failure{Cell: arbench.Cell{Model: "at/0.2"}, Error: "no"}
	const changed = "; the clean test accuracy of all of them changed by -30.0 to +3.0 points."
	for _, c := range []struct {
		name string
		r    *arbench.Results
		want string
	}{
		{"without eps", three(none), "Of the 3 models that the suite compares with a twin, this is about third and " +
			"at2, which came out lowest beside the twin of each net" + changed},
		{"another norm", three(func(r *arbench.Results) { r.Models[4].Norm, r.Models[4].Strength = arbench.L1, 1 }),
			"Of the 3 models that the suite compares with a twin, this is about at and at2, trained against the " +
				"greatest linf eps" + changed},
		{"a greater eps failed", three(func(r *arbench.Results) {
			r.Models[4].Strength, r.Failures = 0.05, []arbench.Failure{lost}
		}), "Of the 3 models that could be compared with a twin, this is about at and at2, trained against the " +
			"greatest linf eps" + changed + " Of at/0.2 that is not known: see Failures."},
		{"a twin failed", three(func(r *arbench.Results) {
			r.Models[4].Strength = 0.05
			r.Models, r.Cells = slices.Delete(r.Models, 2, 3), slices.Delete(r.Cells, 4, 5)
			r.Failures = []arbench.Failure{{Cell: arbench.Cell{Model: "std2"}, Error: "no"}}
		}), "Of the 2 models that could be compared with a twin, this is about at, trained against the greatest " +
			"linf eps; the clean test accuracy of all of them changed by -30.0 to -2.0 points. Of at2 that is not " +
			"known: see Failures."},
	} {
		answer := New(c.r).Answer
		if got := answer[len(answer)-1].Text; got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}
