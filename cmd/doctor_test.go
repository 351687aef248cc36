package cmd

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/arbench/arbench/backends/gomlx/plugin"
)

// TestMachineFiles reads files as Linux and NVIDIA's driver write them.
func TestMachineFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		what      string
		got, want string
	}{
		{"memory", memory(write("m", "MemTotal:       16777216 kB\nMemFree:         1 kB\nMemAvailable:    8912896 kB\n")), "16.0 GiB, 8.5 GiB free"},
		{"no memory", memory(filepath.Join(dir, "absent")), ""},
		{"other memory", memory(write("o", "pages: 5\n")), ""},
		{
			"driver", driver(write("d", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun Jul 27 2025\nGCC version: 12\n")),
			"NVIDIA UNIX x86_64 Kernel Module 580.65.06 Sun Jul 27 2025",
		},
		{"no driver", driver(filepath.Join(dir, "absent")), ""},
		{"one device", device(plugin.Info{Platform: "cpu", Version: "cpu", Device: "cpu", Devices: 1}), "device cpu"},
		{
			"GPUs", device(plugin.Info{Platform: "cuda", Version: "cuda 13000", Device: "NVIDIA H100", Devices: 2}),
			"2 devices of kind NVIDIA H100, cuda 13000",
		},
		{"reason", reason("\nW0000 a warning\nF0000 x.cc:5] Check failed: ok\n*** stack\n"), "F0000 x.cc:5] Check failed: ok"},
		{"reason without a word for it", reason("WARNING: all\nF0000 x.cc:5] Unknown flag\n"), "F0000 x.cc:5] Unknown flag"},
		{"no reason", reason("\nKilled\nby whom\n"), "Killed"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
}
