package plan

import (
	"runtime/debug"
	"testing"
)

func TestVersionOfAPluginsModule(t *testing.T) {
	modules := []*debug.Module{
		{Path: "example.net/program", Version: "(devel)"},
		{Path: "github.com/arbench/arbench", Version: "v1.2.0"},
		{Path: "example.net/attacks", Version: "v0.3.0"},
		{Path: "example.net/attacks/v2", Version: "v2.1.0"},
		{Path: "example.net/fork", Version: "v1.0.0", Replace: &debug.Module{Path: "example.org/mine", Version: "v1.0.1"}},
		{Path: "example.net/local", Version: "v1.0.0", Replace: &debug.Module{Path: "../local"}},
	}
	for pkg, want := range map[string]string{
		"github.com/arbench/arbench/attacks/pgd": "", // the constant version stands for it
		"example.net/program/coinflip":           "(devel)",
		"main":                                   "(devel)",
		"example.net/attacks/pgd":                "v0.3.0",
		"example.net/attacks/v2/pgd":             "v2.1.0",
		"example.net/attacksmore":                "", // of no module
		"example.net/fork":                       "example.org/mine@v1.0.1",
		"example.net/local/x":                    "(devel)",
	} {
		if got := versionOf(pkg, modules); got != want {
			t.Errorf("versionOf(%q) = %q, want %q", pkg, got, want)
		}
	}
}
