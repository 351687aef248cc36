package kernel

import "os"

// fast says that the assembly is in use. It is set before anything runs.
var fast = choose(os.Getenv("ARBENCH_KERNEL"), hasAVX2)

// choose picks the path: what the user asked for if the machine can, else the best.
func choose(want string, able bool) bool { return able && want != "portable" }

// Name returns the path in use: "avx2" or "portable". It is part of what a
// result depends on in its last bits.
func Name() string {
	if fast {
		return "avx2"
	}
	return "portable"
}
