// Package plugin finds PJRT plug-ins, the shared libraries that hold XLA for one platform, and loads
// them for GoMLX. Finding is plain Go; loading is in programs built with -tags gomlx on Linux with
// cgo. Nothing is ever downloaded.
//
// The C interface of a plug-in is openxla/xla's pjrt_c_api.h.
package plugin

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// The platforms a plug-in may be for, as Find and Open take them beside an absolute path.
const (
	CPU  = "cpu"
	CUDA = "cuda"
)

// ErrNotLinked says that this program holds no code to load plug-ins with.
var ErrNotLinked = errors.New("this program was built without XLA: build it with \"go build -tags gomlx ./cmd/arbench\" " +
	"on Linux, with cgo and a C compiler")

// Ready says, without loading anything, whether the plug-in of a platform could be loaded: which file that
// would be, which has to be a whole library with PJRT's function; or what is missing and what to do. The platform
// is as for [Find].
func Ready(platform string) (about string, err error) {
	if !Linked {
		return "", ErrNotLinked
	}
	found, err := Find(platform)
	if err != nil {
		return "", err
	}
	if err := check(found[0].Path); err != nil {
		kind, _ := PlatformOf(platform) // Find knows it
		return "", fmt.Errorf("PJRT plug-in %s (from %s): %w\nto have another: %s", found[0].Path, found[0].From, err, Advice(kind))
	}
	return "PJRT plug-in " + found[0].Path, nil
}

// A Finding is what the examination of a plug-in found.
type Finding struct {
	Info
	Precision
	Load, First time.Duration // to load it, and until the first results were there
}

// Precision is how exact the products of a platform are: the largest error of float32 results, as a
// part of the largest result, against products and sums in float64.
type Precision struct {
	MatMul float64 // of matrices, 256 products in each sum
	Conv   float64 // of a 3x3 convolution with 32 channels, 288 products in each sum
}

// String names the arithmetic that has such errors: "float32" (about 1e-7), "tf32" (10 bits of each
// factor, about 2e-4), "bfloat16" (7 bits, about 2e-3), or "wrong".
func (p Precision) String() string {
	switch worst := max(p.MatMul, p.Conv); {
	case worst < 1e-5:
		return "float32"
	case worst < 8e-4:
		return "tf32"
	case worst < 2e-2:
		return "bfloat16"
	}
	return "wrong"
}

// Info describes a plug-in that was loaded.
type Info struct {
	Path         string // of the library, absolute
	Major, Minor int    // version of the PJRT interface that it was built for
	Platform     string // as it calls itself: "cpu", "cuda"
	Version      string // of its platform, in its own words: XLA's, or CUDA's with the driver's
	Device       string // kind of the first device, such as "NVIDIA H100 80GB HBM3" or "cpu"
	Devices      int    // how many devices it offers; the first is used
	Mode                // how it was opened
}

// PlatformOf returns the platform, CPU or CUDA, that platform stands for: itself, or what the name
// of the file and of its folder say if it is an absolute path. A path that says nothing is taken for
// CPU; loading it refuses what calls itself otherwise.
func PlatformOf(platform string) (string, error) {
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
