package suite

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/arbench/arbench"
)

// A reader turns the tree of a file into a suite and collects mistakes.
type reader struct {
	file     string
	mistakes []mistake
}

type mistake struct {
	at   position
	text string
}

// fail reports a mistake. What it says is one line.
func (r *reader) fail(at position, format string, args ...any) {
	text := fmt.Errorf(format, args...).Error()
	r.mistakes = append(r.mistakes, mistake{at, oneLine(text)})
}

// err returns every mistake once, in the order of lines.
func (r *reader) err() error {
	slices.SortStableFunc(r.mistakes, func(a, b mistake) int { return cmp.Compare(a.at.line, b.at.line) })
	var errs []error
	seen := map[string]bool{}
	for _, m := range r.mistakes {
		text := m.at.where + ": " + m.text
		if m.at.key != "" {
			text = m.at.where + ": " + m.at.key + ": " + m.text
		}
		if !seen[text] {
			seen[text] = true
			errs = append(errs, errors.New(text))
		}
	}
	return errors.Join(errs...)
}

// A file is the top level of a suite file.
type file struct {
	Schema   int
	Name     string
	Title    string
	Note     string
	Seeds    Seeds
	Level    float64
	Backend  *table
	Dataset  *table
	Recipe   *table
	Models   *table
	Threats  *table
	Attacks  *table
	Evaluate *table
	Probes   *table
	Trust    *table
	Measures *table
	Report   *table
	Gates    *table
}

// suite reads everything. Later are overrides of models that a vary makes.
func (r *reader) suite(root *table, later []override) *Suite {
	f := &file{
		Name:  strings.TrimSuffix(filepath.Base(r.file), ".toml"),
		Seeds: Seeds{Train: []uint64{0}},
		Level: 0.95,
	}
	r.bind(root, f)
	r.head(root, f)
	s := &Suite{File: r.file, Name: f.Name, Title: f.Title, Note: f.Note, Seeds: f.Seeds, Level: f.Level}
	embedded := newTable(position{where: r.file, key: "backend"})
	embedded.put("use", &node{embedded.at, "gorgonia"})
	if f.Backend == nil {
		f.Backend = embedded
	}
	if f.Backend.get("use") == nil {
		f.Backend = f.Backend.merge(embedded)
	}
	var backend arbench.Use[arbench.Backend]
	r.plugin(&backend, f.Backend)
	s.Backend = named("", backend)
	r.dataset(s, f.Dataset)
	r.models(s, f, later)
	for name, t := range r.each(f.Threats) {
		s.Threats = append(s.Threats, r.threat(name, t))
	}
	s.Attacks = plugins[arbench.Attack](r, f.Attacks)
	r.evaluations(s, f.Evaluate)
	r.probes(s, f.Probes)
	r.trust(s, f.Trust)
	r.measures(s, f.Measures)
	r.report(s, f.Report)
	r.gates(s, f)
	return s
}

// head checks what is not in a table.
func (r *reader) head(root *table, f *file) {
	r.schema(root, f.Schema)
	r.suiteName(root.get("name"), f.Name)
	if n := root.get("level"); n != nil && !(f.Level > 0 && f.Level < 1) {
		r.fail(n.at, "must be between 0 and 1, such as 0.95")
	}
	if n := root.get("seeds"); n != nil {
		r.trainSeeds(n.at, f.Seeds.Train)
	}
}

// schema checks the version of the format, which the file should say.
func (r *reader) schema(root *table, schema int) {
	at := position{where: r.file, key: "schema"}
	if n := root.get("schema"); n == nil {
		r.fail(at, "missing: write schema = %d, the version of the format that this program reads", Schema)
	} else if schema > Schema {
		r.fail(n.at, "this program reads schema %d: upgrade arbench to run this suite", Schema)
	} else if schema != Schema {
		r.fail(n.at, "this program reads schema %d: write schema = %[1]d", Schema)
	}
}

// longestName is how many bytes a suite's name may have: it is that of report files.
const longestName = 100

// suiteName checks the name of the suite, which n gives, or the file's name where n is nil.
func (r *reader) suiteName(n *node, name string) {
	at := position{where: r.file, key: "name"}
	if n != nil {
		at = n.at
	}
	bad := func(c rune) bool { return !unicode.IsPrint(c) || strings.ContainsRune(`/\`, c) }
	switch {
	case name == "":
		r.fail(at, "must not be empty")
	case strings.ContainsFunc(name, bad) || !utf8.ValidString(name) || len(name) > longestName ||
		strings.TrimSpace(name) != name:
		r.fail(at, "%q cannot be the name of a file: want at most %d printable characters without / and \\",
			name, longestName)
	}
}

// trainSeeds checks seeds of trainings.
func (r *reader) trainSeeds(at position, seeds []uint64) {
	if len(seeds) == 0 {
		r.fail(at, "want at least one training seed")
	}
	if sorted := slices.Sorted(slices.Values(seeds)); len(slices.Compact(sorted)) < len(seeds) {
		r.fail(at, "the same training seed twice")
	}
}

func (r *reader) dataset(s *Suite, t *table) {
	if t == nil {
		r.fail(position{where: r.file, key: "dataset"}, "missing: a suite names its data under [dataset]")
		return
	}
	var common struct {
		Validation int
		Train      int
	}
	var use arbench.Use[arbench.Dataset]
	r.plugin(&use, t, &common)
	if common.Validation < 0 || common.Train < 0 {
		r.fail(t.at, "validation and train must not be negative")
	}
	s.Dataset, s.Validation, s.TrainSize = named("", use), common.Validation, common.Train
}

// each returns the tables of a section by name. A section that is not there has none.
func (r *reader) each(section *table) func(yield func(string, *table) bool) {
	return func(yield func(string, *table) bool) {
		if section == nil {
			return
		}
		for _, name := range section.keys {
			n := section.nodes[name]
			r.name(n.at, name)
			if t := r.table(n); t != nil && !yield(name, t) {
				return
			}
		}
	}
}

// name checks the name of something: patterns and reports must be able to hold it.
func (r *reader) name(at position, name string) {
	bad := func(c rune) bool { return !unicode.IsPrint(c) || strings.ContainsRune(`*?[]\`, c) }
	if name == "" || strings.TrimSpace(name) != name || strings.ContainsFunc(name, bad) {
		r.fail(at, "%q is no name: want printable characters other than * ? [ ] and \\", name)
	}
}

// named returns what use holds under the given name, or under its own if that is empty.
func named[T any](name string, use arbench.Use[T]) Named[T] {
	return Named[T]{cmp.Or(name, use.Name), use.Name, use.It}
}

// plugins reads a section of named plugins without keys of the suite's own.
func plugins[T any](r *reader, section *table) []Named[T] {
	var out []Named[T]
	for name, t := range r.each(section) {
		var use arbench.Use[T]
		if r.plugin(&use, t) {
			out = append(out, named(name, use))
		}
	}
	return out
}

func (r *reader) threat(name string, t *table) Threat {
	out, before := Threat{Name: name}, len(r.mistakes)
	for _, key := range []string{"eps", "vary"} { // which models have, and people try
		n := t.get(key)
		if n == nil {
			continue
		}
		if _, list := n.value.([]any); list || key == "vary" {
			r.fail(n.at, "a threat has one eps: for a curve write a table for each, such as [threats.%s-4] "+
				`with eps = "4/255" beside [threats.%s-8]; every attack is put to each`, name, name)
			return out
		}
	}
	r.bind(t, &out.Threat)
	if t.get("eps") == nil {
		r.fail(t.at, `eps is missing: a number or a fraction such as "8/255"`)
	}
	if t.get("norm") == nil {
		r.fail(t.at, "norm is missing: say %q, %q, %q or %q", arbench.Linf, arbench.L2, arbench.L1, arbench.L0)
	}
	if len(r.mistakes) == before {
		r.validate(t, out.Threat)
	}
	return out
}

// patterns checks patterns for names.
func (r *reader) patterns(t *table, key string, patterns []string) {
	at := t.at
	if n := t.get(key); n != nil {
		at = n.at
	}
	if len(patterns) == 0 {
		r.fail(at, `names nothing: leave it out, or say ["*"], for all`)
	}
	for _, p := range patterns {
		if _, err := path.Match(noSlash(p), ""); err != nil {
			r.fail(at, "%q is no pattern: %w", p, err)
		}
	}
}
