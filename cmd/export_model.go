package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/program"
	"github.com/arbench/arbench/internal/record"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/suite"
	"github.com/arbench/arbench/internal/wording"
)

// exportModel writes the weights of one model, those that its cells are asked with.
func (e *exportCommand) exportModel(c *cobra.Command) error {
	if err := e.needsOut(); err != nil {
		return err
	}
	var found []*plan.Model
	for _, m := range e.plan.Models {
		if e.asks(m) {
			found = append(found, m)
		}
	}
	m, err := one("model", found, e.plan.Models, func(m *plan.Model) string {
		return fmt.Sprintf("%s with --seed %d", m.Name, m.Seed)
	})
	if err != nil {
		return err
	}
	ps, err := runner.Weights(e.store, m, m.Checkpoint)
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	b, err := record.EncodeParams(ps)
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	digest := record.Digest(b)
	if b, err = record.EncodeModel(ps, modelInfo(m, digest)); err != nil {
		return coded(exitUnmeasured, err)
	}
	return e.save(c, b, fmt.Sprintf("%s weights of %s (seed %d), %s, digest %.12s",
		m.Checkpoint, m.Name, m.Seed, wording.Counted(len(ps), "array"), digest))
}

// modelInfo returns what an exported file says of its model. Format is what other programs look for.
func modelInfo(m *plan.Model, digest string) map[string]string {
	info := map[string]string{
		"format": "pt", "arbench": program.Version(), "model": m.Name, "seed": fmt.Sprint(m.Seed), "id": m.ID,
		"checkpoint": m.Checkpoint, "digest": digest, "arch": inlinePlugin(m.Spec.Arch),
		"shape": fmt.Sprint(m.Network.Input), "classes": fmt.Sprint(m.Network.Classes()),
	}
	if z := m.Network.Normalize; z != nil {
		info["normalize"] = fmt.Sprintf("{ mean = %s, std = %s }", inlineList(z.Mean), inlineList(z.Std))
	}
	return info
}

// inlineList returns numbers as a list of a suite file.
func inlineList(x []float64) string { return strings.ReplaceAll(fmt.Sprint(x), " ", ", ") }

// inlinePlugin returns a plugin with its options as an inline table of a suite file.
func inlinePlugin[T any](n suite.Named[T]) string {
	lines := strings.Split(strings.TrimSuffix(n.TOML(), "\n"), "\n")
	return "{ " + strings.Join(lines, ", ") + " }"
}
