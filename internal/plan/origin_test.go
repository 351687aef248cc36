package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"runtime/debug"
	"testing"
)

func TestOriginOfAPluginsCode(t *testing.T) {
	local := &debug.Module{Path: "../local", Version: "(devel)"} // as Go 1.26 records a directory
	own := "github.com/arbench/arbench"
	outsider := []*debug.Module{
		{Path: "example.net/program", Version: "(devel)"},
		{Path: own, Version: "v1.2.0"},
		{Path: own + "/contrib", Version: "(devel)"},
		{Path: "example.net/attacks", Version: "v0.3.0"},
		{Path: "example.net/attacks/v2", Version: "v2.1.0"},
		{Path: "example.net/fork", Version: "v1.0.0", Replace: &debug.Module{Path: "example.org/mine", Version: "v1.0.1"}},
		{Path: "example.net/local", Version: "v1.0.0", Replace: local},
		{Path: "example.net/older", Version: "v1.0.0", Replace: &debug.Module{Path: "../older"}},
	}
	checkout := []*debug.Module{{Path: own, Version: "(devel)"}}
	released := []*debug.Module{{Path: own, Version: "v1.2.0"}}
	beside := []*debug.Module{{Path: "example.net/program", Version: "v1.0.0"}, {Path: own, Version: "v1.2.0", Replace: local}}
	for _, tt := range []struct {
		name, pkg string
		modules   []*debug.Module
		want      origin
	}{
		{"a built-in one in a checkout", own + "/attacks/pgd", checkout, ""},
		{"a built-in one of a release", own + "/attacks/pgd", released, "v1.2.0"},
		{"a built-in one in another program", own + "/attacks/pgd", outsider, "v1.2.0"},
		{"a built-in one of a checkout beside another program", own + "/attacks/pgd", beside, ""},
		{"a built-in one without a record of the build", own + "/attacks/pgd", nil, ""},
		{"a module below this one", own + "/contrib/x", outsider, unversioned},
		{"the main program of a checkout", "main", checkout, unversioned},
		{"the main program of a release", "main", beside, "v1.0.0"},
		{"another program", "main", outsider, unversioned},
		{"a package of another program", "example.net/program/coin", outsider, unversioned},
		{"a version", "example.net/attacks/pgd", outsider, "v0.3.0"},
		{"the longest path", "example.net/attacks/v2/pgd", outsider, "v2.1.0"},
		{"of no module", "example.net/attacksmore", outsider, unversioned},
		{"a fork", "example.net/fork", outsider, "example.org/mine@v1.0.1"},
		{"a local copy", "example.net/local/x", outsider, unversioned},
		{"a local copy as older versions of Go record it", "example.net/older/x", outsider, unversioned},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := originIn(tt.pkg, tt.modules); got != tt.want {
				t.Errorf("origin %q, want %q", got, tt.want)
			}
		})
	}
}

// TestBuildInACheckoutHasNoVersion has the version that the go command makes up from the last commit,
// which is the same before and after an edit.
func TestBuildInACheckoutHasNoVersion(t *testing.T) {
	info := &debug.BuildInfo{Main: debug.Module{Path: "example.net/p", Version: "v0.0.0-20260101000000-0123456789ab+dirty"}}
	if got := originIn("example.net/p/coin", modulesOf(info)); got != origin(info.Main.Version) {
		t.Errorf("a version from a proxy gives origin %q", got)
	}
	info.Settings = []debug.BuildSetting{{Key: "vcs", Value: "git"}}
	if got := originIn("example.net/p/coin", modulesOf(info)); got != unversioned {
		t.Errorf("origin %q, want %q", got, unversioned)
	}
}

// TestUnversionedCodeIsTheProgram reads the file of this test's program itself.
func TestUnversionedCodeIsTheProgram(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	for o, want := range map[origin]string{
		"": "", "v1.2.0": "v1.2.0", unversioned: "(devel) " + hex.EncodeToString(sum[:]),
	} {
		b, err := json.Marshal(plugin{Module: o})
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ Module string }
		if err := json.Unmarshal(b, &got); err != nil || got.Module != want {
			t.Errorf("origin %q is %q in an identity (%v), want %q", o, got.Module, err, want)
		}
	}
}
