package table

import (
	"testing"

	"github.com/arbench/arbench"
)

// The headline is the model trained against the greatest eps, not the first one.
func TestHeadlineIsTheStrongestTraining(t *testing.T) {
	r := pair(70, 12, drop{2, 1, 3})
	weak := r.Models[1]
	weak.Name, weak.Strength = "weak", 0.05
	other := r.Models[1] // another norm is not comparable
	other.Name, other.Strength, other.Norm = "other", 3, arbench.L2
	r.Models = []arbench.ModelResult{r.Models[0], weak, r.Models[1], other}
	for _, name := range []string{"weak", "other"} {
		r.Cells = append(r.Cells,
			answer(arbench.CleanCell, name, 0, quantity(cost, points, 1, 0.5, 1.5)))
	}
	if got, _ := newIndex(r).headline(); got != "at" {
		t.Errorf("headline %q, want at", got)
	}
}

// A quantity from somebody else's measure or probe gets a row without being known here.
func TestUnknownQuantitiesAreShown(t *testing.T) {
	r := pair(70, 12, drop{2, 1, 3})
	r.Cells = append(r.Cells,
		answer(arbench.ProbeCell, "at", 0, quantity("wobble", "", 0.25, 0.2, 0.3)))
	for _, s := range New(r).Sections {
		if s.Title != "More quantities" {
			continue
		}
		for _, p := range s.Parts {
			for _, row := range p.Rows {
				if row[0].Text == "wobble" && row[2].Text == "n=600" && row[4].Text == "0.250 [0.200, 0.300]" {
					return
				}
			}
		}
	}
	t.Error("no row shows wobble")
}

func TestNoTableIsLongerThanItsCap(t *testing.T) {
	r := &arbench.Results{}
	for i := range MaxRows + 30 {
		r.Failures = append(r.Failures, arbench.Failure{Cell: arbench.Cell{Seed: uint64(i)}, Error: "no"})
	}
	p := New(r).Sections[0].Parts[0]
	if len(p.Rows) != MaxRows || p.LeftOut != 30 {
		t.Errorf("%d rows and %d left out, want %d and 30", len(p.Rows), p.LeftOut, MaxRows)
	}
}

func TestThreatsOfEqualSizeAreToldApart(t *testing.T) {
	r := pair(70, 12, drop{2, 1, 3})
	x := newIndex(r)
	if got := x.threat("near"); got != "linf 0.1" {
		t.Errorf("alone it is %q", got)
	}
	twice := r.Cells[3]
	twice.Cell.Threat = "other"
	far := r.Cells[3]
	far.Cell.Threat, far.Cell.Budget.Eps = "far", 0.2
	r.Cells = append(r.Cells, twice, far)
	x = newIndex(r)
	for name, want := range map[string]string{
		"near": "linf 0.1 (near)", "other": "linf 0.1 (other)", "far": "linf 0.2",
	} {
		if got := x.threat(name); got != want {
			t.Errorf("threat %s is called %q, want %q", name, got, want)
		}
	}
}

func TestNumbersSideBySideShareWhatTheyRestOn(t *testing.T) {
	num := func(seeds, least, most int) Number { return Number{Seeds: seeds, Least: least, Most: most} }
	for _, c := range []struct {
		numbers []Number
		rests   string
		alike   bool
	}{
		{[]Number{num(2, 640, 640), {}, num(2, 640, 640)}, "2 seeds × 640", true},
		{[]Number{num(2, 26, 42), num(2, 30, 32), num(2, 81, 89)}, "2 seeds × 26–89", true},
		{[]Number{num(2, 640, 640), num(1, 640, 640)}, "–", false},
		{[]Number{num(1, 0, 0), num(1, 0, 0)}, "–", true},
	} {
		if rests, alike := together(c.numbers); rests != c.rests || alike != c.alike {
			t.Errorf("%v: %q, %v; want %q, %v", c.numbers, rests, alike, c.rests, c.alike)
		}
	}
}

// Ratios of two layers: 1/2 and 1/8 in one training, geometric mean 1/4, and the same in the other.
func TestLayersAreSummedUpWithAnInterval(t *testing.T) {
	r := pair(70, 12, drop{2, 1, 3}, drop{2, 1, 3})
	for seed := range uint64(2) {
		for model, v := range map[string][2]float64{"std": {8, 8}, "at": {4, 1}} {
			var qs []arbench.Quantity
			for i, layer := range []string{"fc1", "fc2"} {
				qs = append(qs, arbench.Quantity{
					Name: spread, Detail: layer, Value: v[i], Lo: v[i], Hi: v[i], N: 4,
				})
			}
			r.Cells = append(r.Cells, answer(arbench.ProbeCell, model, seed, qs...))
		}
	}
	x := newIndex(r)
	got := x.sum("at", x.layerGroups([]string{spread})[0]).String()
	if want := "2 of 2, 2 clearly, ×0.250 [0.250, 0.250]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
