//go:build gomlx && cgo && linux

package gomlx

import (
	"github.com/gomlx/compute"

	"github.com/arbench/arbench/backends/gomlx/plugin"
)

// openXLA loads the plug-in of a platform.
func openXLA(platform string, mode plugin.Mode) (compute.Backend, error) {
	b, _, err := plugin.Open(platform, mode)
	return b, err
}

// device returns the platform of a plug-in, in its own words, and the kind of its first device; nothing where it
// cannot be loaded.
func device(platform string, mode plugin.Mode) (kind, name string) {
	_, info, err := plugin.Open(platform, mode)
	if err != nil {
		return "", ""
	}
	return info.Platform, info.Device
}
