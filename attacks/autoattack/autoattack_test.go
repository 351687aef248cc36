package autoattack

import (
	"slices"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/apgd"
	"github.com/arbench/arbench/attacks/attacktest"
	"github.com/arbench/arbench/attacks/fab"
	"github.com/arbench/arbench/attacks/pgd"
	"github.com/arbench/arbench/attacks/square"
	"github.com/google/go-cmp/cmp"
)

func use(a arbench.Attack) arbench.Use[arbench.Attack] {
	return arbench.Use[arbench.Attack]{Name: "own", It: a}
}

// quick is a cascade of all stages that AutoAttack has, each with few passes.
func quick(order ...string) *Attack {
	ce, t := apgd.New(), apgd.New()
	ce.Steps, t.Steps, t.Targets, t.Loss = 8, 5, 2, "dlr-targeted"
	f := fab.New(2)
	f.Steps, f.EarlyExit = 5, true
	s := square.New()
	s.Queries = 30
	all := map[string]arbench.Use[arbench.Attack]{
		"apgd-ce": use(ce), "apgd-t": use(t), "fab-t": use(f), "square": use(s),
	}
	own := map[string]arbench.Use[arbench.Attack]{}
	for _, name := range order {
		own[name] = all[name]
	}
	return &Attack{Version: custom, Order: order, Own: own}
}

func TestKeepsRules(t *testing.T) {
	for _, tt := range []struct {
		name       string
		attack     func() arbench.Attack
		properties []attacktest.Property
	}{
		{
			"all stages", func() arbench.Attack { return quick(orders[standard]...) },
			[]attacktest.Property{attacktest.Random, attacktest.ManyClasses},
		},
		{
			"for two classes too", func() arbench.Attack { return quick("apgd-ce", "fab-t", "square") },
			[]attacktest.Property{attacktest.Random, attacktest.Optimal},
		},
		{"smallest changes alone", func() arbench.Attack { return quick("fab-t") }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) { attacktest.Run(t, tt.attack, tt.properties...) })
	}
}

func model(classes int) arbench.ModelInfo {
	return arbench.ModelInfo{Shape: []int{1, 6, 6}, Classes: classes, Access: arbench.Gradients}
}

// TestVersionsAreThePapers compares the settings of each version with those of the authors' program
// (set_version of its class AutoAttack).
func TestVersionsAreThePapers(t *testing.T) {
	climb := func(loss string, restarts, targets, eot int) *apgd.Attack {
		return &apgd.Attack{
			Loss: loss, Steps: 100, Restarts: restarts, Rho: 0.75, Targets: targets, EOT: eot, Schedule: true, EarlyExit: true,
		}
	}
	boundary := func(restarts, targets int) *fab.Attack {
		return &fab.Attack{
			Steps: 100, Restarts: restarts, Targets: targets, AlphaMax: 0.1, Eta: 1.05, Beta: 0.9, EarlyExit: true,
		}
	}
	search := &square.Attack{Queries: 5000, P: 0.8, Restarts: 1, Loss: "margin"}
	for _, tt := range []struct {
		version string
		norms   []arbench.Norm
		want    []arbench.Stage
	}{
		{standard, []arbench.Norm{arbench.Linf, arbench.L2}, []arbench.Stage{
			{Name: "apgd-ce", Attack: climb("ce", 1, 9, 1)}, {Name: "apgd-t", Attack: climb("dlr-targeted", 1, 9, 1)},
			{Name: "fab-t", Attack: boundary(1, 9)}, {Name: "square", Attack: search},
		}},
		{standard, []arbench.Norm{arbench.L1}, []arbench.Stage{
			{Name: "apgd-ce", Attack: climb("ce", 5, 9, 1)}, {Name: "apgd-t", Attack: climb("dlr-targeted", 1, 5, 1)},
			{Name: "fab-t", Attack: boundary(1, 9)}, {Name: "square", Attack: search},
		}},
		{plus, []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1}, []arbench.Stage{
			{Name: "apgd-ce", Attack: climb("ce", 5, 9, 1)}, {Name: "apgd-dlr", Attack: climb("dlr", 5, 9, 1)},
			{Name: "fab", Attack: boundary(5, 0)}, {Name: "square", Attack: search},
			{Name: "apgd-t", Attack: climb("dlr-targeted", 1, 9, 1)}, {Name: "fab-t", Attack: boundary(1, 9)},
		}},
		{rand, []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1}, []arbench.Stage{
			{Name: "apgd-ce", Attack: climb("ce", 1, 9, 20)}, {Name: "apgd-dlr", Attack: climb("dlr", 1, 9, 20)},
		}},
	} {
		for _, norm := range tt.norms {
			a := &Attack{Version: tt.version}
			if err := a.Validate(); err != nil {
				t.Error(err)
			}
			got, err := a.Stages(model(10), arbench.Threat{Norm: norm, Eps: 0.1})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s in %s: -want +got:\n%s", tt.version, norm, diff)
			}
		}
	}
}

// TestCompatChangesWhatItSays: APGD goes to the end and counts as the program does, Square draws as it
// does, and only standard has the schedule in L1.
func TestCompatChangesWhatItSays(t *testing.T) {
	for _, version := range []string{standard, plus, rand} {
		ours, theirs := &Attack{Version: version}, &Attack{Version: version, Compat: true}
		for _, norm := range ours.Info().Norms {
			threat := arbench.Threat{Norm: norm, Eps: 0.1}
			want, err := ours.Stages(model(10), threat)
			if err != nil {
				t.Fatal(err)
			}
			got, err := theirs.Stages(model(10), threat)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range want {
				switch a := s.Attack.(type) {
				case *apgd.Attack:
					a.Compat, a.EarlyExit, a.Schedule = true, false, version == standard
				case *square.Attack:
					a.Compat = true
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s in %s: -want +got:\n%s", version, norm, diff)
			}
		}
	}
}

func TestRefusesModelsThatDoNotFit(t *testing.T) {
	linf := arbench.Threat{Norm: arbench.Linf, Eps: 0.1}
	for _, tt := range []struct {
		name   string
		attack *Attack
		model  arbench.ModelInfo
		threat arbench.Threat
		want   string // parts of the error between spaces of any kind; empty for none
	}{
		{"4 classes", New(), model(4), linf, ""},
		{"3 classes", New(), model(3), linf, `stage "apgd-t": loss "dlr-targeted" needs 4 classes, the model has 3`},
		{"2 classes", &Attack{Version: rand}, model(2), linf, `stage "apgd-dlr": loss "dlr" needs 3 classes, the model has 2: leave it out, ` +
			`with version = "custom" and stages such as ["apgd-ce", "fab-t", "square"]`},
		{"plus of 3", &Attack{Version: plus}, model(3), linf, `stage "apgd-t": loss`},
		{"custom of 2", quick("apgd-ce", "fab-t", "square"), model(2), linf, ""},
		{"custom of 1", quick("apgd-ce", "fab-t", "square"), model(1), linf, ""},
		{"own of 3", quick("apgd-ce", "apgd-t"), model(3), linf, `stage "apgd-t": loss "dlr-targeted" needs 4 classes`},
		{"no image", New(), arbench.ModelInfo{Shape: []int{36}, Classes: 10, Access: arbench.Gradients}, linf,
			`stage "square": images of shape [36], want channels, height, width`},
		{"no gradients", New(), arbench.ModelInfo{Shape: []int{1, 6, 6}, Classes: 10, Access: arbench.Scores}, linf,
			`stage "apgd-ce": it needs gradients, the model gives scores`},
		{"another norm", quick("apgd-ce"), model(10), arbench.Threat{Norm: "l0", Eps: 1}, `stage "apgd-ce": it cannot bound l0`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.attack.Stages(tt.model, tt.threat)
			attacktest.Complains(t, err, tt.want)
		})
	}
}

func TestValidate(t *testing.T) {
	twice := quick("apgd-ce", "square")
	twice.Order = []string{"apgd-ce", "square", "apgd-ce"}
	unnamed := quick("apgd-ce", "square")
	unnamed.Order = []string{"square"}
	wrong := pgd.New()
	wrong.Steps = 0
	own := func(a arbench.Attack) *Attack {
		return &Attack{Version: custom, Order: []string{"mine"}, Own: map[string]arbench.Use[arbench.Attack]{"mine": use(a)}}
	}
	for _, tt := range []struct {
		name   string
		attack *Attack
		want   string // part of the error; empty for none
	}{
		{"default", New(), ""},
		{"custom", &Attack{Version: custom, Order: []string{"apgd-dlr", "fab"}}, ""},
		{"own", own(pgd.New()), ""},
		{"version", &Attack{Version: "Standard"}, `version "Standard" is not known, want one of ["standard"`},
		{"no stages", &Attack{Version: custom}, `stages are missing for version "custom", say stages = ["apgd-ce", "apgd-t", "fab-t", "square"]`},
		{"stages of standard", &Attack{Version: standard, Order: []string{"square"}}, `version "standard" has its own stages`},
		{"unknown", &Attack{Version: custom, Order: []string{"apgd"}}, `stages name "apgd", which is unknown: want one of ["apgd-ce"`},
		{"twice", twice, `stages name "apgd-ce" twice`},
		{"own but not named", unnamed, `own "apgd-ce" is not among the stages`},
		{"own of nothing", own(nil), `own "mine" names no attack`},
		{"own mistake", own(wrong), `own "mine": steps 0`},
		{"own cascade", own(New()), `own "mine" is a cascade: name its stages`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			attacktest.Complains(t, tt.attack.Validate(), tt.want)
		})
	}
}

// TestInfoIsOfTheStages: an attack that sees scores alone and one that bounds no L1 say so.
func TestInfoIsOfTheStages(t *testing.T) {
	if info := quick("square").Info(); info.Access != arbench.Scores || len(info.Norms) != 3 {
		t.Errorf("square alone: access %v, norms %v", info.Access, info.Norms)
	}
	a := quick("square")
	a.Order, a.Own["mine"] = append(a.Order, "mine"), use(pgd.New())
	if info := a.Info(); info.Access != arbench.Gradients || !slices.Equal(info.Norms, pgd.New().Info().Norms) {
		t.Errorf("square and pgd: access %v, norms %v", info.Access, info.Norms)
	}
	if _, err := New().Perturb(t.Context(), arbench.Trial{}); err == nil {
		t.Error("Perturb gave no error, though stages are to be put")
	}
}
