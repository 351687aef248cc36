package trust

import (
	"fmt"
	"slices"

	"github.com/arbench/arbench"
)

// probed judges a quantity of the answer to a question.
func (k check) probed(c *Case, question, name, format string) []arbench.Finding {
	a := c.Probed[question]
	for _, q := range a.Quantities {
		if q.Name == name {
			return k.judged(q, format, q.N)
		}
	}
	if a.Missing == "" && len(a.Quantities) > 0 {
		return k.skipped("the model gives no gradients")
	}
	return k.unasked(c, Attempt{Missing: a.Missing})
}

// losses returns the names of the quantities on zero gradients of the losses that the attack, or the stages
// of a cascade, climb: both of one that does not say which.
func (c *Case) losses() []string {
	var out []string
	for _, s := range c.parts() {
		if s.Attack.Info().Access < arbench.Gradients {
			continue
		}
		switch text(s.Attack, "loss") {
		case "ce":
			out = append(out, zeroCE)
		case "":
			out = append(out, zeroCE, zeroMargin)
		default:
			out = append(out, zeroMargin)
		}
	}
	return out
}

// random reports whether passes were found to differ, of an attack that averages over them.
func (c *Case) random() bool {
	return c.Attack != nil && c.averages() && slices.ContainsFunc(c.Probed[probeQuestion].Quantities, func(q arbench.Quantity) bool {
		return q.Name == passesDiffer && q.Value > 0
	})
}

// drawn is why some checks are not made of numbers for which random says yes.
const drawn = "the model draws random numbers, and the attack averages over passes"

// zeroGradients judges how often the attack starts without a direction: where it has several losses, by
// the one that has one more often.
func zeroGradients(k check, c *Case) []arbench.Finding {
	if !c.gradients() {
		return k.skipped("the attack takes no gradients of the model")
	}
	var best []arbench.Finding
	for _, name := range c.losses() {
		f := k.probed(c, probeQuestion, name, "examples of %d where the derivative of the loss in the image is 0")
		if best == nil || f[0].Evidence.Value < best[0].Evidence.Value {
			best = f
		}
	}
	return best
}

// differences judges derivatives by finite differences. These are of float32: where factors are rounded to fewer
// bits they are lost in the rounding, and say nothing against a derivative.
func differences(k check, c *Case) []arbench.Finding {
	if !c.gradients() {
		return k.skipped("the attack takes no gradients of the model")
	}
	if c.random() {
		return k.skipped(drawn)
	}
	f := k.probed(c, probeQuestion, wrongSlope, "examples of %d where the derivative and finite differences differ by more than half")
	if bits := c.FactorBits; bits > 0 && f[0].Trust == arbench.Invalid {
		f[0].Trust, f[0].Note = "", fmt.Sprintf("not judged: the backend rounds factors to %d bits, which moves logits "+
			"as the differences do: confirm the number with factors of float32", bits)
	}
	return f
}

// surface judges how much the margin moves in random directions.
func surface(k check, c *Case) []arbench.Finding {
	if !c.gradients() {
		return k.skipped("the attack takes no gradients of the model")
	}
	return k.probed(c, probeQuestion, marginMoves, "mean relative change, at most 1, of the margin in random directions of half the eps, of %d examples")
}

// repeated judges whether passes agree.
func repeated(k check, c *Case) []arbench.Finding {
	if c.Attack != nil && c.averages() {
		k.kind = Notes
	}
	return k.probed(c, probeQuestion, passesDiffer, "examples of %d whose logits differ in five passes")
}

// batches judges whether an image alone gets the answer that it gets in a batch.
func batches(k check, c *Case) []arbench.Finding {
	if c.random() {
		return k.skipped(drawn)
	}
	return k.probed(c, probeQuestion, batchesDiffer, "examples of %d whose logits differ when they are alone")
}
