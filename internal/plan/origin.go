package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

// An origin is what an identity holds of the code of a plugin: the version of its module. Where
// there is none, results must not outlive a change of the code all the same:
//
//   - for a checkout of this module the constant version stands, which is raised by hand;
//   - any other module under development is unversioned, for which JSON has the digest of the
//     running program: whatever is rebuilt from other code asks again.
type origin string

// unversioned is the origin of code that no release and no constant names.
const unversioned origin = "(devel)"

// MarshalJSON implements [json.Marshaler].
func (o origin) MarshalJSON() ([]byte, error) {
	if o != unversioned {
		return json.Marshal(string(o))
	}
	digest, err := program()
	if err != nil {
		return nil, fmt.Errorf("its module has no version and the program cannot be read in its place: %w", err)
	}
	return json.Marshal(string(o) + " " + digest)
}

// program returns the SHA-256 of the running program's file.
var program = sync.OnceValues(func() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
})

// home is the module of the built-in plugins.
var home = strings.TrimSuffix(reflect.TypeFor[plugin]().PkgPath(), "/internal/plan")

// originOf returns the origin of a plugin of type t.
func originOf(t reflect.Type) origin {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return originIn(t.PkgPath(), modules())
}

// modules returns the modules in this program, the main one first.
var modules = sync.OnceValue(func() []*debug.Module {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	return modulesOf(info)
})

// modulesOf returns the modules of a program. A main module that was built in a checkout has no
// version, whatever the build has made up from the state of the checkout: that names no edits.
func modulesOf(info *debug.BuildInfo) []*debug.Module {
	main := info.Main
	if slices.ContainsFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == "vcs" }) {
		main.Version = ""
	}
	return append([]*debug.Module{&main}, info.Deps...)
}

// originIn returns the origin of a package: of the module with the longest path that holds it, for
// the package main of the first one.
func originIn(pkg string, modules []*debug.Module) origin {
	best := &debug.Module{}
	for _, m := range modules {
		if len(m.Path) > len(best.Path) && within(pkg, m.Path) {
			best = m
		}
	}
	if pkg == "main" && len(modules) > 0 {
		best = modules[0]
	}
	version := release(best)
	if best.Replace != nil {
		if version = release(best.Replace); version != "" {
			version = best.Replace.Path + "@" + version
		}
	}
	switch {
	case version != "":
		return origin(version)
	case within(pkg, home) && (best.Path == home || best.Path == ""):
		return "" // the constant version stands for it
	}
	return unversioned
}

// release returns the version of a module, "" for a directory: the go command writes (devel) for the
// one that it builds in, and for one that takes the place of another module.
func release(m *debug.Module) string {
	if m.Version == string(unversioned) {
		return ""
	}
	return m.Version
}

// within reports whether a package is of the module with the given path, or of one below.
func within(pkg, module string) bool {
	return pkg == module || strings.HasPrefix(pkg, module+"/")
}
