// Package square implements the Square Attack, a random search that sees logits alone.
//
// Andriushchenko, Croce, Flammarion & Hein, Square Attack: a query-efficient black-box adversarial
// attack via random search, ECCV 2020 (arXiv:1912.00049), algorithms 1 to 3: from a point on the
// border of the ball, each query changes one square of the image, and is kept if it raises the loss.
// L1 takes the place of L2 in algorithm 3 with sharper pyramids, as in AutoAttack for L1 (Croce & Hein,
// Mind the Box, ICML 2021, arXiv:2103.01208).
//
// Schedule, start and moves are those of AutoAttack's implementation, but for what its choices cost:
//
//   - Each image has its own squares and signs, drawn from its own generator. There one square and its
//     colour serve the whole batch, and so the result depends on what else is in it.
//   - Squares lie anywhere in the image, as in the paper. There they never reach its last row and column.
//   - Images need not be square: what sticks out of the short side is added along the long one.
//   - The tiles of the start lie in the middle. There they may leave out the first rows and columns of
//     images of less than 25 pixels.
//   - The norms in algorithm 3 are those of each channel, as in the paper. There they are of all channels.
//   - An image counts as broken if the answer is another class. There an equal logit is enough.
//   - A proposal that changes no pixel takes its turn in the schedule but is not put to the model.
//
// With Compat all images have the same squares and signs in a restart, squares never reach the last row and
// column, and the tiles of the start lie where the program puts them. What is drawn depends on the seed
// still, and not on the batch.
package square

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/arbench/arbench"
)

func init() { arbench.Attacks.Register("square", func() arbench.Attack { return New() }) }

// New returns the attack as AutoAttack runs it: 5,000 queries on the margin, from squares of 0.8 of the
// image on.
func New() *Attack { return &Attack{Queries: 5000, P: 0.8, Restarts: 1, Loss: "margin"} }

// Attack is the attack and its options.
type Attack struct {
	Queries  int     `toml:"queries" doc:"most forward passes of each restart, after one for its start"`
	P        float64 `toml:"p" doc:"share of the image's pixels in the first squares"`
	Restarts int     `toml:"restarts" doc:"runs from starts of their own"`
	Rescale  bool    `toml:"rescale" doc:"shrink squares over all queries, as in the paper; else as for 10,000"`
	Loss     string  `toml:"loss" doc:"what to maximise: margin or ce"`
	Compat   bool    `toml:"compat" doc:"draw squares as AutoAttack's program does, which finds less"`
}

var _ arbench.Attack = (*Attack)(nil)

// Info implements [arbench.Attack].
func (a *Attack) Info() arbench.AttackInfo {
	return arbench.AttackInfo{
		Doc:    "random search by squares, without gradients",
		Source: "Andriushchenko et al. 2020 (arXiv:1912.00049), algorithms 1 to 3",
		Access: arbench.Scores,
		Norms:  []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1},
	}
}

// Validate reports options that make no sense.
func (a *Attack) Validate() error {
	var errs []error
	if a.Queries < 1 {
		errs = append(errs, fmt.Errorf("queries %d must be at least 1", a.Queries))
	}
	if !(a.P > 0 && a.P <= 1) {
		errs = append(errs, fmt.Errorf("p %v must be above 0 and at most 1", a.P))
	}
	if a.Restarts < 1 {
		errs = append(errs, fmt.Errorf("restarts %d must be at least 1", a.Restarts))
	}
	if a.Loss != "margin" && a.Loss != "ce" {
		errs = append(errs, fmt.Errorf("unknown loss %q, want %q or %q", a.Loss, "margin", "ce"))
	}
	return errors.Join(errs...)
}

// MostPasses implements [arbench.Estimator].
func (a *Attack) MostPasses(int, arbench.Norm) float64 {
	return 1 + float64(a.Restarts)*(1+float64(a.Queries))
}

// Perturb implements [arbench.Attack]. It looks at the image itself first, then at the start and the
// proposals of each restart, and leaves an example at the first point that is misclassified. The
// candidate of one that none breaks is the point of greatest loss. It makes at most
// 1 + restarts × (1 + queries) passes forward for each example, and none where eps is 0.
func (a *Attack) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	if len(t.X.Shape) != 4 {
		return arbench.Tensor{}, fmt.Errorf("images of shape %v, want channels, height, width", t.X.Shape[1:])
	}
	if norms := a.Info().Norms; !slices.Contains(norms, t.Norm) {
		return arbench.Tensor{}, fmt.Errorf("norm %q has no squares: use one of %q", t.Norm, norms)
	}
	return newSearch(a, t).perturb(ctx)
}
