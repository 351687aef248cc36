//go:build !gomlx

package gomlx

import (
	"fmt"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gomlx/plugin"
)

// linked says how to build a program that has the backend.
func linked() error {
	return fmt.Errorf("%w, or without them for platform %q alone", plugin.ErrNotLinked, goPlatform)
}

// open refuses.
func open(*Backend, arbench.ModelSpec) (arbench.Model, error) { return nil, linked() }

// device knows nothing.
func device(string, plugin.Mode) (kind, name string, err error) { return "", "", plugin.ErrNotLinked }
