//go:build gomlx && cgo && linux

package gomlx

import (
	"github.com/gomlx/compute"

	"github.com/arbench/arbench/backends/gomlx/plugin"
)

// openXLA loads the plug-in of a platform.
func openXLA(platform string, tf32 bool) (compute.Backend, error) {
	b, _, err := load(platform, tf32)
	return b, err
}

func load(platform string, tf32 bool) (compute.Backend, plugin.Info, error) {
	if tf32 {
		return plugin.OpenTF32(platform)
	}
	return plugin.Open(platform)
}

// device returns the platform of a plug-in, in its own words, and the kind of its first device; nothing where it
// cannot be loaded.
func device(platform string, tf32 bool) (kind, name string) {
	_, info, err := load(platform, tf32)
	if err != nil {
		return "", ""
	}
	return info.Platform, info.Device
}
