package suite

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/arbench/arbench"
)

// TOML returns the suite with every default filled in and every vary and recipe resolved, as a file
// that [Parse] reads back to the same suite.
func (s *Suite) TOML() string {
	w := &writer{}
	w.pair("schema", Schema)
	w.pair("name", s.Name)
	w.pair("title", s.Title)
	w.pair("note", s.Note)
	w.pair("level", s.Level)
	w.pair("seeds", s.Seeds)
	w.head("backend")
	w.plugin(s.Backend.Use, s.Backend.It)
	w.head("dataset")
	w.plugin(s.Dataset.Use, s.Dataset.It, "validation", "train")
	w.pair("validation", s.Validation)
	w.pair("train", s.TrainSize)
	for _, m := range s.Models {
		w.model(m, s.Backend)
	}
	for _, t := range s.Threats {
		w.head("threats", t.Name)
		w.options(t.Threat)
	}
	for _, a := range s.Attacks {
		w.head("attacks", a.Name)
		w.plugin(a.Use, a.It)
	}
	for _, e := range s.Evaluations {
		if !e.Implicit {
			w.head("evaluate", e.Name)
			w.options(e)
		}
	}
	for _, p := range s.Probes {
		w.head("probes", p.Name)
		w.plugin(p.Use, p.It, "models", "examples", "split")
		w.pair("models", p.Models)
		w.pair("examples", p.Examples)
		w.pair("split", p.Split)
	}
	w.head("trust")
	w.options(s.Trust)
	w.head("measures")
	for _, m := range s.Measures {
		w.head("measures", m.Name)
		w.plugin(m.Use, m.It)
	}
	w.head("report")
	w.pair("formats", s.Formats)
	for _, g := range s.Gates {
		w.head("gates", g.Name)
		w.set(g)
	}
	return w.String()
}

// TOML returns the plugin with all its options, as the lines of a table of a suite file.
func (n Named[T]) TOML() string {
	w := &writer{}
	w.plugin(n.Use, n.It)
	return w.String()
}

// A writer writes TOML.
type writer struct{ strings.Builder }

func (w *writer) head(path ...string) { fmt.Fprintf(w, "\n[%s]\n", dotted(path)) }

func (w *writer) pair(key string, v any) {
	if text := format(reflect.ValueOf(v)); text != "" {
		fmt.Fprintf(w, "%s = %s\n", key, text)
	}
}

func (w *writer) options(v any, hidden ...string) {
	for _, o := range Options(v) {
		if !slices.Contains(hidden, o.Key) {
			w.pair(quoteKey(o.Key), o.Value.Interface())
		}
	}
}

// set writes the options that are not empty.
func (w *writer) set(v any) {
	for _, o := range Options(v) {
		if !o.Value.IsZero() {
			w.pair(quoteKey(o.Key), o.Value.Interface())
		}
	}
}

// plugin writes a plugin's name and its options, except those that keys of the suite's own hide.
func (w *writer) plugin(use string, it any, hidden ...string) {
	w.pair("use", use)
	w.options(it, append(hidden, "use")...)
}

func (w *writer) model(m Model, backend Named[arbench.Backend]) {
	w.head("models", m.Name)
	if m.Weights != "" {
		w.pair("weights", m.Weights)
	}
	if m.Twin != "" {
		w.pair("twin", m.Twin)
	}
	w.pair("arch", use(m.Arch))
	if m.Backend.TOML() != backend.TOML() {
		w.pair("backend", use(m.Backend))
	}
	if m.Evaluator.It != nil {
		w.pair("evaluator", use(m.Evaluator))
	}
	if m.Normalize != nil {
		w.pair("normalize", m.Normalize)
	}
	if m.Weights == "" {
		w.training(m)
	}
}

// training writes what says how a model is trained.
func (w *writer) training(m Model) {
	if m.TrainSize > 0 {
		w.pair("train", m.TrainSize)
	}
	for _, o := range Options(m.Recipe) {
		if o.Key == "optimizer" {
			w.pair(o.Key, optimizer{m.Recipe.Optimizer})
			continue
		}
		w.pair(o.Key, o.Value.Interface())
	}
	w.pair("seeds", m.Seeds)
	for _, reg := range m.Regularizers {
		w.pair(dotted([]string{"regularizers", reg.Name}), use(reg))
	}
}

func use[T any](n Named[T]) arbench.Use[T] { return arbench.Use[T]{Name: n.Use, It: n.It} }

// format returns a value as TOML, "" if it is not set.
func format(v reflect.Value) string {
	if !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return ""
	}
	if u, ok := v.Interface().(interface{ Used() (string, any) }); ok {
		return formatUse(u.Used())
	}
	switch {
	case v.Kind() == reflect.Pointer:
		return format(v.Elem())
	case v.Kind() == reflect.String:
		return quote(v.String())
	case v.Kind() == reflect.Bool, v.CanInt(), v.CanUint():
		return fmt.Sprint(v.Interface())
	case v.CanFloat():
		return formatFraction(v.Float())
	case v.Kind() == reflect.Struct:
		return formatTable(Options(v.Interface()))
	case v.Kind() == reflect.Slice, v.Kind() == reflect.Array:
		return formatList(v)
	case v.Kind() == reflect.Map && v.Len() > 0:
		return formatMap(v)
	}
	return "" // nothing that a suite file can say
}

func formatList(v reflect.Value) string {
	items := make([]string, v.Len())
	for i := range items {
		if items[i] = format(v.Index(i)); items[i] == "" || items[i][0] == '{' {
			return ""
		}
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func formatUse(name string, it any) string {
	if name == "" {
		return ""
	}
	table := formatTable(Options(it))
	if table == "{}" {
		return "{ use = " + quote(name) + " }"
	}
	return "{ use = " + quote(name) + "," + strings.TrimPrefix(table, "{")
}

func formatTable(options []Option) string {
	var pairs []string
	for _, o := range options {
		if text := format(o.Value); text != "" {
			pairs = append(pairs, quoteKey(o.Key)+" = "+text)
		}
	}
	return braces(pairs)
}

func formatMap(v reflect.Value) string {
	texts := map[string]string{}
	for _, k := range v.MapKeys() {
		if text := format(v.MapIndex(k)); text != "" {
			texts[k.String()] = text
		}
	}
	var pairs []string
	for _, k := range slices.Sorted(maps.Keys(texts)) {
		pairs = append(pairs, quoteKey(k)+" = "+texts[k])
	}
	return braces(pairs)
}

func braces(pairs []string) string {
	if len(pairs) == 0 {
		return "{}"
	}
	return "{ " + strings.Join(pairs, ", ") + " }"
}

// formatFraction returns a number as a fraction of 255 where it is one that is long to write, and
// "" if it is not finite.
func formatFraction(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return ""
	}
	text := formatFloat(f)
	if g := math.Round(f * 255); g >= 1 && g <= 254 && g/255 == f && len(text) > 8 {
		return fmt.Sprintf("\"%v/255\"", g)
	}
	return text
}

func formatFloat(f float64) string {
	text := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(text, ".eEnN") {
		text += ".0"
	}
	return text
}

// quoteKey returns a key as TOML writes it.
func quoteKey(key string) string {
	bare := func(c rune) bool {
		return c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	}
	if key != "" && !strings.ContainsFunc(key, func(c rune) bool { return !bare(c) }) {
		return key
	}
	return quote(key)
}

// quote returns a TOML basic string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c < 0x20 || c == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
