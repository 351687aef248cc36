package plugin

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// prepareCUDA sets, in the environment of this process, what CUDA's libraries and XLA read once when
// they are loaded from path: NVIDIA_TF32_OVERRIDE=0 unless TF32 is wanted, since GoMLX has no switch for
// convolutions; deterministic operations, and where libdevice lies, in XLA_FLAGS. Flags that the user
// has set stay.
func prepareCUDA(path string, tf32 bool) error {
	const override = "NVIDIA_TF32_OVERRIDE"
	switch {
	case tf32 && os.Getenv(override) == "0":
		return fmt.Errorf("precision TF32 was asked for, and %s=0 in the environment forbids it: unset it", override)
	case !tf32:
		if err := os.Setenv(override, "0"); err != nil {
			return err
		}
	}
	flags := addFlag(os.Getenv("XLA_FLAGS"), "--xla_gpu_deterministic_ops", "true")
	if toolkit := toolkit(path); toolkit != "" {
		flags = addFlag(flags, "--xla_gpu_cuda_data_dir", toolkit)
	}
	return os.Setenv("XLA_FLAGS", flags)
}

// addFlag returns flags with one more, unless it is among them.
func addFlag(flags, name, value string) string {
	for _, f := range strings.Fields(flags) {
		if f == name || strings.HasPrefix(f, name+"=") {
			return flags
		}
	}
	return strings.TrimSpace(flags + " " + name + "=" + value)
}

// toolkit returns the folder beside a plug-in in which NVIDIA's wheels put nvvm/libdevice, "" if
// there is none.
func toolkit(plugin string) string {
	folder := filepath.Dir(plugin)
	for _, up := range []string{"..", "../.."} {
		for _, name := range []string{"nvidia/cu13", "nvidia/cuda_nvcc"} {
			dir := filepath.Join(folder, up, name)
			if info, err := os.Stat(filepath.Join(dir, "nvvm", "libdevice")); err == nil && info.IsDir() {
				return dir
			}
		}
	}
	return ""
}
