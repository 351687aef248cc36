// Package goal names the losses that gradient attacks climb and the classes that targeted ones aim
// at.
package goal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
)

// Losses lists the losses by name: cross-entropy; the margin of Carlini & Wagner 2017, f6; the
// difference of logits ratio of Croce & Hein 2020, equation 6, and its targeted form, equation 7.
var Losses = []string{"ce", "margin", "dlr", "dlr-targeted"}

// Targets lists the ways to choose the class to aim at, other than the true one: the one with the
// second greatest or the least logit of the clean image, or any, drawn for each example and restart.
var Targets = []string{"second", "least-likely", "random"}

// Validate reports a loss or a target that is not known and a pair that does not fit. An empty
// target means an untargeted attack; more are targets that an attack knows beside Targets.
func Validate(loss, target string, more ...string) error {
	var errs []error
	targets := slices.Concat(Targets, more)
	if !slices.Contains(Losses, loss) {
		errs = append(errs, fmt.Errorf("unknown loss %q, want one of %q", loss, Losses))
	}
	if target != "" && !slices.Contains(targets, target) {
		errs = append(errs, fmt.Errorf("unknown target %q, want one of %q", target, targets))
	}
	switch {
	case loss == "dlr-targeted" && target == "":
		errs = append(errs, fmt.Errorf("loss %q needs a target, one of %q", loss, targets))
	case loss == "dlr" && target != "":
		errs = append(errs, fmt.Errorf("loss %q takes no target: use %q", loss, "dlr-targeted"))
	}
	return errors.Join(errs...)
}

// A Func returns the loss to maximise for the examples of a trial that rows names, in that order.
type Func func(rows []int) arbench.Loss

// New returns the goal of an attack on t with a loss and target that Validate accepts. Finding the
// class "second" or "least-likely" costs one forward pass of each example.
func New(ctx context.Context, t arbench.Trial, loss, target string, restart int) (Func, error) {
	if err := Fits(loss, t.Model.Info().Classes); err != nil {
		return nil, err
	}
	if target == "" {
		return Untargeted(t.Y, loss), nil
	}
	to, err := aim(ctx, t, target, restart)
	if err != nil {
		return nil, err
	}
	return Targeted(t.Y, to, loss), nil
}

// All returns the goals of an attack on t that aims at each class other than the true one in turn, that of
// the greatest clean logit first, with a loss other than "dlr". They cost one forward pass of each example.
func All(ctx context.Context, t arbench.Trial, loss string) ([]Func, error) {
	if err := Fits(loss, t.Model.Info().Classes); err != nil {
		return nil, err
	}
	z, err := t.Model.Logits(ctx, t.X)
	if err != nil {
		return nil, err
	}
	goals := make([]Func, max(t.Model.Info().Classes-1, 0))
	for rank := range goals {
		to := make([]int, t.Len())
		for i, y := range t.Y {
			to[i] = Rivals(z.Row(i), y)[rank]
		}
		goals[rank] = Targeted(t.Y, to, loss)
	}
	return goals, nil
}

// Fits reports, as an [arbench.FewClasses], a loss that needs more classes than a model has.
func Fits(loss string, classes int) error {
	if need := map[string]int{"dlr": 3, "dlr-targeted": 4}[loss]; classes < need {
		return arbench.FewClasses{What: fmt.Sprintf("loss %q", loss), Needs: need, Has: classes}
	}
	return nil
}

// Untargeted returns the loss "ce", "margin" or "dlr" of examples whose classes are y.
func Untargeted(y []int, loss string) Func {
	return func(rows []int) arbench.Loss {
		switch y := pick(y, rows); loss {
		case "margin":
			return arbench.Margin{Y: y}
		case "dlr":
			return arbench.DLR{Y: y}
		default:
			return arbench.CrossEntropy{Y: y}
		}
	}
}

// Targeted returns the loss "ce", "margin" or "dlr-targeted" of examples whose classes are y and that
// are to be taken for the classes to.
func Targeted(y, to []int, loss string) Func {
	return func(rows []int) arbench.Loss {
		switch y, to := pick(y, rows), pick(to, rows); loss {
		case "margin":
			return arbench.LogitDifference{A: to, B: y}
		case "dlr-targeted":
			return arbench.TargetedDLR{Y: y, T: to}
		default:
			return negative{arbench.CrossEntropy{Y: to}}
		}
	}
}

// Right returns the logits of the clean images of the given rows, zeros for others, and those of these rows
// that are classified right. It costs them one forward pass each.
func Right(ctx context.Context, t arbench.Trial, rows []int) (z arbench.Tensor, right []int, err error) {
	z = arbench.NewTensor(t.Len(), t.Model.Info().Classes)
	if len(rows) == 0 {
		return z, nil, nil
	}
	seen, err := t.Model.Logits(ctx, t.X.Gather(rows), rows...)
	if err != nil {
		return z, nil, err
	}
	z.Scatter(rows, seen)
	for _, r := range rows {
		if arbench.Argmax(z.Row(r)) == t.Y[r] {
			right = append(right, r)
		}
	}
	return z, right, nil
}

// Rivals returns the classes other than y, that of the greatest logit first, equals in their order.
func Rivals(z []float32, y int) []int {
	order := make([]int, 0, len(z))
	for k := range z {
		if k != y {
			order = append(order, k)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(z[j], z[i]) })
	return order
}

func pick(y, rows []int) []int {
	out := make([]int, len(rows))
	for i, r := range rows {
		out[i] = y[r]
	}
	return out
}

// negative is minus a loss.
type negative struct{ arbench.Loss }

func (l negative) Eval(z, dz arbench.Tensor, values []float64) {
	l.Loss.Eval(z, dz, values)
	for i := range values {
		values[i] = -values[i]
	}
	for i := range dz.Data {
		dz.Data[i] = -dz.Data[i]
	}
}

// aim returns the class to aim at for each example of t.
func aim(ctx context.Context, t arbench.Trial, target string, restart int) ([]int, error) {
	to := make([]int, t.Len())
	if target == "random" {
		for i, y := range t.Y {
			to[i] = t.Rand(i, "target", restart).IntN(t.Model.Info().Classes - 1)
			if to[i] >= y {
				to[i]++
			}
		}
		return to, nil
	}
	z, err := t.Model.Logits(ctx, t.X)
	if err != nil {
		return nil, err
	}
	for i, y := range t.Y {
		row := slices.Clone(z.Row(i))
		if target == "least-likely" {
			for k := range row {
				row[k] = -row[k]
			}
		}
		row[y] = float32(math.Inf(-1))
		to[i] = arbench.Argmax(row)
	}
	return to, nil
}
