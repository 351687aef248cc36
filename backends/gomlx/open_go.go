//go:build gomlx && !(cgo && linux)

package gomlx

import (
	"fmt"

	"github.com/gomlx/compute"

	"github.com/arbench/arbench/backends/gomlx/plugin"
)

// openXLA refuses: PJRT plug-ins are loaded through C.
func openXLA(platform string, _ plugin.Mode) (compute.Backend, error) {
	return nil, fmt.Errorf("platform %q needs a program for Linux that is built with cgo: there is only %q in this one",
		platform, goPlatform)
}

// device knows nothing.
func device(string, plugin.Mode) (kind, name string, err error) { return "", "", plugin.ErrNotLinked }
