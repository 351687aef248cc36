package kernel

import (
	"fmt"
	"os"
)

// pathVar is the environment variable that overrides the choice of path.
const pathVar = "ARBENCH_KERNEL"

// fast says that the assembly is in use. It is set before anything runs.
var fast = hasAVX2 && os.Getenv(pathVar) != "portable"

// Name returns the path in use: "avx2" or "portable".
func Name() string {
	if fast {
		return "avx2"
	}
	return "portable"
}

// Check reports an ARBENCH_KERNEL that names no path, or one that this machine
// cannot run; the path in use is then the machine's best.
func Check() error { return checkPath(os.Getenv(pathVar), hasAVX2) }

func checkPath(want string, able bool) error {
	switch {
	case want == "" || want == "portable" || want == "avx2" && able:
		return nil
	case want == "avx2":
		return fmt.Errorf("%s=%q: this machine has no AVX2 and FMA, want portable or nothing", pathVar, want)
	}
	return fmt.Errorf("%s=%q: want avx2, portable or nothing", pathVar, want)
}
