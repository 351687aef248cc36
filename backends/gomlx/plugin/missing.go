package plugin

import (
	"fmt"
	"strings"
)

// A MissingError says that a platform has no plug-in here, where it was looked for and what to install.
type MissingError struct {
	Platform string
	Searched []string // a variable of the environment, then folders
}

// Error returns three lines.
func (e *MissingError) Error() string {
	return fmt.Sprintf("no PJRT plug-in for platform %q: looked at %s\nto have one: %s\nor set %s to the path of one that you have",
		e.Platform, strings.Join(e.Searched, ", "), Advice(e.Platform), Variable(e.Platform))
}

// Advice returns how to install the plug-in of a platform, CPU or CUDA, by pip into a Python
// environment.
func Advice(platform string) string {
	if platform == CUDA {
		return `activate a Python environment and pip install "jax-cuda13-plugin[with-cuda]>=0.10.2", ` +
			`which brings the plug-in (jax-cuda13-pjrt) and NVIDIA's libraries beside it; ` +
			`for a driver before CUDA 13 take cuda12 in place of cuda13. It needs NVIDIA's driver`
	}
	return "activate a Python environment and pip install --no-deps lammps-jax-pjrt-cpu==0.11.2 " +
		"(Linux on x86-64; its wheel has sha256 1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1)"
}
