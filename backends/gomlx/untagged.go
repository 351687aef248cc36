//go:build !gomlx

package gomlx

import (
	"errors"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gomlx/plugin"
)

// linked says how to build a program that has the backend.
func linked() error {
	return errors.New("this program was built without GoMLX: build it with \"go build -tags gomlx ./cmd/arbench\", " +
		"on Linux with cgo and a C compiler, or without them for platform \"go\" alone")
}

// open refuses.
func open(*Backend, arbench.ModelSpec) (arbench.Model, error) { return nil, linked() }

// device knows nothing.
func device(string, plugin.Mode) (kind, name string) { return "", "" }
