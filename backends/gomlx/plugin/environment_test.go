package plugin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPrepareCUDA(t *testing.T) {
	folder := t.TempDir()
	wheel := filepath.Join(folder, "jax_plugins/xla_cuda13/xla_cuda_plugin.so")
	libdevice := touch(t, folder, "nvidia/cu13/nvvm/libdevice/libdevice.10.bc")
	touch(t, folder, wheel[len(folder):])
	toolkit := strings.TrimSuffix(libdevice, "/nvvm/libdevice/libdevice.10.bc")
	const deterministic, tf32, xla = "--xla_gpu_deterministic_ops=true", "NVIDIA_TF32_OVERRIDE", "XLA_FLAGS"
	for _, c := range []struct {
		name, path, tf32, flags string // as the user has them
		wantTF32                bool
		override, xla           string // as they are afterwards
	}{
		{"strict, nothing set", "/x.so", "", "", false, "0", deterministic},
		{"strict wins over the user's", "/x.so", "1", "", false, "0", deterministic},
		{"TF32", "/x.so", "", "", true, "", deterministic},
		{"flags of the user stay", "/x.so", "", "--xla_dump_to=/d", false, "0", "--xla_dump_to=/d " + deterministic},
		{"determinism that the user set stays", "/x.so", "", "--xla_gpu_deterministic_ops=false", false, "0", "--xla_gpu_deterministic_ops=false"},
		{"a flag of a longer name is another", "/x.so", "", "--xla_gpu_deterministic_ops_not=1", false, "0", "--xla_gpu_deterministic_ops_not=1 " + deterministic},
		{"NVIDIA's wheels beside", wheel, "", "", false, "0", deterministic + " --xla_gpu_cuda_data_dir=" + toolkit},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(tf32, c.tf32)
			t.Setenv(xla, c.flags)
			if err := prepareCUDA(c.path, c.wantTF32); err != nil {
				t.Fatal(err)
			}
			if got := os.Getenv(tf32); got != c.override {
				t.Errorf("%s=%q, want %q", tf32, got, c.override)
			}
			if got := os.Getenv(xla); got != c.xla {
				t.Errorf("%s=%q, want %q", xla, got, c.xla)
			}
		})
	}
	t.Setenv(tf32, "0")
	if err := prepareCUDA("/x.so", true); err == nil || !strings.Contains(err.Error(), "unset it") {
		t.Errorf("TF32 against the environment: %v", err)
	}
}
