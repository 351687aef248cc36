// Package badge reports results as the JSON that shields.io makes a badge of.
package badge

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/reports/table"
)

func init() {
	arbench.Reporters.Register("badge", func() arbench.Reporter { return &Reporter{} })
}

// Reporter writes what a shields.io endpoint answers (https://shields.io/badges/endpoint-badge). Of a
// suite with gates the badge says how many hold, green or red; else it is the accuracy that the
// report's answer is about, in blue. It is grey where something is missing: not measured, left out
// by --only or --limit; and where a check speaks against the number.
type Reporter struct{}

var _ arbench.Reporter = (*Reporter)(nil)

// Info implements [arbench.Reporter].
func (*Reporter) Info() arbench.ReporterInfo {
	return arbench.ReporterInfo{
		Doc:       "a badge, as the endpoint JSON of shields.io: gates, or the accuracy under attack",
		Extension: "badge.json",
	}
}

// endpoint is the answer of an endpoint, in the order of its documentation.
type endpoint struct {
	Schema  int    `json:"schemaVersion"`
	Label   string `json:"label"`
	Message string `json:"message"`
	Color   string `json:"color"`
	IsError bool   `json:"isError,omitempty"`
}

// Report implements [arbench.Reporter].
func (*Reporter) Report(w io.Writer, r *arbench.Results) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(badge(r))
}

const grey = "lightgrey"

func badge(r *arbench.Results) endpoint {
	h := table.NewHeadline(r)
	b := endpoint{Schema: 1, Label: h.Label, Message: h.Message, Color: "blue"}
	if len(r.Gates) > 0 {
		b.Label = "arbench " + h.Suite
		b.Message, b.Color = verdict(r.Gates)
	}
	if !h.Quotable && b.Color != "red" {
		b.Color = grey
	}
	b.IsError = r.Unmeasured() != ""
	return b
}

// verdict says in a few words, and a colour, what became of gates.
func verdict(gates []arbench.GateResult) (message, color string) {
	n := map[arbench.Verdict]int{}
	for _, g := range gates {
		n[g.Verdict]++
	}
	all := len(gates)
	switch {
	case n[arbench.GateFailed] > 0:
		return fmt.Sprintf("%d of %d gates failed", n[arbench.GateFailed], all), "red"
	case n[arbench.GatePassed] < all:
		return fmt.Sprintf("%d of %d gates judged", n[arbench.GatePassed], all), grey
	case slices.ContainsFunc(gates, func(g arbench.GateResult) bool { return g.Trust == arbench.Suspect }):
		return fmt.Sprintf("%d of %d gates passed (suspect)", all, all), grey
	case all == 1:
		return "gate passed", "brightgreen"
	}
	return fmt.Sprintf("%d gates passed", all), "brightgreen"
}
