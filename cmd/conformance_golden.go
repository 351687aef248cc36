package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/golden"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/store"
	"github.com/arbench/arbench/internal/suite"
)

// goldenImages is the number of images that the reference attacked on each golden net, goldenSeeds that of
// its seeds.
const goldenImages, goldenSeeds = 64, 3

// goldenNets are the nets of testdata/golden that the reference's AutoAttack was put to, with its eps.
var goldenNets = []struct {
	name, data, arch string
	shape            []int
	eps              map[string]float64 // by the names in the golden file
}{
	{"mlp_digits", "digits", `{ use = "mlp", hidden = [64, 64] }`, []int{1, 8, 8}, map[string]float64{"Linf": 0.1, "L2": 0.5}},
	{
		"cnn_fashion", "fashion", `{ use = "cnn", channels = [8, 16], kernel = 3, hidden = [64] }`, []int{1, 28, 28},
		map[string]float64{"Linf": 0.1, "L2": 1.5},
	},
}

// compareGolden puts the attack to the golden nets in dir and prints what it leaves beside what AutoAttack
// left. Its error is of exit code 1 where the nets' own answers, or the version standard, are not the
// reference's.
func compareGolden(ctx context.Context, out io.Writer, dir string, a suite.Named[arbench.Attack]) error {
	file, err := openFlags(dir)
	if err != nil {
		return coded(exitUsage, fmt.Errorf("--golden %q: %w", dir, err))
	}
	var broken []string
	for i := range goldenNets {
		p, err := goldenPlan(ctx, dir, i, a)
		if err != nil {
			return coded(exitUsage, fmt.Errorf("--golden %q: %w", dir, err))
		}
		st, end, err := goldenRun(ctx, p)
		if err != nil {
			return err
		}
		for _, c := range p.Cells {
			if c.Kind != arbench.AttackCell {
				continue
			}
			o, err := runner.Outcome(st, c)
			if err != nil {
				end()
				return coded(exitUnmeasured, err)
			}
			key := goldenNets[i].name + "." + c.Threat.Name
			result, found := "–", compareFlags(file.Ints(key+".clean"), file.Ints(key+".flags"), a, c, o)
			if found.differ != "" {
				result = "BROKEN"
				broken = append(broken, key)
			} else if found.asked {
				result = "holds"
			}
			fmt.Fprintf(out, findingRow+"%s\n", "golden "+key, o.Len(), result, c.Threat.Threat.String()+": ", found.text+found.differ)
		}
		end()
	}
	if len(broken) > 0 {
		return coded(exitGate, fmt.Errorf("%q leaves other images than the reference: %s", a.Use, strings.Join(broken, ", ")))
	}
	return nil
}

// openFlags opens the file of the reference's flags, with all that compareGolden takes from it.
func openFlags(dir string) (*golden.File, error) {
	file, err := golden.OpenIn(dir, "autoattack")
	if err != nil {
		return nil, fmt.Errorf("want the folder testdata/golden of arbench's sources: %w", err)
	}
	for _, n := range goldenNets {
		for norm := range n.eps {
			for _, key := range []string{n.name + "." + norm + ".clean", n.name + "." + norm + ".flags"} {
				if !file.Has(key) {
					return nil, fmt.Errorf("autoattack.safetensors has no array %q", key)
				}
			}
		}
	}
	return file, nil
}

// goldenPlan plans the attack on golden net i.
func goldenPlan(ctx context.Context, dir string, i int, a suite.Named[arbench.Attack]) (*plan.Plan, error) {
	n := goldenNets[i]
	arch, err := inlineTable(n.arch)
	if err != nil {
		return nil, err
	}
	attack, err := inlineTable("{ " + strings.Join(strings.Split(strings.TrimSpace(a.TOML()), "\n"), ", ") + " }")
	if err != nil {
		return nil, err
	}
	threats := map[string]any{}
	for name, eps := range n.eps {
		threats[name] = map[string]any{"norm": strings.ToLower(name), "eps": eps}
	}
	file := func(name string) string { return filepath.Join(dir, name+".safetensors") }
	text, err := toml.Marshal(map[string]any{
		"schema": suite.Schema, "backend": map[string]any{"use": "gorgonia"}, "threats": threats,
		"dataset": map[string]any{
			"use": "arrays", "files": map[string]any{"test": file("data_" + n.data)}, "shape": n.shape, "classes": 10,
		},
		"models":  map[string]any{"net": map[string]any{"weights": file("weights_" + n.name), "arch": arch}},
		"attacks": map[string]any{"it": attack},
	})
	if err != nil {
		return nil, err
	}
	s, err := suite.Parse("golden", text, nil)
	if err != nil {
		return nil, err
	}
	return plan.New(ctx, s, plan.Options{})
}

// goldenRun runs p on a store that end removes.
func goldenRun(ctx context.Context, p *plan.Plan) (st *store.Store, end func(), err error) {
	dir, err := os.MkdirTemp("", "arbench-conformance-")
	if err != nil {
		return nil, nil, coded(exitUnmeasured, err)
	}
	end = func() { os.RemoveAll(dir) }
	if st, err = store.Open(dir); err == nil {
		var failures []arbench.Failure
		failures, err = runner.Run(ctx, st, p, runner.Options{})
		for _, f := range failures {
			err = errors.Join(err, errors.New(f.Error))
		}
	}
	switch {
	case ctx.Err() != nil:
		err = coded(exitInterrupted, errors.New("interrupted before the golden nets were attacked"))
	case err != nil:
		err = coded(exitUnmeasured, err)
	default:
		return st, end, nil
	}
	end()
	return nil, nil, err
}

// A goldenFinding is what a comparison with the reference says.
type goldenFinding struct {
	text   string
	differ string // how the rule is broken; empty if it is not
	asked  bool   // there is a rule
}

// compareFlags compares the outcome of c with what the reference left after each of its stages: flags of
// [seeds, stages, images], 1 for what is left.
func compareFlags(clean, flags []int, a suite.Named[arbench.Attack], c *plan.Cell, o *arbench.Outcome) goldenFinding {
	const stages = 4
	after := func(seed, stage int) []int { return flags[(seed*stages+stage)*goldenImages:][:goldenImages] }
	own := tried{outcome: o, eps: c.Threat.Eps}
	left, right, least, most := 0, 0, goldenImages, 0
	for i, ok := range clean {
		right += ok
		if ok == 1 && !own.broke(i) {
			left++
		}
	}
	for seed := range goldenSeeds {
		n := 0
		for _, v := range after(seed, stages-1) {
			n += v
		}
		least, most = min(least, n), max(most, n)
	}
	f := goldenFinding{text: fmt.Sprintf("leaves %d of %d, the reference's AutoAttack %d", left, right, least)}
	if most > least {
		f.text += fmt.Sprintf(" to %d", most)
	}
	if a.Use != "autoattack" || !strings.Contains(a.TOML(), `version = "standard"`) {
		return f
	}
	f.asked = true
	for stage := range stages {
		nearest := goldenImages
		for seed := range goldenSeeds {
			differ := 0
			for i, v := range after(seed, stage) {
				if (v == 1) != (o.Stage[i] == 0 || o.Stage[i] > stage+1) {
					differ++
				}
			}
			nearest = min(nearest, differ)
		}
		if nearest > 1 {
			f.differ += fmt.Sprintf("; after %s %d images are not as with its nearest seed", o.Stages[stage].Name, nearest)
		}
	}
	return f
}
