package cmd

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/record"
	"github.com/arbench/arbench/internal/runner"
	"github.com/arbench/arbench/internal/store"
	"github.com/arbench/arbench/internal/suite"
)

// A tryCommand is the flags of try.
type tryCommand struct {
	attack, arch, dataset string // names of plugins, or inline tables with their options
	weights, norm, eps    string
	examples, threads     int
	set                   []string
	quiet                 bool
}

func newTry() *cobra.Command {
	t := &tryCommand{}
	c := &cobra.Command{
		Use:   "try ATTACK --weights FILE --eps EPS",
		Short: "Put one model to one attack and print one table, in seconds",
		Long: `Try puts a model whose weights are given to an attack and, beside it, to fgsm. It
is for those who write an attack: nothing is kept, and the numbers rest on few
examples. A plugin is named, or is an inline table as in a suite file. Of weights
that arbench has exported the file knows the net.`,
		Example: `  arbench export model digits --model mlp --seed 0 --out mlp.safetensors
  arbench try pgd --weights mlp.safetensors --eps 0.1
  arbench try '{ use = "pgd", steps = 50 }' --weights net.safetensors \
    --arch '{ use = "resnet", depth = 20 }' --dataset cifar10 --eps 8/255 -n 500`,
		Args: cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return arbench.Attacks.Names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			t.attack = args[0]
			return t.run(c)
		},
	}
	f := c.Flags()
	f.StringVar(&t.weights, "weights", "", "the weights in `FILE`, safetensors with PyTorch's names")
	f.StringVar(&t.arch, "arch", "", "of the net `ARCH`; without it, of the one that the file names")
	f.StringVar(&t.dataset, "dataset", "digits", "on the test images of `DATASET`")
	f.StringVar(&t.eps, "eps", "", "within `EPS`, such as 0.1 or 8/255")
	f.StringVar(&t.norm, "norm", string(arbench.Linf), "in `NORM`: linf, l2, l1 or l0")
	f.IntVarP(&t.examples, "examples", "n", 200, "on at most `N` examples")
	f.IntVar(&t.threads, "threads", 0, "compute with `N` threads; 0 means one for each core")
	f.StringArrayVar(&t.set, "set", nil, "change a `key=value` of the suite that this is, such as backend.numerics=direct")
	f.BoolVar(&t.quiet, "quiet", false, "show no progress")
	return c
}

// subject is the name of the model under attack.
const subject = "given"

// run makes the suite, runs it on a store that is gone afterwards, and prints the table.
func (t *tryCommand) run(c *cobra.Command) error {
	p, name, err := t.plan(c)
	if c.Context().Err() != nil {
		return coded(exitInterrupted, errors.New("interrupted before anything was run"))
	}
	if err == nil {
		err = p.Ready()
	}
	if err != nil {
		return coded(exitUsage, err)
	}
	dir, err := os.MkdirTemp("", "arbench-try-")
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	defer os.RemoveAll(dir)
	st, err := store.Open(dir)
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	o, end := runner.Options{Threads: t.threads}, func() {}
	if !t.quiet {
		o.Watch, end = watch(c.ErrOrStderr(), p)
	}
	_, err = runner.Run(c.Context(), st, p, o)
	end()
	if c.Context().Err() != nil {
		return coded(exitInterrupted, errors.New("interrupted; nothing is kept"))
	}
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	r, err := runner.Collect(st, p)
	if err == nil {
		err = unmeasured(r)
	}
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	return coded(exitUnmeasured, writeTried(c.OutOrStdout(), st, p, r, name))
}

// plan returns the plan of the suite that the flags make, and the name of the attack.
func (t *tryCommand) plan(c *cobra.Command) (*plan.Plan, string, error) {
	if t.weights == "" || t.eps == "" {
		return nil, "", errors.New("--weights and --eps are needed: a safetensors file, and a number such as 8/255")
	}
	if t.examples < 1 {
		return nil, "", fmt.Errorf("--examples %d: want at least 1", t.examples)
	}
	text, name, err := t.suite()
	if err != nil {
		return nil, "", err
	}
	s, err := suite.Parse("try", text, t.set)
	if err != nil { // whose lines are not the user's
		return nil, "", errors.New(regexp.MustCompile(`(?m)^try:\d+: `).ReplaceAllString(err.Error(), "try: "))
	}
	p, err := plan.New(c.Context(), s, plan.Options{Limit: t.examples})
	if err == nil && !slices.ContainsFunc(p.Cells, func(c *plan.Cell) bool { return c.Attack.Name == name }) {
		err = fmt.Errorf("attack %q is not put to the one model that is given: %s", name, strings.Join(p.Notes, "; "))
	}
	return p, name, err
}

// suite returns the suite file and the name of the attack in it.
func (t *tryCommand) suite() (text []byte, name string, err error) {
	model := map[string]any{"weights": t.weights}
	if err := t.net(model); err != nil {
		return nil, "", err
	}
	attack, err := pluginTable("ATTACK", t.attack)
	if err != nil {
		return nil, "", err
	}
	dataset, err := pluginTable("--dataset", t.dataset)
	if err != nil {
		return nil, "", err
	}
	name, _ = attack["use"].(string)
	if v, _ := attack["version"].(string); v != "" {
		name += "-" + v
	}
	attacks := map[string]any{name: attack}
	if base, err := arbench.Attacks.New(baseline); err == nil && name != baseline &&
		slices.Contains(base.Info().Norms, arbench.Norm(t.norm)) {
		attacks[baseline] = map[string]any{"use": baseline}
	}
	text, err = toml.Marshal(map[string]any{
		"schema": suite.Schema, "dataset": dataset, "attacks": attacks,
		"models":   map[string]any{subject: model},
		"threats":  map[string]any{"try": map[string]any{"norm": t.norm, "eps": epsValue(t.eps)}},
		"measures": map[string]any{"accuracy": map[string]any{"use": "accuracy"}},
	})
	return text, name, err
}

// net adds the keys of the model that say which net it is: from the flags, or from what an exported
// file says of itself.
func (t *tryCommand) net(model map[string]any) (err error) {
	if t.arch != "" {
		model["arch"], err = pluginTable("--arch", t.arch)
		return err
	}
	b, err := os.ReadFile(t.weights)
	if err != nil {
		return fmt.Errorf("--weights: %w", err)
	}
	info, err := record.Info(b)
	if err != nil {
		return fmt.Errorf("--weights %q: %w", t.weights, err)
	}
	if info["arch"] == "" {
		return fmt.Errorf("--arch is missing, and %q does not say its net: name it, "+
			`such as '{ use = "resnet", depth = 20 }'`, t.weights)
	}
	for _, key := range []string{"arch", "normalize"} {
		if info[key] == "" {
			continue
		}
		if model[key], err = inlineTable(info[key]); err != nil {
			return fmt.Errorf("--weights %q: its %s: %w", t.weights, key, err)
		}
	}
	return nil
}

// pluginTable returns the table of a plugin that is named or written as an inline table.
func pluginTable(flag, text string) (map[string]any, error) {
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		return map[string]any{"use": text}, nil
	}
	t, err := inlineTable(text)
	if err == nil && t["use"] == nil {
		err = errors.New(`the key "use" is missing: it names the plugin`)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", flag, text, err)
	}
	return t, nil
}

// inlineTable reads an inline table of TOML.
func inlineTable(text string) (map[string]any, error) {
	var v struct{ Table map[string]any }
	if _, err := toml.Decode("table = "+text, &v); err != nil {
		return nil, fmt.Errorf("want an inline table, such as { use = \"mlp\" }: %w", err)
	}
	return v.Table, nil
}

// epsValue returns eps as a suite file has it: a number, or a fraction in quotes.
func epsValue(text string) any {
	var v struct{ Eps any }
	if _, err := toml.Decode("eps = "+text, &v); err == nil {
		return v.Eps
	}
	return text
}
