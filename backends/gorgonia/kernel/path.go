package kernel

import (
	"fmt"
	"os"
)

// pathVar is the environment variable that overrides the choice of path.
const pathVar = "ARBENCH_KERNEL"

// path is a set of instructions to run; a larger one includes the smaller ones.
type path int

const (
	portable path = iota // Go
	avx2                 // AVX2 and FMA
	avx512               // and AVX-512 F, BW, DQ, VL
)

var pathNames = []string{"portable", "avx2", "avx512"}

// current is the path in use. It is set before anything runs.
var current = choose(os.Getenv(pathVar), best)

// choose returns the path that want names, or the machine's best.
func choose(want string, best path) path {
	for p := portable; p <= best; p++ {
		if pathNames[p] == want {
			return p
		}
	}
	return best
}

// Name returns the path in use: "avx512", "avx2" or "portable".
func Name() string { return pathNames[current] }

// Check reports an ARBENCH_KERNEL that names no path, or one that this machine
// cannot run; the path in use is then the machine's best.
func Check() error { return checkPath(os.Getenv(pathVar), best) }

func checkPath(want string, best path) error {
	if want == "" || pathNames[choose(want, best)] == want {
		return nil
	}
	for _, name := range pathNames {
		if name == want {
			return fmt.Errorf("%s=%q: this machine cannot run it, its best path is %q", pathVar, want,
				pathNames[best])
		}
	}
	return fmt.Errorf("%s=%q: want avx512, avx2, portable or nothing", pathVar, want)
}
