package table

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
)

// maxCurves is the greatest number of trainings whose curves are not folded away.
const maxCurves = 24

// training is the section on how each model was trained.
func (b *builder) training() Section {
	var all []arbench.ModelResult
	for _, name := range b.names() {
		all = append(all, b.models[name]...)
	}
	s := Section{
		Title: "Training",
		Text: "Each number is a fact about one training. Curves run from the first epoch to the last, each " +
			"scaled to its own range; every point is in the CSV and JSON reports. The loss is that of the " +
			"training batches, as the regularizers made them. Clean accuracy is that on training examples as " +
			"they are, after each epoch; validation accuracy is that on examples held out.",
	}
	trained := slices.DeleteFunc(slices.Clone(all), func(m arbench.ModelResult) bool { return len(m.Epochs) == 0 })
	for _, p := range []Part{b.learning(trained), b.spending(all)} {
		if len(p.Rows) > 0 {
			s.Parts = append(s.Parts, p)
		}
	}
	return s
}

// A series is one curve of a training.
type series struct {
	name string
	of   func(arbench.EpochResult) float64
	unit func(float64) string
}

var allSeries = []series{
	{"loss", func(e arbench.EpochResult) float64 { return e.Loss }, func(v float64) string {
		return format(v, significant(v))
	}},
	{"clean", func(e arbench.EpochResult) float64 { return e.Clean }, percentage},
	{"validation", func(e arbench.EpochResult) float64 { return e.Validation }, percentage},
}

// points returns the curve of a training, NaN where an epoch has no point.
func (s series) points(m arbench.ModelResult) []float64 {
	var out []float64
	for _, e := range m.Epochs {
		out = append(out, s.of(e))
	}
	return out
}

// learning is the table of curves, those of which some training has a point.
func (b *builder) learning(trainings []arbench.ModelResult) Part {
	heads := []string{"model", "#seed", "#epochs"}
	rows := make([][]Text, len(trainings))
	for i, m := range trainings {
		rows[i] = []Text{b.text(m.Name, m.Warnings), plain(fmt.Sprint(m.Seed)), plain(fmt.Sprint(len(m.Epochs)))}
	}
	for _, s := range allSeries {
		if !slices.ContainsFunc(trainings, func(m arbench.ModelResult) bool {
			return slices.ContainsFunc(s.points(m), finite)
		}) {
			continue
		}
		heads = append(heads, s.name, "#first", "#last")
		for i, m := range trainings {
			v := s.points(m)
			rows[i] = append(rows[i], plain(spark(v)), plain(s.unit(v[0])), plain(s.unit(v[len(v)-1])))
		}
		if s.name == "validation" {
			heads = append(heads, "#best")
			for i, m := range trainings {
				rows[i] = append(rows[i], plain(best(m.Epochs)))
			}
		}
	}
	p := tabulate("", columns(heads...), rows)
	if len(rows) > maxCurves {
		p.Title, p.Folded = "The curves of every training", true
	}
	return p
}

// best returns the greatest validation accuracy and the first epoch that has it.
func best(epochs []arbench.EpochResult) string {
	at := slices.MaxFunc(epochs, func(a, b arbench.EpochResult) int { return cmp.Compare(a.Validation, b.Validation) })
	if math.IsNaN(at.Validation) {
		return "–"
	}
	return fmt.Sprintf("%s (epoch %d)", percentage(at.Validation), at.Epoch)
}

// spending is the table of what each training took.
func (b *builder) spending(trainings []arbench.ModelResult) Part {
	var rows [][]Text
	for _, m := range trainings {
		examples, batches := "–", "–"
		if m.Examples > 0 {
			examples = fmt.Sprint(m.Examples)
		}
		if n := len(m.Epochs); n > 0 {
			batches = percentage(m.Epochs[n-1].Accuracy)
		}
		rows = append(rows, []Text{
			b.text(m.Name, m.Warnings), plain(fmt.Sprint(m.Seed)), plain(m.Arch), plain(fmt.Sprint(m.Params)),
			plain(examples), plain(fmt.Sprint(len(m.Epochs))), plain(duration(m.Seconds)),
			plain(fmt.Sprint(m.Passes.Forward)), plain(fmt.Sprint(m.Passes.Backward)), plain(batches),
		})
	}
	p := tabulate("What every training took, and the accuracy of its last batches as the regularizers made them",
		columns("model", "#seed", "net", "#parameters", "#examples", "#epochs", "#time", "#forward passes",
			"#backward passes", "#accuracy of batches"), rows)
	p.Folded = true
	return p
}
