package cmd

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/wording"
)

// A demand is the flags that say how far numbers have to be trusted.
type demand struct {
	failOn      string
	publishable bool
}

func (d *demand) flags(f *pflag.FlagSet) {
	f.StringVar(&d.failOn, "fail-on", "",
		"end with code 4 if a number is `invalid`, or with suspect, if one is suspect or invalid")
	f.BoolVar(&d.publishable, "publishable", false,
		"end with code 4 unless the whole suite was measured, on known data, and every number is trusted")
}

// check refuses verdicts that there are none of.
func (d *demand) check() error {
	if d.failOn != "" && d.failOn != string(arbench.Suspect) && d.failOn != string(arbench.Invalid) {
		return fmt.Errorf("--fail-on %q: want invalid or suspect", d.failOn)
	}
	return nil
}

// unmet returns an error that says in which ways r falls short of the demand, nil if it does not.
func (d *demand) unmet(r *arbench.Results) error {
	var errs []error
	if d.publishable {
		for _, why := range unpublishable(r) {
			errs = append(errs, errors.New("not publishable: "+why))
		}
	}
	least := arbench.Trust(d.failOn)
	if d.publishable {
		least = arbench.Suspect
	}
	if least != "" {
		errs = append(errs, doubts(r, least)...)
	}
	return errors.Join(errs...)
}

// unpublishable says what of r other than its numbers cannot be published.
func unpublishable(r *arbench.Results) []string {
	var out []string
	add := func(yes bool, format string, args ...any) {
		if yes {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	add(r.Limit > 0, "--limit kept %s of each evaluation", wording.Counted(r.Limit, "example"))
	add(r.Partial, "--only left out some of the suite's models or attacks")
	n, of := subset(r)
	add(n > 0 && r.Limit == 0, "an accuracy under attack rests on %d of %d test examples: "+
		"say examples in [evaluate], as many as there are, or at least %d", n, of, indicative)
	missing := r.Unmeasured()
	add(missing != "", "%s", missing)
	add(r.Digest == "", "it is not known which data the numbers rest on: the data set gives no digest")
	add(r.CopyOf != "", "the data are a copy of %s with other contents than the published files: fetch those", r.CopyOf)
	add(r.Trust == "" || r.Trust == "off", `no dear check of the numbers was made: set [trust] level = "quick" or "full"`)
	unjudged := 0
	for _, c := range r.Cells {
		if c.Cell.Kind == arbench.AttackCell && c.Trust() == "" {
			unjudged++
		}
	}
	add(unjudged > 0, "no check judged %s under attack", wording.Counted(unjudged, "number"))
	return out
}

// indicative is the number of examples below which the accuracy of a part of them is no more than indicative.
const indicative = 1000

// subset returns the least number of test examples, below indicative, that an accuracy under attack rests on,
// of those that the model was asked as they are; 0 if all rest on all of these.
func subset(r *arbench.Results) (n, of int) {
	type model struct {
		name string
		seed uint64
	}
	rests := func(c arbench.Result) int {
		for _, q := range c.Quantities {
			if q.Name == "accuracy" && q.Split == arbench.Test {
				return q.N
			}
		}
		return 0
	}
	whole := map[model]int{}
	for _, c := range r.Cells {
		if c.Cell.Kind == arbench.CleanCell {
			m := model{c.Cell.Model, c.Cell.Seed}
			whole[m] = max(whole[m], rests(c))
		}
	}
	for _, c := range r.Cells {
		all, k := whole[model{c.Cell.Model, c.Cell.Seed}], rests(c)
		if c.Cell.Kind == arbench.AttackCell && k > 0 && k < min(all, indicative) && (n == 0 || k < n) {
			n, of = k, all
		}
	}
	return n, of
}

// doubts returns an error for each number that checks make least of, or worse.
func doubts(r *arbench.Results, least arbench.Trust) []error {
	var errs []error
	more := 0
	for _, c := range r.Cells {
		t := c.Trust()
		if t.Worse(least) != t || t == "" {
			continue
		}
		if len(errs) == mostReasons {
			more++
			continue
		}
		errs = append(errs, errors.New(doubt(c)))
	}
	if more > 0 {
		errs = append(errs, fmt.Errorf("and %d more, which the report lists", more))
	}
	return errs
}

// doubt says in a line why a number is not trusted, by the first of the findings that make it so.
func doubt(c arbench.Result) string {
	for _, f := range c.Findings {
		if f.Trust == c.Trust() {
			return fmt.Sprintf("%s is %s: %s", workName(c.Cell), f.Trust, f)
		}
	}
	return workName(c.Cell)
}
