package program

import (
	"runtime/debug"
	"testing"
)

func TestReleaseIsOneThatGoCanFetch(t *testing.T) {
	vcs := []debug.BuildSetting{{Key: "vcs", Value: "git"}}
	other := debug.Module{Path: "example.net/mine", Version: "v3.0.0"}
	for _, c := range []struct {
		name string
		info debug.BuildInfo
		want string
	}{
		{"go install at a release", debug.BuildInfo{Main: debug.Module{Path: Module, Version: "v1.2.0"}}, "v1.2.0"},
		{"go build in a checkout", debug.BuildInfo{Main: debug.Module{Path: Module, Version: "(devel)"}}, ""},
		{"version made up in a checkout", debug.BuildInfo{
			Main: debug.Module{Path: Module, Version: "v1.2.1-0.20260102030405-0123456789ab"}, Settings: vcs}, ""},
		{"module of another program", debug.BuildInfo{
			Main: other, Settings: vcs, Deps: []*debug.Module{{Path: Module, Version: "v1.1.0"}}}, "v1.1.0"},
		{"replaced in another program", debug.BuildInfo{Main: other, Deps: []*debug.Module{
			{Path: Module, Version: "v1.1.0", Replace: &debug.Module{Path: "../arbench"}}}}, ""},
		{"none of it", debug.BuildInfo{Main: other}, ""},
	} {
		if got := releaseIn(&c.info); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
