package reports_test

import (
	"fmt"
	"math"
	"strings"

	"github.com/arbench/arbench"
)

// sample returns made-up results of the size and shape of a small real suite: two nets, each plain
// and adversarially trained at two strengths, two training seeds; a label-smoothed cnn with one seed;
// one attack that failed. The numbers follow simple formulas; they are nobody's measurement.
func sample() *arbench.Results {
	s := &sampler{r: &arbench.Results{
		Suite: "digits", Title: "Digits: what robustness costs, and what it regularizes",
		Dataset: "UCI handwritten digits, 8×8, 1797 images", Digest: "sha256:6d9c35a6", Train: 1197,
		Backend: "gorgonia", Numeric: "float32 direct avx2", Level: 0.95, Trust: "quick",
		Versions: []arbench.Version{{Name: "arbench", Version: "v0.1.0"}, {Name: "go", Version: "go1.26"}},
		Command:  "arbench run digits.toml --set 'seeds.train=[0, 1]'",
		Settings: "schema = 1\nname = \"digits\"\n\n[dataset]\nuse = \"digits\"\n",
	}}
	for _, net := range []string{"mlp", "cnn"} {
		for _, strength := range []float64{0, 0.1, 0.05} {
			for seed := range uint64(2) {
				s.model(net, strength, seed)
			}
		}
	}
	s.smoothed()
	s.r.Failures = []arbench.Failure{{
		Cell: arbench.Cell{
			Kind: arbench.AttackCell, Model: "cnn/ls", Split: arbench.Test, Attack: "fab|t",
			Threat: "linf-0.15", Budget: arbench.Threat{Norm: arbench.Linf, Eps: 0.15},
		},
		Error: "layer \"conv2\": logits are not finite\n(row 17 | batch 3)",
	}}
	s.r.Gates = gates()
	s.judged()
	return s.r
}

// judged adds what checks found: everything is trusted, but for fgsm at the greatest eps, and for one
// number of pgd-20 on a cnn.
func (s *sampler) judged() {
	for i := range s.r.Cells {
		c := &s.r.Cells[i]
		switch {
		case c.Cell.Kind == arbench.CleanCell:
			c.Findings = []arbench.Finding{finding(31, "collapse", arbench.Trusted, 15, 600, 90)}
		case c.Cell.Attack == "fgsm" && c.Cell.Budget.Eps == 0.15:
			c.Findings = []arbench.Finding{finding(10, "black box", arbench.Suspect, 40, 600, 0.2)}
		case c.Cell.Attack == "pgd-20" && c.Cell.Budget.Eps == 0.15 && c.Cell.Model == "cnn/at/0.1" && c.Cell.Seed == 1:
			c.Findings = []arbench.Finding{finding(10, "black box", arbench.Suspect, 40, 600, 0.2),
				finding(11, "random noise", arbench.Invalid, 30, 310, 1)}
		case c.Cell.Kind == arbench.AttackCell:
			c.Findings = []arbench.Finding{finding(10, "black box", arbench.Trusted, 0, 600, 0.2),
				{Row: 3, Check: "eps 0", Note: "not asked at trust level \"off\""}}
		}
		for k := range c.Quantities {
			c.Quantities[k].Trust = c.Trust()
		}
	}
}

func finding(row int, check string, t arbench.Trust, k, n int, limit float64) arbench.Finding {
	q := share("", "", "", k, n)
	q.Better = 0
	return arbench.Finding{Row: row, Check: check, Trust: t, Evidence: q, Limit: limit,
		Compared: fmt.Sprintf("examples of %d that the other one broke", n)}
}

// gates returns one gate of each verdict.
func gates() []arbench.GateResult {
	cell := arbench.Cell{
		Kind: arbench.AttackCell, Model: "cnn/at/0.1", Split: arbench.Test, Attack: "pgd-20", Threat: "linf-0.1",
		Budget: arbench.Threat{Norm: arbench.Linf, Eps: 0.1},
	}
	clean := arbench.Cell{Kind: arbench.CleanCell, Model: "mlp/at/0.1", Split: arbench.Test}
	robust := arbench.Gate{
		Name: "robust", Model: "cnn/*", Attack: "pgd*", Quantity: "accuracy", Split: arbench.Test, Min: new(60.0),
	}
	cheap := arbench.Gate{
		Name: "cheap", Model: "mlp/at/0.1", Quantity: "cost", Split: arbench.Test, Bound: "value", Max: new(5.0),
	}
	absent, left := cheap, robust
	absent.Name, absent.Quantity = "absent", "costs"
	left.Name = "left|out"
	return []arbench.GateResult{
		{
			Gate: robust, Cell: cell, Verdict: arbench.GateFailed, Value: 67.5, Lo: 59.25, Hi: 75, Unit: "%",
			N: 600, Seeds: 2, Reason: "accuracy is 67.5 % [59.2, 75.0] (2 seeds × 600), wanted: lower end at least 60",
		},
		{
			Gate: cheap, Cell: clean, Verdict: arbench.GatePassed, Value: 1.75, Lo: 1, Hi: 2.5, Unit: "points",
			N: 600, Seeds: 1, Reason: "clean cost is 1.8 points [1.0, 2.5] (n=600, suspect), wanted: at most 5",
			Trust: arbench.Suspect,
		},
		{
			Gate: absent, Cell: clean, Verdict: arbench.GateUnmeasured,
			Reason: "no measure gave a quantity \"costs\" here: did you mean \"cost\"?",
		},
		{Gate: left, Verdict: arbench.GateSkipped, Reason: "--only left out what it is about"},
	}
}

// A sampler makes up results.
type sampler struct{ r *arbench.Results }

// smoothed adds a model without adversarial training and with one seed.
func (s *sampler) smoothed() {
	from := len(s.r.Cells)
	s.model("cnn", 0, 0)
	s.r.Cells = s.r.Cells[:from+1] // the clean cell
	m := &s.r.Models[len(s.r.Models)-1]
	m.Regularizers = []string{"label-smoothing"}
	m.Name, m.Twin, m.ID, m.Warnings = "cnn/ls", "cnn/standard", "m-cnn/ls-0", []string{
		"validation accuracy was still rising in the last epoch",
	}
	c := &s.r.Cells[from]
	m.Digest = "w-cnn/ls-0"
	c.Cell.Model, c.ID = "cnn/ls", "c-cnn/ls-0"
	c.Quantities = append(c.Quantities, arbench.Quantity{
		Name: "cost", Split: arbench.Test, Unit: "points", Value: -0.2, Lo: -0.9, Hi: 0.5, N: 600,
		Better: -1,
	})
}

func (s *sampler) model(net string, strength float64, seed uint64) {
	name, twin := net+"/standard", ""
	norm := arbench.Norm("")
	if strength > 0 {
		name, twin, norm = fmt.Sprintf("%s/at/%g", net, strength), net+"/standard", arbench.Linf
	}
	m := arbench.ModelResult{
		Name: name, Twin: twin, Seed: seed, ID: fmt.Sprintf("m-%s-%d", name, seed),
		Digest: fmt.Sprintf("w-%s-%d", name, seed), Arch: net, Params: 4810, Strength: strength,
		Norm: norm, Seconds: 3.5 + 200*strength, Passes: arbench.Passes{Forward: 35910, Backward: 35910},
	}
	m.Examples = 1197
	if net == "cnn" {
		m.Params, m.Examples = 20522, 600
	}
	if strength > 0 {
		m.Regularizers = []string{"advtrain"}
		m.Passes = arbench.Passes{Forward: 8 * 35910, Backward: 8 * 35910}
	}
	for e := range 30 {
		validation := math.NaN()
		if net == "cnn" { // best in epoch 20
			validation = 98 - 0.1*math.Abs(float64(e)-19)
		}
		m.Epochs = append(m.Epochs, arbench.EpochResult{
			Epoch: e + 1, Rate: 0.1, Loss: (2.3 + 4*strength) / float64(e+1), Accuracy: 99 - 60/float64(e+1),
			Clean: 99.5 - 40/float64(e+1), Validation: validation,
		})
	}
	s.r.Models = append(s.r.Models, m)
	s.clean(name, twin, strength, seed)
	for _, attack := range []string{"fgsm", "pgd-20"} {
		for _, eps := range []float64{0.05, 0.1, 0.15} {
			s.attack(name, attack, strength, eps, seed)
		}
	}
	s.probes(name, strength, seed)
}

func (s *sampler) clean(name, twin string, strength float64, seed uint64) {
	odd := int(seed) * len(name) // so that seeds, and nets, differ
	right := 585 + odd/12 - int(100*strength)
	qs := []arbench.Quantity{
		share("accuracy", arbench.Test, "", right, 600),
		share("accuracy", arbench.Train, "", 1190+odd/12-int(60*strength), 1197),
	}
	if twin != "" {
		drop := (100*strength + float64(seed)) / 6
		qs = append(qs, arbench.Quantity{
			Name: "cost", Split: arbench.Test, Unit: "points", N: 600, Better: -1,
			Value: drop, Lo: drop - 0.7, Hi: drop + 1.1,
		})
		qs = append(qs, payers(drop)...)
	}
	qs = append(qs,
		around("accuracy gap", "", "", "points", 2-5*strength+0.1*float64(seed), 0.8, 1797),
		around("loss gap", "", "", "nats", 0.09-0.3*strength+float64(odd)/2000, 0.03, 1797))
	for i, split := range []arbench.Split{arbench.Test, arbench.Train} {
		n := 600 * (i + 1)
		qs = append(qs,
			around("loss", split, "", "nats", 0.1+strength, 0.02, n),
			around("confidence", split, "", "", 0.97-1.5*strength-0.002*float64(seed), 0.008, n),
			around("entropy", split, "", "nats", 0.1+3*strength, 0.02, n),
			around("entropy", split, "wrong", "nats", 0.4+3*strength, 0.1, 15),
			share("near boundary", split, "0.05", n/100, n),
			share("near boundary", split, "0.1", n/50+int(strength*float64(n)/2), n),
			around("probability margin", split, "mean", "", 0.93-2*strength, 0.01, n),
			around("probability margin", split, "50 %", "", 0.99-2*strength, 0.005, n))
	}
	qs[len(qs)-1].Warnings = []string{"600 examples are too few for a 95 % interval of the 1 % quantile"}
	s.r.Cells = append(s.r.Cells, arbench.Result{
		Cell: arbench.Cell{Kind: arbench.CleanCell, Model: name, Seed: seed, Split: arbench.Test},
		ID:   fmt.Sprintf("c-%s-%d", name, seed), Quantities: qs, Seconds: 0.05,
		Passes: arbench.Passes{Forward: 1797},
	})
}

// payers returns who pays a drop: classes the more, the greater their number, and of quarters the lowest.
func payers(drop float64) []arbench.Quantity {
	out := []arbench.Quantity{
		share("lost", arbench.Test, "", int(6*drop)+5, 600), share("won", arbench.Test, "", 5, 600),
	}
	for class := range 12 {
		out = append(out, around("class cost", arbench.Test, fmt.Sprint("class ", class), "points", drop*float64(class)/5.5, 2, 50))
	}
	for i, quarter := range []string{"lowest quarter", "2nd quarter", "3rd quarter", "highest quarter"} {
		out = append(out, around("margin cost", arbench.Test, quarter, "points", drop*float64(3-i)/1.5, 2, 150))
	}
	return out
}

func (s *sampler) attack(name, attack string, strength, eps float64, seed uint64) {
	left := 585 * math.Exp(-eps*eps/(0.004+strength*strength*4))
	steps, options := 1, "random_start = false\n"
	if attack == "pgd-20" {
		left, steps, options = left*0.9, 20, "steps = 20\nrel_step = 0.125\n"
	}
	qs := []arbench.Quantity{
		share("accuracy", arbench.Test, "", int(left)+int(seed), 600),
		around("loss rise", arbench.Test, "", "nats", 20*eps, eps, 600),
	}
	if strength > 0 && strings.HasPrefix(name, "cnn") { // of the other net the reports take the difference themselves
		qs = append(qs, around("gain", arbench.Test, "", "points", 100*strength+float64(seed), 3, 600))
	}
	var warnings []string
	if attack == "fgsm" && eps == 0.15 {
		warnings = []string{"one step at a large eps overshoots: a smaller eps leaves less"}
	}
	s.r.Cells = append(s.r.Cells, arbench.Result{
		Cell: arbench.Cell{
			Kind: arbench.AttackCell, Model: name, Seed: seed, Split: arbench.Test, Attack: attack,
			Threat: fmt.Sprintf("linf-%g", eps), Budget: arbench.Threat{Norm: arbench.Linf, Eps: eps},
		},
		ID:         fmt.Sprintf("a-%s-%d-%s-%g", name, seed, attack, eps),
		Quantities: qs, Options: options, Seconds: 0.2 * float64(steps), Warnings: warnings,
		Passes: arbench.Passes{Forward: 600 * (steps + 1), Backward: 600 * steps},
	})
}

// around returns a quantity with the interval v ± h.
func around(
	name string, split arbench.Split, detail, unit string, v, h float64, n int,
) arbench.Quantity {
	return arbench.Quantity{
		Name: name, Split: split, Detail: detail, Unit: unit, Value: v, Lo: v - h, Hi: v + h, N: n,
	}
}

// share returns k of n in % with its Wilson interval (z = 1.96).
func share(name string, split arbench.Split, detail string, k, n int) arbench.Quantity {
	const z = 1.959963984540054
	p, m := float64(k)/float64(n), float64(n)
	c := (p + z*z/(2*m)) / (1 + z*z/m)
	h := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return arbench.Quantity{
		Name: name, Split: split, Detail: detail, Unit: "%", N: n, Better: +1,
		Value: 100 * p, Lo: 100 * (c - h), Hi: 100 * (c + h),
	}
}

func (s *sampler) probes(name string, strength float64, seed uint64) {
	var spectrum, features []arbench.Quantity
	for i, layer := range []string{"conv1", "conv2", "dense"} {
		v := 0.9 - strength*float64(3-i) + 0.01*float64(seed)
		spectrum = append(spectrum, arbench.Quantity{
			Name: "singular std", Detail: layer, Value: v, Lo: v, Hi: v, N: 16 << i,
		})
		for _, neighbour := range []string{"attack", "noise"} {
			v := (0.3 - strength*float64(i+1)*0.8) * float64(len(neighbour)) / 5
			features = append(features,
				around("feature relative", arbench.Test, layer+"/"+neighbour, "", v, 0.02, 256))
		}
	}
	s.probe(name, "spectrum", seed, spectrum)
	s.probe(name, "features", seed, features)
}

func (s *sampler) probe(name, probe string, seed uint64, qs []arbench.Quantity) {
	s.r.Cells = append(s.r.Cells, arbench.Result{
		Cell: arbench.Cell{Kind: arbench.ProbeCell, Model: name, Seed: seed, Split: arbench.Test, Probe: probe},
		ID:   fmt.Sprintf("p-%s-%d-%s", name, seed, probe), Quantities: qs, Options: "examples = 256\n",
		Seconds: 0.4, Passes: arbench.Passes{Forward: 2560, Backward: 2560},
	})
}
