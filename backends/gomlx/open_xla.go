//go:build gomlx && cgo && linux

package gomlx

import (
	"github.com/arbench/arbench/backends/gomlx/plugin"
	"github.com/gomlx/compute"
)

// openXLA loads the plug-in of a platform.
func openXLA(platform string, tf32 bool) (compute.Backend, error) {
	load := plugin.Open
	if tf32 {
		load = plugin.OpenTF32
	}
	b, _, err := load(platform)
	return b, err
}
