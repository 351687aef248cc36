//go:build gomlx && cgo && linux

package gomlx

import (
	"sync"

	"github.com/gomlx/compute"

	"github.com/arbench/arbench/backends/gomlx/plugin"
)

// openXLA loads the plug-in of a platform.
func openXLA(platform string, mode plugin.Mode) (compute.Backend, error) {
	b, _, err := plugin.Open(platform, mode)
	return b, err
}

// devices holds what device returned, by platform and mode: what did not load once does not later.
var devices sync.Map

// device returns the platform of a plug-in, in its own words, and the kind of its first device; or why it cannot be
// loaded.
func device(platform string, mode plugin.Mode) (kind, name string, err error) {
	type question struct {
		platform string
		mode     plugin.Mode
	}
	type answer struct {
		info plugin.Info
		err  error
	}
	open := func() (a answer) {
		_, a.info, a.err = plugin.Open(platform, mode)
		return a
	}
	once, _ := devices.LoadOrStore(question{platform, mode}, sync.OnceValue(open))
	a := once.(func() answer)()
	return a.info.Platform, a.info.Device, a.err
}
