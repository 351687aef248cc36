package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/suite"
	"github.com/arbench/arbench/suites"
)

// A question is a suite and the flags that say what of it is asked.
type question struct {
	suite string // a file or the name of a built-in suite
	set   []string
	limit int
	only  []string
}

func (q *question) flags(f *pflag.FlagSet) {
	f.StringArrayVar(&q.set, "set", nil,
		"change a `key=value` of the suite, such as recipe.epochs=3, or add attacks.x={use=\"noise\"}; repeatable")
	f.IntVar(&q.limit, "limit", 0,
		"ask at most `N` examples of each question, clean ones too: not for publication")
	f.StringArrayVar(&q.only, "only", nil,
		"keep to `models=P,attacks=P`, whose names match the pattern P; repeatable")
}

// oneSuite is the check of arguments for commands on a suite.
func oneSuite(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("want one suite, a file or one of %s", strings.Join(suite.Names(suites.FS), ", "))
	}
	return nil
}

// completeSuite completes the name of a suite, or of a file.
func completeSuite(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return suite.Names(suites.FS), cobra.ShellCompDirectiveDefault
}

// plan reads the suite and plans what is asked of it.
func (q *question) plan(ctx context.Context) (*plan.Plan, error) {
	o := plan.Options{Limit: q.limit}
	if q.limit < 0 {
		return nil, fmt.Errorf("--limit %d: want the greatest number of examples, 0 for all", q.limit)
	}
	for _, text := range q.only {
		if err := restrict(&o, text); err != nil {
			return nil, err
		}
	}
	s, err := suite.Load(q.suite, suites.FS, q.set)
	if err != nil {
		return nil, coded(exitUsage, err)
	}
	p, err := plan.New(ctx, s, o)
	if ctx.Err() != nil {
		return nil, coded(exitInterrupted, errors.New("interrupted before anything was run"))
	}
	if err == nil {
		err = checkGates(p)
	}
	return p, coded(exitUsage, err)
}

// untold says why it may not be told what a store holds of p: a backend of p does not run here. It is nil if all do.
func untold(dir string, p *plan.Plan) error {
	if err := p.Ready(); err != nil {
		return fmt.Errorf("what %q holds of this suite cannot be told: %w", dir, err)
	}
	return nil
}

// restrict adds the patterns of one --only to o. A pattern without a key belongs to the key before
// it: "models=a,b" names two models.
func restrict(o *plan.Options, text string) error {
	var to *[]string
	for part := range strings.SplitSeq(text, ",") {
		key, pattern, ok := strings.Cut(part, "=")
		switch {
		case !ok:
			pattern = key
		case key == "models":
			to = &o.Models
		case key == "attacks":
			to = &o.Attacks
		default:
			to = nil
		}
		if to == nil || pattern == "" {
			return fmt.Errorf("--only %q: want models=PATTERN, attacks=PATTERN or both", text)
		}
		*to = append(*to, pattern)
	}
	return nil
}

// args returns the arguments that ask q again.
func (q *question) args() []string {
	args := []string{q.suite}
	for _, s := range q.set {
		args = append(args, "--set", s)
	}
	if q.limit > 0 {
		args = append(args, "--limit", strconv.Itoa(q.limit))
	}
	for _, o := range q.only {
		args = append(args, "--only", o)
	}
	return args
}

// shell returns a command line that gives a POSIX shell these words.
func shell(words ...string) string {
	plain := func(r rune) bool {
		return strings.ContainsRune("-_./=,:+@%", r) ||
			'0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w
		if w == "" || strings.ContainsFunc(w, func(r rune) bool { return !plain(r) }) {
			out[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(out, " ")
}

// storeFlag adds --store, whose default is the environment's ARBENCH_STORE or else .arbench.
func storeFlag(f *pflag.FlagSet, dir *string) {
	otherwise := os.Getenv("ARBENCH_STORE")
	if otherwise == "" {
		otherwise = ".arbench"
	}
	f.StringVar(dir, "store", otherwise,
		"keep what is measured in `DIR`; ARBENCH_STORE in the environment sets it too")
}
