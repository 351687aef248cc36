// Package junit reports results as JUnit XML, which forges and CI servers show as tests: each
// training, cell and gate is a test case.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Reporters.Register("junit", func() arbench.Reporter { return &Reporter{} })
}

// Reporter writes one test suite of what was measured and one of the gates. A failure is a gate that
// does not hold; an error is what could not be measured or judged; what --only left out is skipped.
type Reporter struct{}

var _ arbench.Reporter = (*Reporter)(nil)

// Info implements [arbench.Reporter].
func (*Reporter) Info() arbench.ReporterInfo {
	return arbench.ReporterInfo{
		Doc:       "JUnit XML for CI: failures are gates, errors what could not be measured",
		Extension: "xml",
	}
}

// Report implements [arbench.Reporter].
func (*Reporter) Report(w io.Writer, r *arbench.Results) error {
	all := suites{Name: "arbench " + r.Suite, Suites: []suite{measured(r)}}
	if len(r.Gates) > 0 {
		all.Suites = append(all.Suites, gates(r.Gates))
	}
	for i := range all.Suites {
		all.Suites[i].sum()
		all.add(all.Suites[i].counts)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// suites is the document.
type suites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	counts
	Suites []suite `xml:"testsuite"`
}

type suite struct {
	Name string `xml:"name,attr"`
	counts
	Properties *properties `xml:"properties"` // nil if there are none
	Cases      []testCase  `xml:"testcase"`
}

// properties say what the cases of a suite rest on.
type properties struct {
	All []property `xml:"property"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

// counts are of the cases below.
type counts struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
}

func (c *counts) add(d counts) {
	c.Tests, c.Failures = c.Tests+d.Tests, c.Failures+d.Failures
	c.Errors, c.Skipped = c.Errors+d.Errors, c.Skipped+d.Skipped
}

type testCase struct {
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Seconds string   `xml:"time,attr,omitempty"`
	Failure *problem `xml:"failure"`
	Error   *problem `xml:"error"`
	Skipped *problem `xml:"skipped"`
	Output  string   `xml:"system-out,omitempty"` // what speaks against the numbers
}

type problem struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// sum counts the cases.
func (s *suite) sum() {
	for _, c := range s.Cases {
		s.Tests++
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
}

// measured returns the trainings and cells, those that failed at the end.
func measured(r *arbench.Results) suite {
	s := suite{Name: r.Suite, Properties: propertiesOf(r)}
	given := map[string]bool{}
	for _, m := range r.Models {
		given[m.Name] = m.Given
		s.Cases = append(s.Cases, testCase{
			Class: class(r.Suite, m.Name), Name: name(arbench.Cell{Model: m.Name, Seed: m.Seed}, m.Given),
			Seconds: seconds(m.Seconds),
		})
	}
	for _, c := range r.Cells {
		s.Cases = append(s.Cases, testCase{
			Class: class(r.Suite, c.Cell.Model), Name: name(c.Cell, given[c.Cell.Model]), Seconds: seconds(c.Seconds),
			Output: doubts(c),
		})
	}
	for _, f := range r.Failures {
		s.Cases = append(s.Cases, testCase{
			Class: class(r.Suite, f.Cell.Model), Name: name(f.Cell, given[f.Cell.Model]), Error: problemOf(f.Error),
		})
	}
	return s
}

// propertiesOf returns what all results rest on, apart from the suite.
func propertiesOf(r *arbench.Results) *properties {
	var out []property
	add := func(name, value string) {
		if value != "" {
			out = append(out, property{name, value})
		}
	}
	add("data", r.Dataset)
	add("copy of", r.CopyOf)
	add("digest of the data", r.Digest)
	if r.Limit > 0 {
		add("limit", strconv.Itoa(r.Limit))
	}
	if r.Partial {
		add("partial", "true")
	}
	if out == nil {
		return nil
	}
	return &properties{out}
}

// class returns the first part of a case's name, whose dots would be taken for packages.
func class(suite, model string) string {
	return suite + "." + strings.ReplaceAll(model, ".", "·")
}

// name returns what a person calls a cell, or the training of a model. One that is given has no seed.
func name(c arbench.Cell, given bool) string {
	seed, training := fmt.Sprintf(" (seed %d)", c.Seed), "training"
	if given {
		seed, training = "", "weights as given"
	}
	switch c.Kind {
	case arbench.CleanCell:
		return fmt.Sprintf("clean, %s%s", c.Split, seed)
	case arbench.AttackCell:
		return fmt.Sprintf("%s at %s, %s%s", c.Attack, c.Threat, c.Split, seed)
	case arbench.ProbeCell:
		return fmt.Sprintf("%s, %s%s", c.Probe, c.Split, seed)
	}
	return training + seed
}

// doubts returns what speaks against the numbers of an answer, a finding a line; nothing if they are trusted.
func doubts(c arbench.Result) string {
	var lines []string
	for _, f := range c.Findings {
		if f.Trust == arbench.Suspect || f.Trust == arbench.Invalid {
			lines = append(lines, fmt.Sprintf("%s: %s", f.Trust, f))
		}
	}
	return strings.Join(lines, "\n")
}

func gates(of []arbench.GateResult) suite {
	s := suite{Name: "gates"}
	for _, g := range of {
		c := testCase{Class: "gates." + strings.ReplaceAll(g.Gate.Name, ".", "·"), Name: g.About()}
		if g.Trust == arbench.Suspect {
			c.Output = g.Reason
		}
		switch g.Verdict {
		case arbench.GateFailed:
			c.Failure = problemOf(g.Reason)
		case arbench.GateUnmeasured:
			c.Error = problemOf(g.Reason)
		case arbench.GateSkipped:
			c.Skipped = problemOf(g.Reason)
		}
		s.Cases = append(s.Cases, c)
	}
	return s
}

// problemOf returns a problem whose message is the first line of why.
func problemOf(why string) *problem {
	first, _, more := strings.Cut(why, "\n")
	p := &problem{Message: first}
	if more {
		p.Text = why
	}
	return p
}

func seconds(s float64) string { return strconv.FormatFloat(s, 'f', 3, 64) }
