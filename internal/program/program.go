// Package program says what this program is made of, and what it runs on.
package program

import (
	"cmp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/arbench/arbench"
)

// Module is the path of arbench's module.
const Module = "github.com/arbench/arbench"

// Version returns that of arbench in this program, with what takes its place if something does, such as
// "v1.2.0", "(devel)" for a build of a checkout, or "(unknown)".
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == Module {
			return moduleVersion(m)
		}
	}
	return "(unknown)"
}

// moduleVersion returns the version of m, or of what replaces it.
func moduleVersion(m *debug.Module) string {
	if r := m.Replace; r != nil {
		return cmp.Or(m.Version, "(devel)") + " => " + strings.TrimSpace(r.Path+" "+r.Version)
	}
	return cmp.Or(m.Version, "(devel)")
}

// Versions lists the parts of this program: arbench, Go with the system, then every other module in it.
func Versions() []arbench.Version {
	out := []arbench.Version{
		{Name: "arbench", Version: Version()},
		{Name: "go", Version: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH},
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return out
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path != Module && m.Path != "" {
			out = append(out, arbench.Version{Name: m.Path, Version: moduleVersion(m)})
		}
	}
	return out
}

// Release returns the release of arbench that this program is of, "" if it was built in a checkout.
func Release() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return releaseIn(info)
}

// releaseIn returns the release of arbench in a program. What the build makes up from the state of a
// checkout is none.
func releaseIn(info *debug.BuildInfo) string {
	main := info.Main
	if slices.ContainsFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == "vcs" }) {
		main.Version = ""
	}
	for _, m := range append(info.Deps, &main) {
		if m.Path == Module && m.Replace == nil && m.Version != "(devel)" {
			return m.Version
		}
	}
	return ""
}
