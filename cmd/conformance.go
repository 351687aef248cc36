package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/conformance"
	"github.com/arbench/arbench/internal/suite"
	"github.com/arbench/arbench/internal/wording"
)

func newConformance() *cobra.Command {
	var set, promises []string
	var vectors string
	c := &cobra.Command{
		Use:   "conformance ATTACK",
		Short: "Put an attack to the rules that every attack must keep",
		Long: `Conformance puts an attack, built in or linked by "arbench build", to models of
which everything is known: softmax regression, whose nearest misclassified image
has a closed form in each norm. It prints for each rule how many examples the
attack was put to and what was found. An attack may promise more than every attack
must keep: ` + strings.Join(propertyNames(), ", ") + `. Exit code 1 says that a rule is broken.

With --golden it is put to two trained nets as well, whose weights and images are
in testdata/golden of the sources, and what it leaves stands beside what the
authors' AutoAttack leaves. Version standard of autoattack must leave the same
images after each stage, but for one.

An attack is named, or is an inline table as in a suite file. With its own many
passes it may take minutes: set fewer.`,
		Example: `  arbench conformance fgsm
  arbench conformance apgd --set steps=10 --promise random,optimal
  arbench conformance '{ use = "autoattack", version = "custom", stages = ["apgd-ce", "fab-t"] }'`,
		Args: cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return arbench.Attacks.Names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			a, err := parseAttack(args[0], set)
			if err != nil {
				return coded(exitUsage, err)
			}
			properties, err := parsePromises(promises)
			if err != nil {
				return coded(exitUsage, err)
			}
			err = conform(c.Context(), c.OutOrStdout(), a, properties)
			if e, ok := errors.AsType[exit](err); vectors == "" || ok && e.code != exitGate {
				return err
			}
			if other := compareGolden(c.Context(), c.OutOrStdout(), vectors, a); other != nil {
				return other
			}
			return err
		},
	}
	c.Flags().StringArrayVar(&set, "set", nil, "change an option of the attack, `key=value`, such as steps=10")
	c.Flags().StringVar(&vectors, "golden", "", "compare with the golden vectors in `DIR`, such as testdata/golden")
	c.Flags().StringSliceVar(&promises, "promise", nil, "hold the attack to these `PROPERTIES` too, with commas between them")
	return c
}

func propertyNames() []string {
	var names []string
	for _, p := range conformance.Properties() {
		names = append(names, string(p))
	}
	return names
}

func parsePromises(written []string) ([]conformance.Property, error) {
	var out []conformance.Property
	for _, w := range written {
		if !slices.Contains(conformance.Properties(), conformance.Property(w)) {
			return nil, fmt.Errorf("--promise %q is no property%s", w, wording.DidYouMean(w, propertyNames()))
		}
		out = append(out, conformance.Property(w))
	}
	return out, nil
}

// parseAttack returns the attack that is named or written as an inline table, with changes of its options,
// by way of a suite that holds nothing else that is asked.
func parseAttack(written string, set []string) (suite.Named[arbench.Attack], error) {
	const name = "it"
	var none suite.Named[arbench.Attack]
	table, err := pluginTable("ATTACK", written)
	if err != nil {
		return none, err
	}
	text, err := toml.Marshal(map[string]any{
		"schema": suite.Schema, "dataset": map[string]any{"use": "digits"},
		"models":  map[string]any{"none": map[string]any{"arch": map[string]any{"use": "linear"}}},
		"attacks": map[string]any{name: table},
	})
	if err != nil {
		return none, err
	}
	changes := make([]string, len(set))
	for i, s := range set {
		changes[i] = "attacks." + name + "." + s
	}
	s, err := suite.Parse("conformance", text, changes)
	if err != nil { // whose lines and keys are not the user's
		return none, errors.New(regexp.MustCompile(`(?m)^(conformance:\d+|--set): attacks\.it\.?`).ReplaceAllString(err.Error(), "ATTACK: "))
	}
	return s.Attacks[0], nil
}

// findingRow is a line of a finding, but for what was found.
const findingRow = "%-34s %6d  %-6s  %s"

// conform prints a line for each rule. Its error says how many are broken.
func conform(ctx context.Context, out io.Writer, a suite.Named[arbench.Attack], properties []conformance.Property) error {
	fmt.Fprintf(out, "%s\n%s\n%-34s %6s  %-6s  what it asks for: what was found\n", a.It.Info().Doc, a.TOML(), "rule", "n", "result")
	var broken []string
	for _, r := range conformance.Rules() {
		f := r.Check(ctx, func() arbench.Attack { return a.It }, properties...)
		if ctx.Err() != nil {
			return coded(exitInterrupted, errors.New("interrupted before all rules were checked"))
		}
		result, found := "holds", f.Note
		switch {
		case f.Err != nil:
			result, found = "BROKEN", wording.OneLine(f.Err.Error())
			broken = append(broken, r.Name)
		case f.Skipped:
			result = "–"
		}
		if found != "" {
			found = ": " + found
		}
		if _, err := fmt.Fprintf(out, findingRow+"%s\n", r.Name, f.N, result, r.Doc, found); err != nil {
			return coded(exitUnmeasured, err)
		}
	}
	if len(broken) > 0 {
		return coded(exitGate, fmt.Errorf("%q breaks %d of %d rules: %s",
			a.Use, len(broken), len(conformance.Rules()), strings.Join(broken, ", ")))
	}
	return nil
}
