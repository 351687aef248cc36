package plugin

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// prepareCUDA sets, in the environment of this process, what CUDA's libraries and XLA read once when
// they are loaded from path: NVIDIA_TF32_OVERRIDE=0 unless TF32 is wanted, since GoMLX has no switch for
// convolutions; and in XLA_FLAGS deterministic operations unless any order is wanted, where libdevice lies, and
// for float32 the layout of convolutions in which cuDNN is faster (docs/performance.md). Flags that the user
// has set stay.
func prepareCUDA(path string, mode Mode) error {
	const override = "NVIDIA_TF32_OVERRIDE"
	switch {
	case mode.TF32 && os.Getenv(override) == "0":
		return fmt.Errorf("precision TF32 was asked for, and %s=0 in the environment forbids it: unset it", override)
	case !mode.TF32:
		if err := os.Setenv(override, "0"); err != nil {
			return err
		}
	}
	flags := os.Getenv("XLA_FLAGS")
	if !mode.AnyOrder {
		flags = addFlag(flags, "--xla_gpu_deterministic_ops", "true")
	}
	if layout := "xla_gpu_force_conv_nchw"; !mode.TF32 && knows(path, layout) {
		flags = addFlag(flags, "--"+layout, "true")
	}
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

// knows reports whether the library at path has a flag of that name: XLA ends the process over one that it
// does not know.
func knows(path, flag string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	buffer, kept := make([]byte, 1<<20), 0
	for {
		n, err := io.ReadFull(f, buffer[kept:])
		if bytes.Contains(buffer[:kept+n], []byte(flag)) {
			return true
		}
		if err != nil {
			return false
		}
		kept = copy(buffer, buffer[len(buffer)-len(flag):])
	}
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
