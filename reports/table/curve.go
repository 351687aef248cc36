package table

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/arbench/arbench"
)

// A ray is one attack with growing eps in one norm.
type ray struct {
	attack string
	norm   arbench.Norm
	split  arbench.Split
	at     []topic // by eps
}

// rays groups the accuracies under attacks by attack and norm.
func (x *index) rays() []ray {
	var out []ray
	for _, t := range slices.Concat(x.under(arbench.Test), x.under(arbench.Train)) {
		r := ray{attack: t.attack, norm: x.threats[t.threat].Norm, split: t.split}
		i := slices.IndexFunc(out, func(o ray) bool {
			return o.attack == r.attack && o.norm == r.norm && o.split == r.split
		})
		if i < 0 {
			i = len(out)
			out = append(out, r)
		}
		out[i].at = append(out[i].at, t)
	}
	return out
}

// A point is an accuracy of a curve.
type point struct {
	topic
	eps  float64
	head string // what reports call the threat
}

// points returns the accuracies of a ray by eps: those of the suite's threats and, of an attack whose
// answer holds for every eps, those between and beyond them.
func (x *index) points(r ray) []point {
	var out []point
	seen := map[string]bool{}
	for _, t := range r.at {
		threat := x.threats[t.threat]
		out = append(out, point{t, threat.Eps, x.threat(t.threat)})
		seen[threat.String()] = true
	}
	for _, t := range x.find(func(t topic) bool {
		return t.name == within && t.attack == r.attack && t.split == r.split && x.threats[t.threat].Norm == r.norm
	}) {
		if eps, ok := readEps(strings.TrimPrefix(t.detail, string(r.norm)+" ")); ok && !seen[t.detail] {
			out = append(out, point{t, eps, t.detail})
			seen[t.detail] = true
		}
	}
	slices.SortStableFunc(out, func(a, b point) int { return cmp.Compare(a.eps, b.eps) })
	return out
}

// readEps reads an eps as arbench.FormatEps writes it.
func readEps(s string) (eps float64, ok bool) {
	s, of, fraction := strings.Cut(s, "/")
	eps, err := strconv.ParseFloat(s, 64)
	if !fraction {
		return eps, err == nil
	}
	d, other := strconv.ParseFloat(of, 64)
	return eps / d, err == nil && other == nil && d > 0
}

// curves is the section on accuracy under each attack against eps and strength.
func (b *builder) curves() Section {
	b.use(arbench.AttackCell, accuracy, within)
	s := Section{
		Title: "Accuracy under each attack",
		Text: "Accuracy as eps grows, models of one net in order of the eps they were trained " +
			"against. The first number is accuracy on images as they are. A number belongs to " +
			"the attack that made it: it is accuracy under that attack, not a bound on what others can do.",
	}
	rays := b.rays()
	for _, r := range rays {
		cols, points := []string{"model", "trained against", "rests on", "#clean"}, b.points(r)
		for _, p := range points {
			cols = append(cols, "#"+p.head)
		}
		var rows [][]Text
		for _, name := range b.names() {
			if row, ok := b.curve(name, r.split, points); ok {
				rows = append(rows, row)
			}
		}
		cols, rows = withoutEmpty(cols, rows, 2) // where each number says what it rests on
		title := fmt.Sprintf("Under %s, %s examples", r.attack, r.split)
		if slices.ContainsFunc(rays, func(o ray) bool { return o.attack == r.attack && o.norm != r.norm }) {
			title = fmt.Sprintf("Under %s in %s, %s examples", r.attack, r.norm, r.split)
		}
		p := tabulate(title, columns(cols...), rows)
		p.Folded = r.split != arbench.Test
		s.Parts = append(s.Parts, p)
	}
	return s
}

// withoutEmpty leaves out column k if it says nothing in any row.
func withoutEmpty(cols []string, rows [][]Text, k int) ([]string, [][]Text) {
	if slices.ContainsFunc(rows, func(r []Text) bool { return r[k].Text != "–" }) {
		return cols, rows
	}
	for i, r := range rows {
		rows[i] = slices.Delete(r, k, k+1)
	}
	return slices.Delete(cols, k, k+1), rows
}

// curve returns a model's row, and whether the attack was put to it.
func (b *builder) curve(name string, split arbench.Split, points []point) (row []Text, found bool) {
	numbers := []Number{b.index.number(name, clean(split))}
	for _, p := range points {
		n := b.index.number(name, p.topic)
		found = found || n.Seeds > 0
		numbers = append(numbers, n)
	}
	rests, cells := b.shared(numbers...)
	return append([]Text{plain(name), plain(b.strength(name)), rests}, cells...), found
}
