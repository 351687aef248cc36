package suite

import (
	"errors"
	"fmt"
	"os"

	"github.com/BurntSushi/toml"

	"github.com/arbench/arbench"
)

// A Benchmark is a suite with numbers that are expected of it.
type Benchmark struct {
	Name   string `toml:"-"`
	Suite  string `toml:"suite"`  // a file or the name of a built-in suite; default Name
	Digest string `toml:"digest"` // of the data that the numbers were measured on

	// CopyOf names the published data that those are a copy of, with other contents; empty if they are
	// the published data.
	CopyOf string `toml:"copy_of"`

	// Numbers are conditions on numbers of the suite. One that was written as a value with a tolerance
	// is a gate on the value, between the value less the tolerance and the value with it.
	Numbers []arbench.Gate `toml:"-"`
}

// LoadBenchmarks reads a file of benchmarks: named tables under [suites], each with named tables
// under numbers, which have the keys of a gate, or value and tolerance in the place of min and max.
// The error holds every mistake, one a line.
func LoadBenchmarks(file string) ([]Benchmark, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var m map[string]any
	if _, err := toml.Decode(string(data), &m); err != nil {
		if p, ok := errors.AsType[toml.ParseError](err); ok {
			return nil, fmt.Errorf("%s:%d: %s", file, p.Position.Line, oneLine(p.Message))
		}
		return nil, fmt.Errorf("%s: %s", file, oneLine(err.Error()))
	}
	r := &reader{file: file}
	root := build(m, position{where: file}, nil, file, spots(string(data)))
	r.refuseLists(root)
	out := r.benchmarks(root)
	return out, r.err()
}

func (r *reader) benchmarks(root *table) []Benchmark {
	var top struct {
		Schema int
		Suites *table
	}
	r.bind(root, &top)
	r.schema(root, top.Schema)
	var out []Benchmark
	for name, t := range r.each(top.Suites) {
		b := Benchmark{Name: name, Suite: name}
		var numbers struct{ Numbers *table }
		r.bind(t, &b, &numbers)
		if b.Digest == "" {
			r.fail(t.at, "digest is missing: that of the data that the numbers were measured on, as reports have it")
		}
		for name, n := range r.each(numbers.Numbers) {
			if g, ok := r.expected(name, n); ok {
				b.Numbers = append(b.Numbers, g)
			}
		}
		if numbers.Numbers == nil || len(numbers.Numbers.keys) == 0 {
			r.fail(t.at, "expects no numbers: say which under [suites.%s.numbers]", quoteKey(name))
		}
		out = append(out, b)
	}
	if len(out) == 0 {
		r.fail(position{where: r.file, key: "suites"}, "missing: name a suite, such as [suites.digits]")
	}
	return out
}

// expected reads what is expected of a number.
func (r *reader) expected(name string, t *table) (arbench.Gate, bool) {
	var number struct{ Value, Tolerance float64 }
	if t.get("value") == nil && t.get("tolerance") == nil {
		return r.gate(name, t, &number)
	}
	before := len(r.mistakes)
	around := newTable(t.at)
	rest := newTable(t.at)
	for _, k := range t.keys {
		switch k {
		case "value", "tolerance":
			around.put(k, t.nodes[k])
		case "min", "max", "bound":
			r.fail(t.nodes[k].at, "a value with a tolerance has no %s", k)
		default:
			rest.put(k, t.nodes[k])
		}
	}
	r.bind(around, &number)
	switch {
	case around.get("value") == nil:
		r.fail(t.at, "a tolerance without a value")
	case around.get("tolerance") == nil:
		r.fail(t.at, "a value without a tolerance: say how far off it may be, in the unit of the quantity")
	case number.Tolerance < 0:
		r.fail(t.get("tolerance").at, "must not be negative")
	}
	if len(r.mistakes) > before {
		return arbench.Gate{}, false
	}
	for key, v := range map[string]any{
		"bound": "value", "min": number.Value - number.Tolerance, "max": number.Value + number.Tolerance,
	} {
		rest.put(key, &node{t.at, v})
	}
	return r.gate(name, rest, &number)
}
