//go:build gomlx && cgo && linux

package plugin

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// realCPU returns the real CPU plug-in that this machine has.
func realCPU(t *testing.T) (compute.Backend, Info) {
	t.Helper()
	b, info, err := Open(CPU, Mode{})
	if _, missing := errors.AsType[*MissingError](err); missing {
		t.Skipf("without a real plug-in: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b, info
}

func TestOpenRealPlugin(t *testing.T) {
	b, info := realCPU(t)
	t.Logf("%+v", info)
	if info.Platform != CPU || info.Major != 0 || info.Minor < leastMinor || info.Device == "" || info.Devices != 1 || info.Mode != (Mode{}) {
		t.Errorf("%+v, want one device of platform cpu", info)
	}
	sum, err := result(b, func(x *graph.Node) *graph.Node { return graph.Add(x, x) }, []float32{2})
	if err != nil || sum[0] != 4 {
		t.Errorf("2 + 2 = %v, %v", sum, err)
	}

	again, same, err := Open(info.Path, Mode{})
	if again != b || same != info || err != nil {
		t.Errorf("by its path: %v, %+v, %v, want what was open", again, same, err)
	}
	if again, _, err = Open(CPU, Mode{TF32: true}); again != b || err != nil {
		t.Errorf("for TF32, which is CUDA's: %v, %v, want what was open", again, err)
	}
	other := touch(t, t.TempDir(), "other_cpu.so")
	if _, _, err := Open(other, Mode{}); err == nil || !strings.Contains(err.Error(), other) || !strings.Contains(err.Error(), info.Path) {
		t.Errorf("a second one: %v, want both paths", err)
	}
}

// TestOpenMisnamedPlugin opens the CPU plug-in under a name that tells CUDA: some refuse CUDA's options,
// the others say what they are.
func TestOpenMisnamedPlugin(t *testing.T) {
	_, info := realCPU(t)
	t.Setenv("NVIDIA_TF32_OVERRIDE", "") // to have them back afterwards
	t.Setenv("XLA_FLAGS", "")
	link := filepath.Join(t.TempDir(), "pjrt_c_api_cuda_plugin.so")
	if err := os.Symlink(info.Path, link); err != nil {
		t.Fatal(err)
	}
	_, _, err := Open(link, Mode{})
	if err == nil || !strings.Contains(err.Error(), link) {
		t.Fatalf("%v, want an error about %s", err, link)
	}
	refused := strings.Contains(err.Error(), "it makes no client") && strings.Contains(err.Error(), "it is that of another platform: "+
		"name a CPU's by ARBENCH_PJRT_CPU")
	if !refused && !strings.Contains(err.Error(), `is for platform "cpu", and was loaded for cuda`) {
		t.Errorf("%v, want that it is for another platform", err)
	}
}

// library compiles C into a shared library, or skips the test.
func library(t *testing.T, name, source string) string {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler")
	}
	path := filepath.Join(t.TempDir(), name)
	c := exec.Command(cc, "-shared", "-fPIC", "-o", path, "-xc", "-")
	c.Stdin = strings.NewReader(source)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// table is the source of a library whose table says a size, and a version that is an expression.
func table(size, major, minor string) string {
	return `#include <stdlib.h>
struct { size_t size; void *e; size_t version_size; void *v; int major, minor; void *slot[200]; } t;
void *GetPjrtApi(void) { t.size = ` + size + `; t.major = ` + major + `; t.minor = ` + minor + `; return &t; }`
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct {
		name, want string
		path       func(t *testing.T) string
	}{
		{"no library", "it is no shared library", func(t *testing.T) string { return touch(t, t.TempDir(), "junk_cpu.so") }},
		{"a library cut short", "not all of it is there", func(t *testing.T) string {
			path := library(t, "cpu.so", table("sizeof t", "0", "104"))
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, info.Size()/2); err != nil {
				t.Fatal(err)
			}
			return path
		}},
		{"no GetPjrtApi", "no function GetPjrtApi", func(t *testing.T) string { return library(t, "cpu.so", "int f(void) { return 1; }") }},
		{"a library that is not there", "undefined symbol: absent", func(t *testing.T) string {
			return library(t, "cpu.so", "extern int absent; int *f(void) { return &absent; }")
		}},
		{"no table", "gives no table", func(t *testing.T) string {
			return library(t, "cpu.so", "void *GetPjrtApi(void) { return 0; }")
		}},
		{"too old", "PJRT API 0.72, want 0.104 or newer", func(t *testing.T) string {
			return library(t, "cpu.so", table("sizeof t", "0", "72"))
		}},
		{"of another age", "PJRT API 1.104, want 0.104 or newer", func(t *testing.T) string {
			return library(t, "cpu.so", table("sizeof t", "1", "104"))
		}},
		{"a short table", "no size that PJRT tables have", func(t *testing.T) string {
			return library(t, "cpu.so", table("64", "0", "104"))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer without(CPU)()
			path := c.path(t)
			_, _, err := Open(path, Mode{})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) ||
				!strings.Contains(err.Error(), "pip install") {
				t.Errorf("%v\nwant %s: %s, and what to install", err, path, c.want)
			}
		})
	}
}

// TestEnvironmentReachesC holds what prepareCUDA sets against what a library reads as it is loaded.
func TestEnvironmentReachesC(t *testing.T) {
	t.Setenv("NVIDIA_TF32_OVERRIDE", "1")
	t.Setenv("XLA_FLAGS", "")
	path := library(t, "pjrt_plugin_cuda.so", "#include <string.h>\n"+
		table("sizeof t", "strlen(getenv(\"XLA_FLAGS\"))", "90 + atoi(getenv(\"NVIDIA_TF32_OVERRIDE\"))"))
	for want, mode := range map[string]Mode{
		"API 32.90,": {}, // strlen of --xla_gpu_deterministic_ops=true; 90 + 0
		"API 32.91,": {TF32: true},
	} {
		os.Setenv("NVIDIA_TF32_OVERRIDE", "1")
		if _, _, err := Open(path, mode); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// without lets a test open a platform that was open before, until the function that it returns.
func without(platform string) (restore func()) {
	opened.Lock()
	defer opened.Unlock()
	before, was := opened.by[platform]
	delete(opened.by, platform)
	return func() {
		opened.Lock()
		defer opened.Unlock()
		if was {
			opened.by[platform] = before
		}
	}
}

func TestExamineRealPlugin(t *testing.T) {
	_, info := realCPU(t)
	f, err := Examine(CPU)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.1e of matrices, %.1e of convolutions; first result after %v", f.MatMul, f.Conv, f.First)
	if f.Info != info || f.Precision.String() != "float32" || f.MatMul == 0 || f.Conv == 0 {
		t.Errorf("%+v, want float32 and its rounding, of %+v", f, info)
	}
}

func TestReady(t *testing.T) {
	_, info := realCPU(t)
	if about, err := Ready(CPU); about != "PJRT plug-in "+info.Path || err != nil {
		t.Errorf("%q, %v, want %s", about, err, info.Path)
	}
	emptyHome(t)
	if _, err := Ready("/absent.so"); err == nil {
		t.Error("a plug-in that is not there is ready")
	}
}

// What is no plug-in is told by its file, without loading it.
func TestReadyLooksAtTheFile(t *testing.T) {
	for path, want := range map[string]string{
		touch(t, t.TempDir(), "junk_cpu.so"):                                                "it is no shared library",
		library(t, "cpu.so", "int f(void) { return 1; }"):                                   "no function GetPjrtApi",
		library(t, "cpu.so", "extern void *GetPjrtApi(void); void *f = (void*)GetPjrtApi;"): "no function GetPjrtApi",
		library(t, "cpu.so", table("sizeof t", "0", "104")):                                 "",
	} {
		about, err := Ready(path)
		if want == "" && (err != nil || about != "PJRT plug-in "+path) {
			t.Errorf("%q, %v, want %s", about, err, path)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) ||
			!strings.Contains(err.Error(), "pip install")) {
			t.Errorf("%v\nwant %s: %s, and what to install", err, path, want)
		}
	}
}
