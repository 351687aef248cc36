package train

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
)

// A view is how the model, as it will be evaluated, answers some examples.
type view struct {
	labels, predicted []int   // examples of each class, and examples given each class
	correct           int     // examples given their class
	loss              float64 // mean cross-entropy
}

func (v view) n() int            { return sum(v.labels) }
func (v view) accuracy() float64 { return 100 * float64(v.correct) / float64(v.n()) }

func sum(x []int) int {
	s := 0
	for _, v := range x {
		s += v
	}
	return s
}

// view puts the examples ids to the model, as they are.
func (f *fit) view(ctx context.Context, ids []int) (view, error) {
	info := f.Model.Info()
	v := view{labels: make([]int, info.Classes), predicted: make([]int, info.Classes)}
	for part := range slices.Chunk(ids, f.Recipe.Batch) {
		b := arbench.ReadBatch(f.Examples, info.Shape, part)
		p, err := f.Model.Run(ctx, arbench.Call{X: b.X, Losses: []arbench.Loss{arbench.CrossEntropy{Y: b.Y}}})
		if err != nil {
			return v, err
		}
		for i, y := range b.Y {
			k := arbench.Argmax(p.Logits.Row(i))
			v.labels[y]++
			v.predicted[k]++
			v.loss += p.Values[0][i] / float64(len(ids))
			if k == y {
				v.correct++
			}
		}
	}
	return v, nil
}

// judged is how many training examples tell how far a training is, and whether it learned anything.
const judged = 1000

// judges returns the ids of those, spread over all.
func (f *fit) judges() []int {
	var ids []int
	step := max(len(f.IDs)/judged, 1)
	for i := 0; i < len(f.IDs); i += step {
		ids = append(ids, f.IDs[i])
	}
	return ids
}

// watch enters the accuracy on training examples as they are into r. It is no part of the training,
// nor of its time: an epoch whose net cannot be evaluated has none.
func (f *fit) watch(ctx context.Context, r *arbench.EpochResult) {
	if v, err := f.view(ctx, f.judges()); err == nil {
		r.Clean = v.accuracy()
	}
}

// learned reports a finished training whose model gives every example one class, or is no better than
// a guess: a loss of ln C and the accuracy of always giving the commonest class.
func (f *fit) learned(ctx context.Context) error {
	if f.Recipe.Epochs == 0 {
		return nil
	}
	v, err := f.view(ctx, f.judges())
	if err != nil {
		return fmt.Errorf("the training diverged: %w", err)
	}
	n, commonest, most := v.n(), slices.Max(v.labels), slices.Max(v.predicted)
	guess := math.Log(float64(len(v.labels)))
	constant := most == n && commonest < n
	if !constant && !(v.loss > 0.99*guess && float64(v.correct) <= 1.2*float64(commonest)) {
		return nil
	}
	return fmt.Errorf("the training collapsed or learned nothing: at its end the loss is %.3g (a guess has ln %d = "+
		"%.3f) and %.1f %% of the examples get one class; another rate, a warm-up, a smaller training eps or "+
		"more epochs may help", v.loss, len(v.labels), guess, 100*float64(most)/float64(n))
}
