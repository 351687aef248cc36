// Package json reports results as JSON: all of them, so that every other report can be made from it.
package json

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/arbench/arbench"
)

// Schema is the version of the form. It grows when a field changes its meaning or goes away; a field
// that is new does not change it.
const Schema = 1

func init() {
	arbench.Reporters.Register("json", func() arbench.Reporter { return &Reporter{} })
}

// Reporter writes results as one JSON object, indented, with keys in a fixed order. A number that
// JSON cannot hold is a string: "NaN", "+Inf", "-Inf". What is empty, false or zero is left out,
// except in quantities and epochs. [Decode] reads it back.
//
// Threats are their norm and eps: the code of a family of image changes is not part of it.
type Reporter struct{}

var _ arbench.Reporter = (*Reporter)(nil)

// Info implements [arbench.Reporter].
func (*Reporter) Info() arbench.ReporterInfo {
	return arbench.ReporterInfo{
		Doc:       "everything, for other programs and to make the other reports from later",
		Extension: "json",
	}
}

// Report implements [arbench.Reporter].
func (*Reporter) Report(w io.Writer, r *arbench.Results) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(documentOf(r))
}

// Decode reads what Reporter wrote. It refuses another schema.
func Decode(r io.Reader) (*arbench.Results, error) {
	var d document
	if err := json.NewDecoder(r).Decode(&d); err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	if d.Schema != Schema {
		return nil, fmt.Errorf("results have schema %d, this program reads %d", d.Schema, Schema)
	}
	return d.results(), nil
}
