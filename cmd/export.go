package cmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/store"
	"github.com/arbench/arbench/internal/suite"
)

// An exportCommand is the flags of the commands below export.
type exportCommand struct {
	question
	dir, out                     string
	model, attack, threat, split string // patterns; empty matches everything
	seed                         uint64
	anySeed                      bool

	plan  *plan.Plan
	store *store.Store
}

func newExport() *cobra.Command {
	c := &cobra.Command{
		Use:   "export",
		Short: "Write what the store holds of a suite for other programs",
		Long: `Export writes what the store holds of a suite in files that other programs read,
so that they can go on with it, or check it. It never trains or attacks.`,
		Args: func(c *cobra.Command, args []string) error { return knownCommand(c, args) },
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newExportModel(), newExportCandidates(), newExportOutcomes())
	return c
}

func newExportModel() *cobra.Command {
	e := &exportCommand{}
	return e.command(&cobra.Command{
		Use:   "model SUITE --model NAME --out FILE",
		Short: "Write the weights of a model as safetensors, named as in PyTorch",
		Long: `Model writes the weights of one trained model as a safetensors file with the names
and layouts of PyTorch's state_dict. The file also says the net, the shape of its
images, what it normalizes by, and the digest that reports have.`,
		Example: `  arbench export model digits --model mlp --seed 1 --out mlp.safetensors`,
	}, false, e.exportModel)
}

func newExportCandidates() *cobra.Command {
	e := &exportCommand{}
	return e.command(&cobra.Command{
		Use:   "candidates SUITE --model NAME --attack NAME --out FILE",
		Short: "Write the adversarial examples of an attack as safetensors",
		Long: `Candidates writes what broke a model as a safetensors file with the arrays id (of
the example in its split), y (its class), x0 (the image), x (the candidate) and
logits (of the model on x). The store keeps no candidates that broke nothing, and
smallest changes that lie outside the threat are left out. The file is one that
the data set "arrays" reads.`,
		Example: `  arbench export candidates digits --model mlp --attack pgd-20 --out broken.safetensors`,
	}, true, e.exportCandidates)
}

func newExportOutcomes() *cobra.Command {
	e := &exportCommand{}
	return e.command(&cobra.Command{
		Use:   "outcomes SUITE [--model NAME] [--attack NAME] [--out FILE]",
		Short: "Write every answer on every example as CSV",
		Long: `Outcomes writes one row for each example of each cell: what was asked, the class,
the prediction, the logits, and of an attack the distance, whether that is within
the threat, and the passes. Correct is what accuracies in reports count: under an
attack an example is right if the image is, and the candidate if it is within the
threat. Without --attack clean images have rows too. It is on standard output
without --out.`,
		Example: `  arbench export outcomes digits --model 'mlp*' --attack pgd-20 --out pgd-20.csv`,
	}, true, e.exportOutcomes)
}

// command completes c, which runs export once the suite is planned and the store is open.
func (e *exportCommand) command(c *cobra.Command, attacks bool, export func(*cobra.Command) error) *cobra.Command {
	c.Args, c.ValidArgsFunction = oneSuite, completeSuite
	c.RunE = func(c *cobra.Command, args []string) error {
		e.suite, e.anySeed = args[0], !c.Flags().Changed("seed")
		p, err := e.question.plan(c.Context())
		if err != nil {
			return err
		}
		st, err := store.Open(e.dir)
		if err != nil {
			return coded(exitUsage, err)
		}
		e.plan, e.store = p, st
		return export(c)
	}
	f := c.Flags()
	e.question.flags(f)
	storeFlag(f, &e.dir)
	f.StringVar(&e.model, "model", "", "of the models whose name matches the pattern `NAME`")
	f.Uint64Var(&e.seed, "seed", 0, "of the training with seed `N`; without it, of any")
	if attacks {
		f.StringVar(&e.attack, "attack", "", "of the attacks whose name matches the pattern `NAME`")
		f.StringVar(&e.threat, "threat", "", "of the threats whose name matches the pattern `NAME`")
		f.StringVar(&e.split, "split", "", "of the examples of `SPLIT`, test or train")
	}
	f.StringVar(&e.out, "out", "", "write to `FILE`")
	return c
}

// asks reports whether the flags are about m.
func (e *exportCommand) asks(m *plan.Model) bool {
	return matches(e.model, m.Name) && (e.anySeed || m.Seed == e.seed)
}

func matches(pattern, name string) bool {
	return pattern == "" || suite.Match([]string{pattern}, name)
}

// cells returns the planned cells of the given kind that the flags are about.
func (e *exportCommand) cells(kind arbench.Kind) []*plan.Cell {
	var out []*plan.Cell
	for _, c := range e.plan.Cells {
		if c.Kind == kind && e.asks(c.Model) && matches(e.attack, c.Attack.Name) &&
			matches(e.threat, c.Threat.Name) && matches(e.split, string(c.Split)) {
			out = append(out, c)
		}
	}
	return out
}

// mostChoices is how many of several things an error names.
const mostChoices = 8

// one returns the only one of all. The error says what there are, or of several that one must be named.
func one[T any](what string, found, all []T, name func(T) string) (T, error) {
	if len(found) == 1 {
		return found[0], nil
	}
	var none T
	verb, list := "several "+what+"s match: name one of", found
	if len(found) == 0 {
		verb, list = "no "+what+" matches: there is", all
	}
	var names []string
	for _, it := range list[:min(len(list), mostChoices)] {
		names = append(names, name(it))
	}
	if more := len(list) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	if len(names) == 0 {
		names = []string{"none"}
	}
	return none, coded(exitUsage, fmt.Errorf("%s %s", verb, strings.Join(names, "; ")))
}

// save writes b to the file that --out names and says so.
func (e *exportCommand) save(c *cobra.Command, b []byte, what string) error {
	err := writeFile(e.out, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
	if err != nil {
		return coded(exitUnmeasured, fmt.Errorf("--out %q: %w", e.out, err))
	}
	fmt.Fprintf(c.ErrOrStderr(), "arbench: wrote %s: %s\n", e.out, what)
	return nil
}

// needsOut refuses a file without a name.
func (e *exportCommand) needsOut() error {
	if e.out == "" {
		return fmt.Errorf("--out is missing: it names the file to write")
	}
	return nil
}
