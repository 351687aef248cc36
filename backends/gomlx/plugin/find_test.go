package plugin

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// emptyHome gives the test a home without plug-ins, and returns it.
func emptyHome(t *testing.T) string {
	home := t.TempDir()
	for _, v := range []string{Variable(CPU), Variable(CUDA), "PJRT_PLUGIN_LIBRARY_PATH", "VIRTUAL_ENV"} {
		t.Setenv(v, "")
	}
	t.Setenv("HOME", home)
	return home
}

func touch(t *testing.T, elem ...string) string {
	t.Helper()
	path := filepath.Join(elem...)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("junk"), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// paths returns where candidates are, without those that the machine itself has in /usr/local.
func paths(found []Candidate) (all []string) {
	for _, c := range found {
		if !strings.HasPrefix(c.Path, "/usr/local/") {
			all = append(all, c.Path)
		}
	}
	return all
}

func TestFindGoesByTheOrder(t *testing.T) {
	home := emptyHome(t)
	folder, env := t.TempDir(), t.TempDir()
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", ":"+folder)
	t.Setenv("VIRTUAL_ENV", env)
	packages := filepath.Join(env, "lib/python3.12/site-packages")
	want := []string{
		touch(t, folder, "pjrt_c_api_cuda_plugin.so"),
		touch(t, folder, "pjrt_plugin_cuda.so"),
		touch(t, folder, "nvidia/pjrt_c_api_cuda_plugin.so"),
		touch(t, home, ".local/lib/go-xla/nvidia/pjrt-plugin-cuda.so"),
		touch(t, packages, "jax_plugins/xla_cuda13/xla_cuda_plugin.so"),
		touch(t, packages, "jax_plugins/xla_cuda12/xla_cuda_plugin.so"),
	}
	cpu := touch(t, packages, "lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so")
	found, err := Find(CUDA)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, paths(found)); diff != "" {
		t.Errorf("cuda (-want +got):\n%s", diff)
	}
	if found, err = Find(CPU); err != nil || !slices.Equal(paths(found), []string{cpu}) {
		t.Errorf("cpu: %v, %v, want %s alone", found, err, cpu)
	}

	t.Setenv(Variable(CUDA), cpu) // it alone counts
	found, err = Find(CUDA)
	if diff := cmp.Diff([]Candidate{{cpu, "ARBENCH_PJRT_CUDA"}}, found); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	found, err = Find(want[1])
	if diff := cmp.Diff([]Candidate{{want[1], "the path given"}}, found); err != nil || diff != "" {
		t.Errorf("by path: %v (-want +got):\n%s", err, diff)
	}
}

func TestFindSaysWhatIsWrong(t *testing.T) {
	home := emptyHome(t)
	absent := filepath.Join(home, "absent.so")
	for _, c := range []struct{ platform, variable, want string }{
		{"gpu", "", `platform "gpu": want "cpu", "cuda" or the absolute path of a PJRT plug-in`},
		{"", "", `platform "": want "cpu"`},
		{absent, "", "the path given: PJRT plug-in: stat " + absent + ": no such file"},
		{home, "", "the path given: " + home + " is no file: want the PJRT plug-in itself"},
		{CPU, absent, "ARBENCH_PJRT_CPU: PJRT plug-in: stat " + absent},
		{CPU, "here.so", `ARBENCH_PJRT_CPU: "here.so": want the absolute path`},
	} {
		t.Setenv(Variable(CPU), c.variable)
		if _, err := Find(c.platform); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q, variable %q: %v\nwant %s", c.platform, c.variable, err, c.want)
		}
	}
	t.Setenv(Variable(CPU), "")
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", home+":lib")
	if _, err := Find(CPU); err == nil || err.Error() != `PJRT_PLUGIN_LIBRARY_PATH: "lib": want absolute paths of folders` {
		t.Errorf("a relative folder: %v", err)
	}
}

func TestMissingSaysWhatToInstall(t *testing.T) {
	home := emptyHome(t)
	if _, err := os.Stat("/usr/local/lib/go-xla"); err == nil {
		t.Skip("this machine has plug-ins in /usr/local/lib/go-xla")
	}
	for platform, install := range map[string]string{
		CPU:  "pip install --no-deps lammps-jax-pjrt-cpu==0.11.2",
		CUDA: `pip install "jax-cuda13-plugin[with-cuda]>=0.10.2"`,
	} {
		_, err := Find(platform)
		missing, ok := errors.AsType[*MissingError](err)
		if !ok {
			t.Fatalf("%s: %v, want a MissingError", platform, err)
		}
		for _, want := range []string{
			`no PJRT plug-in for platform "` + platform + `"`, home + "/.local/lib/go-xla,", "/usr/local/lib/go-xla", install, Variable(platform),
		} {
			if !strings.Contains(missing.Error(), want) {
				t.Errorf("%v\ndoes not say %s", missing, want)
			}
		}
	}
}

// TestAdviceIsWhatTestsRunOn holds the wheel that users are told of to the one that the gate gets.
func TestAdviceIsWhatTestsRunOn(t *testing.T) {
	script, err := os.ReadFile("../../../.ci/get-pjrt")
	if err != nil {
		t.Fatal(err)
	}
	for _, variable := range []string{"wheel=", "wheel_sum="} {
		_, after, ok := strings.Cut(string(script), "\n"+variable)
		value, _, _ := strings.Cut(after, "\n")
		if !ok || value == "" || !strings.Contains(Advice(CPU), value) {
			t.Errorf("the script has %s%s, the advice is %s", variable, value, Advice(CPU))
		}
	}
}

func TestPlatformOfPath(t *testing.T) {
	for path, want := range map[string]string{
		"/cuda/lib/pjrt_c_api_cpu_plugin.so":            CPU, // the folders above its own do not tell
		"/x/jax_plugins/xla_cuda13/xla_cuda_plugin.so":  CUDA,
		"/x/xla_cuda12/plugin.so":                       CUDA,
		"/x/nvidia/libpjrt.so":                          CUDA,
		"/x/fastatomstruct_xla_cpu/libpjrt.so":          CPU,
		"/x/libpjrt.so":                                 CPU,
		"/x/some_cpu_folder/pjrt_c_api_CUDA_plugin.so":  CUDA,
		"/x/xla_cuda13/pjrt_c_api_cpu_plugin.so":        CPU,
		"/home/cuda/go-xla/nvidia/pjrt-plugin-cuda.so":  CUDA,
		"/home/nvidia/.local/lib/go-xla/pjrt-plugin.so": CPU,
	} {
		if got, err := PlatformOf(path); got != want || err != nil {
			t.Errorf("%s: %s, %v, want %s", path, got, err, want)
		}
	}
}
