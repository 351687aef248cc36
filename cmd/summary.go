package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/reports/markdown"
)

// The variables by which GitHub Actions, and forges like it, tell a job where its summary is, and
// that it is one.
const (
	summaryVariable = "GITHUB_STEP_SUMMARY"
	actionsVariable = "GITHUB_ACTIONS"
)

// cutSummary is the most bytes of a summary. A forge takes none of more than 1 MiB, and may drop one
// that is just below.
const cutSummary = 900 << 10

func (d *delivery) summaryFlag(f *pflag.FlagSet) {
	f.BoolVar(&d.summary, "summary", false,
		"append the report to the job's summary, and annotate what fails: for GitHub Actions")
}

// checkSummary refuses --summary where there is none to append to.
func (d *delivery) checkSummary() error {
	if d.summary && os.Getenv(summaryVariable) == "" {
		return fmt.Errorf("--summary: %s in the environment names no file: a job of GitHub Actions has it",
			summaryVariable)
	}
	return nil
}

// summarize appends r as Markdown to the summary of the job, and writes annotations to w.
func (d *delivery) summarize(w io.Writer, r *arbench.Results) error {
	if !d.summary {
		return nil
	}
	err := appendSummary(os.Getenv(summaryVariable), r)
	if os.Getenv(actionsVariable) == "true" {
		annotate(w, r)
	}
	return err
}

func appendSummary(path string, r *arbench.Results) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("--summary: %w", err)
	}
	info, err := f.Stat()
	if err == nil {
		room := max(cutSummary-int(min(info.Size(), cutSummary)), 1)
		err = (&markdown.Reporter{Cap: room}).Report(f, r)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("--summary: %w", err)
	}
	return nil
}

// mostAnnotations is how many of a kind a forge shows for one step.
const mostAnnotations = 10

// annotate writes workflow commands that show failed gates as errors, and numbers that are not trusted and
// what could not be measured or judged as warnings, as https://docs.github.com/actions/reference/workflow-commands-for-github-actions
// has them.
func annotate(w io.Writer, r *arbench.Results) {
	var failed, unmeasured []string
	for _, g := range r.Gates {
		switch g.Verdict {
		case arbench.GateFailed:
			failed = append(failed, command("error", "gate "+g.Gate.Name+" failed", g.Reason))
		case arbench.GateUnmeasured:
			unmeasured = append(unmeasured, command("warning", "gate "+g.Gate.Name, g.About()+": "+g.Reason))
		}
	}
	for _, c := range r.Cells {
		if t := c.Trust(); t == arbench.Suspect || t == arbench.Invalid {
			unmeasured = append(unmeasured, command("warning", string(t)+" number", doubt(c)))
		}
	}
	for _, f := range r.Failures {
		unmeasured = append(unmeasured, command("warning", "not measured", workName(f.Cell)+": "+f.Error))
	}
	for _, of := range [][]string{failed, unmeasured} {
		for _, line := range of[:min(len(of), mostAnnotations)] {
			fmt.Fprintln(w, line)
		}
	}
}

// command returns a workflow command with its text escaped.
func command(name, title, text string) string {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace
	property := strings.NewReplacer(":", "%3A", ",", "%2C").Replace
	return "::" + name + " title=" + property(data("arbench: "+title)) + "::" + data(text)
}
