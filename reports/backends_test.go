package reports_test

import (
	"math"

	"github.com/arbench/arbench"
)

// backends returns made-up results of a net that the CPU trained and evaluated, the same weights on a GPU,
// which has one logit that is none, and what the GPU trained itself, which is worse under attack; and one that it trained with coarse factors and the CPU evaluated.
func backends() *arbench.Results {
	const cpu, gpu, coarse = "gorgonia float32 direct avx2", "gomlx cuda float32 strict", "gomlx cuda bf16"
	r := &arbench.Results{
		Suite: "both", Dataset: "UCI handwritten digits, 8×8, 1797 images", Level: 0.95, Backend: "gorgonia",
		Numeric: "float32 direct avx2",
	}
	clean := arbench.Cell{Kind: arbench.CleanCell, Seed: 3, Split: arbench.Test}
	attacked := arbench.Cell{
		Kind: arbench.AttackCell, Seed: 3, Split: arbench.Test, Attack: "pgd-20", Threat: "linf-0.1",
		Budget: arbench.Threat{Norm: arbench.Linf, Eps: 0.1},
	}
	for _, m := range []arbench.ModelResult{
		{Name: "mlp", ID: "m-cpu", Digest: "w-cpu", Backend: cpu},
		{Name: "mlp/gpu", ID: "m-cpu", Digest: "w-cpu", Backend: cpu, Evaluator: gpu},
		{Name: "mlp/gpu-trained", ID: "m-gpu", Digest: "w-gpu", Backend: gpu},
		{Name: "mlp/coarse", ID: "m-coarse", Digest: "w-coarse", Backend: coarse, Evaluator: cpu},
	} {
		m.Seed, m.Arch, m.Params, m.Examples = 3, "mlp", 4810, 1197
		r.Models = append(r.Models, m)
		for _, c := range []arbench.Cell{clean, attacked} {
			c.Model = m.Name
			r.Cells = append(r.Cells, arbench.Result{
				Cell: c, ID: "c-" + string(c.Kind) + "-" + m.Name, Options: "steps = 20\n",
				Quantities: []arbench.Quantity{share("accuracy", arbench.Test, "", 540, 600)},
			})
		}
	}
	compare := func(c arbench.Cell, other string, same bool, classes, flags int, logits arbench.LogitChange, beyond string) {
		c.Model = "mlp"
		d := around("difference", arbench.Test, "", "points", 100*float64(-flags)/600, 1, 600)
		r.CrossChecks = append(r.CrossChecks, arbench.CrossCheck{
			Cell: c, Other: other, SameWeights: same, N: 600, Accuracy: 90, OtherAccuracy: 90 + d.Value, Flags: flags,
			Classes: classes, Difference: d, Logits: logits, Beyond: beyond,
		})
	}
	compare(clean, "mlp/gpu", true, 1, 0, arbench.LogitChange{N: 6000, Greatest: math.NaN(), Range: math.NaN()},
		"a logit is not finite")
	compare(attacked, "mlp/gpu", true, 2, 1, arbench.LogitChange{}, "")
	compare(clean, "mlp/gpu-trained", false, 3, 2, arbench.LogitChange{}, "")
	compare(attacked, "mlp/gpu-trained", false, 30, 12, arbench.LogitChange{}, "the interval of the difference excludes 0")
	compare(attacked, "mlp/coarse", false, 30, 12, arbench.LogitChange{}, "the interval of the difference excludes 0")
	r.CrossChecks[len(r.CrossChecks)-1].Precision = "factors of float32 beside 8 bits"
	return r
}
