package measure

import (
	"github.com/arbench/arbench"
	"gonum.org/v1/gonum/stat"
)

func init() {
	arbench.Measures.Register("gap", func() arbench.Measure { return &Gap{} })
}

// Gap is how much better the model does on the examples it was trained on than on others, in
// accuracy (train less test) and in loss (test less train). Both splits are evaluated alike, after
// training.
type Gap struct{}

var _ arbench.Measure = (*Gap)(nil)

// Info implements [arbench.Measure].
func (*Gap) Info() arbench.MeasureInfo {
	return arbench.MeasureInfo{
		Doc: "difference of accuracy and loss between training and test examples",
		Source: "intervals: Newcombe, Statistics in Medicine 17:873, 1998, method 10; " +
			"Welch, Biometrika 34:28, 1947",
	}
}

// Measure implements [arbench.Measure]. It gives "accuracy gap" in percentage points and "loss gap"
// in nats, of no split since they rest on both. N is the number of examples of both together.
func (*Gap) Measure(r arbench.Record) []arbench.Quantity {
	parts := clean(r)
	if len(parts) != 2 {
		return nil
	}
	test, train := parts[0], parts[1]
	n := test.Len() + train.Len()
	right, rightTest := count(train.Len(), train.Correct), count(test.Len(), test.Correct)
	i := independentDifference(right, train.Len(), rightTest, test.Len(), r.Level)
	value := float64(right)/float64(train.Len()) - float64(rightTest)/float64(test.Len())
	accuracy := arbench.Quantity{
		Name: "accuracy gap", Unit: "points", N: n, Better: -1,
		Value: 100 * value, Lo: 100 * i.lo, Hi: 100 * i.hi,
	}
	a, b := losses(rows(test.Outcome), test.Y), losses(rows(train.Outcome), train.Y)
	loss := arbench.Quantity{Name: "loss gap", Unit: "nats", N: n, Better: -1}
	loss.Value = stat.Mean(a, nil) - stat.Mean(b, nil)
	loss = withInterval(loss, min(len(a), len(b)), func() interval { return welch(a, b, r.Level) })
	return []arbench.Quantity{accuracy, loss}
}
