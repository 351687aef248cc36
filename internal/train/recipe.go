// Package train fits models: epochs of steps by a recipe, with checkpoints it can go on from.
package train

import (
	"errors"
	"fmt"
	"slices"

	"github.com/arbench/arbench"
)

// A Recipe says how a model is trained, apart from its regularizers. Every field is part of the
// model's identity.
type Recipe struct {
	Epochs    int               // passes over the training examples
	Batch     int               // examples of a step; the last step of an epoch may have fewer
	Optimizer arbench.Optimizer // see suite: "optimizer = { use = … }"
	Schedule  Schedule          // of the learning rate
	Augment   []string          // of Augmentations, in that order
	Clip      float64           // greatest Euclidean norm of the whole derivative; 0 is no limit
}

// Augmentations lists the random changes of training images: "crop" shifts the image, padded by an
// eighth of its size with zeros, by a random whole number of pixels; "flip" mirrors it left to right
// with probability one half. Both are keyed by training seed, epoch and example.
var Augmentations = []string{"crop", "flip"}

// Default returns the recipe that suites start from.
func Default() Recipe {
	return Recipe{
		Epochs:    10,
		Batch:     128,
		Optimizer: arbench.NewSGD(),
		Schedule:  Schedule{Use: "constant", Rate: 0.1},
	}
}

// Validate reports every part of r that makes no sense.
func (r Recipe) Validate() error {
	var errs []error
	if r.Epochs < 0 {
		errs = append(errs, fmt.Errorf("epochs %d must not be negative", r.Epochs))
	}
	if r.Batch < 1 {
		errs = append(errs, fmt.Errorf("batch %d must be at least 1", r.Batch))
	}
	if r.Clip < 0 {
		errs = append(errs, fmt.Errorf("clip %v must not be negative", r.Clip))
	}
	if err := r.Optimizer.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("optimizer: %w", err))
	}
	if err := r.Schedule.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("schedule: %w", err))
	}
	for _, a := range r.Augment {
		if !slices.Contains(Augmentations, a) {
			errs = append(errs, fmt.Errorf("augment: unknown %q, want some of %q", a, Augmentations))
		}
	}
	return errors.Join(errs...)
}
