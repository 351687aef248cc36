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
	layout := filepath.Join(folder, "layout.so") // has the name across the border of two pieces that are read
	if err := os.WriteFile(layout, []byte(strings.Repeat("x", 1<<20-9)+"xla_gpu_force_conv_nchw"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path, tf32, flags string // as the user has them
		mode                    Mode
		override, xla           string // as they are afterwards
	}{
		{"strict, nothing set", "/x.so", "", "", Mode{}, "0", deterministic},
		{"strict wins over the user's", "/x.so", "1", "", Mode{}, "0", deterministic},
		{"TF32", "/x.so", "", "", Mode{TF32: true}, "", deterministic},
		{"any order", "/x.so", "", "", Mode{AnyOrder: true}, "0", ""},
		{"layout of convolutions", layout, "", "", Mode{AnyOrder: true}, "0", "--xla_gpu_force_conv_nchw=true"},
		{"layout of convolutions in TF32", layout, "", "", Mode{TF32: true}, "", deterministic},
		{"flags of the user stay", "/x.so", "", "--xla_dump_to=/d", Mode{}, "0", "--xla_dump_to=/d " + deterministic},
		{"determinism that the user set stays", "/x.so", "", "--xla_gpu_deterministic_ops=false", Mode{}, "0", "--xla_gpu_deterministic_ops=false"},
		{"a flag of a longer name is another", "/x.so", "", "--xla_gpu_deterministic_ops_not=1", Mode{}, "0", "--xla_gpu_deterministic_ops_not=1 " + deterministic},
		{"NVIDIA's wheels beside", wheel, "", "", Mode{}, "0", deterministic + " --xla_gpu_cuda_data_dir=" + toolkit},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(tf32, c.tf32)
			t.Setenv(xla, c.flags)
			if err := prepareCUDA(c.path, c.mode); err != nil {
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
	if err := prepareCUDA("/x.so", Mode{TF32: true}); err == nil || !strings.Contains(err.Error(), "unset it") {
		t.Errorf("TF32 against the environment: %v", err)
	}
}
