// Package plugin finds PJRT plug-ins, the shared libraries that hold XLA for one platform, and loads
// them for GoMLX. Finding is plain Go; loading is in programs built with -tags gomlx on Linux with
// cgo. Nothing is ever downloaded.
//
// The C interface of a plug-in is openxla/xla's pjrt_c_api.h.
package plugin

import (
	"fmt"
	"path/filepath"
	"strings"
)

// The platforms a plug-in may be for, as Find and Open take them beside an absolute path.
const (
	CPU  = "cpu"
	CUDA = "cuda"
)

// Info describes a plug-in that was loaded.
type Info struct {
	Path         string // of the library, absolute
	Major, Minor int    // version of the PJRT interface that it was built for
	Platform     string // as it calls itself: "cpu", "cuda"
	Version      string // of its platform, in its own words: XLA's, or CUDA's with the driver's
	Device       string // kind of the first device, such as "NVIDIA H100 80GB HBM3" or "cpu"
	Devices      int    // how many devices it offers; the first is used
	TF32         bool   // products may be rounded to TF32
}

// platformOf returns the platform, CPU or CUDA, that platform stands for: itself, or what the name
// of the file and of its folder say if it is an absolute path. A path that says nothing is taken for
// CPU; loading it refuses what calls itself otherwise.
func platformOf(platform string) (string, error) {
	switch {
	case platform == CPU || platform == CUDA:
		return platform, nil
	case !filepath.IsAbs(platform):
		return "", fmt.Errorf("platform %q: want %q, %q or the absolute path of a PJRT plug-in", platform, CPU, CUDA)
	}
	folder, file := filepath.Split(platform)
	for _, name := range []string{file, filepath.Base(folder)} {
		name = strings.ToLower(name)
		switch {
		case strings.Contains(name, "cuda"), strings.Contains(name, "nvidia"):
			return CUDA, nil
		case strings.Contains(name, "cpu"):
			return CPU, nil
		}
	}
	return CPU, nil
}
