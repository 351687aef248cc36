package suite

import (
	"fmt"

	"github.com/arbench/arbench"
)

// An optimizer is the table that says how parameters are moved: use = "sgd", "adam" or "adamw".
type optimizer struct{ it arbench.Optimizer }

// Make sets the optimizer to one with default options.
func (o *optimizer) Make(name string) (any, error) {
	switch name {
	case "sgd":
		o.it = arbench.NewSGD()
	case "adam":
		o.it = arbench.NewAdam()
	case "adamw":
		adam := arbench.NewAdam()
		adam.Decoupled = true
		o.it = adam
	default:
		return nil, fmt.Errorf("unknown optimizer %q (this program has adam, adamw, sgd)", name)
	}
	return o.it, nil
}

// Used returns the optimizer and its name in suite files.
func (o optimizer) Used() (string, any) { return o.it.Method(), o.it }
