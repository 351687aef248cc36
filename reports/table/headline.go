package table

import (
	"fmt"

	"github.com/arbench/arbench"
)

// A Headline is the answer in so few words that a badge can hold it.
type Headline struct {
	Suite   string // its name; of a copy of published data, with what they are
	Label   string // what the number is
	Message string // the number; what is wrong where there is none

	// Quotable says that the number is of the whole suite on all its examples, and that no check speaks
	// against it.
	Quotable bool
}

// NewHeadline returns the accuracy that the answer of the report is about: of its first model, under
// the strongest attack within the threat nearest to what it was trained against. Where no model is
// compared with a twin it is that of the last model, as it is.
func NewHeadline(r *arbench.Results) Headline {
	x := newIndex(r)
	suite := r.Suite
	if r.CopyOf != "" {
		suite += " on " + r.Dataset
	}
	h := Headline{Suite: suite, Label: suite, Quotable: r.Limit == 0 && !r.Partial && r.Unmeasured() == ""}
	for _, name := range x.headlines() {
		if t, ok := x.nearest(name); ok {
			n := x.number(name, t)
			h.Label = fmt.Sprintf("%s: %s under %s at %s", suite, name, t.attack, x.threat(t.threat))
			if x.standards[t.attack] != "" {
				h.Label = fmt.Sprintf("%s: %s %s at %s", suite, name, x.calls(t.attack), x.threat(t.threat))
			}
			h.Message, h.Quotable = n.short(), h.Quotable && n.doubt() == ""
			return h
		}
	}
	for _, name := range x.names() {
		if n := x.number(name, clean(arbench.Test)); n.Seeds > 0 {
			h.Label, h.Message = fmt.Sprintf("%s: %s clean", suite, name), n.short()
		}
	}
	if h.Message == "" {
		h.Message, h.Quotable = "not measured", false
	}
	return h
}
