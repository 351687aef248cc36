package plugin

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A Candidate is a file that may be a plug-in: only loading it tells.
type Candidate struct {
	Path string // absolute
	From string // what led to it: a variable of the environment, or a folder
}

// wheels lists, by platform, where in a site-packages folder the wheels of [Advice] put their plug-in.
var wheels = map[string][]string{
	CPU:  {"lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so", "fastatomstruct_xla_cpu/libpjrt_cpu.so"},
	CUDA: {"jax_plugins/xla_cuda13/xla_cuda_plugin.so", "jax_plugins/xla_cuda12/xla_cuda_plugin.so"},
}

// Find returns the files that may be the plug-in of a platform, the one to use first. The platform
// is "cpu", "cuda" or the absolute path of a plug-in. It looks at the variable ARBENCH_PJRT_CPU or
// ARBENCH_PJRT_CUDA, which names a file and alone counts if it is set; then in the folders of
// PJRT_PLUGIN_LIBRARY_PATH, ~/.local/lib/go-xla and /usr/local/lib/go-xla, each with nvidia below it; then for
// a wheel in the Python environment that VIRTUAL_ENV names. The error is a [*MissingError] if there is none, or
// says what is wrong with a path or the platform. Nothing is loaded.
func Find(platform string) ([]Candidate, error) {
	kind, err := PlatformOf(platform)
	if err != nil {
		return nil, err
	}
	if platform != kind {
		return named(platform, "the path given")
	}
	variable := Variable(platform)
	if path := os.Getenv(variable); path != "" {
		return named(path, variable)
	}
	all, err := folders()
	if err != nil {
		return nil, err
	}
	missing := &MissingError{Platform: platform, Searched: []string{variable}}
	var found []Candidate
	for _, f := range all {
		missing.Searched = append(missing.Searched, f.Path)
		for _, name := range fileNames(platform) {
			found = appendFile(found, filepath.Join(f.Path, name), f.From)
		}
	}
	if env := os.Getenv("VIRTUAL_ENV"); env != "" {
		missing.Searched = append(missing.Searched, env)
		packages, _ := filepath.Glob(filepath.Join(env, "lib", "python3*", "site-packages"))
		found = append(found, InWheels(platform, packages...)...)
	}
	if len(found) == 0 {
		return nil, missing
	}
	return found, nil
}

// Variable returns the name of the variable of the environment that names the plug-in of a platform.
func Variable(platform string) string { return "ARBENCH_PJRT_" + strings.ToUpper(platform) }

// InWheels returns the plug-ins of a platform that wheels have put into folders of Python packages
// (site-packages).
func InWheels(platform string, packages ...string) []Candidate {
	var found []Candidate
	for _, folder := range packages {
		for _, name := range wheels[platform] {
			found = appendFile(found, filepath.Join(folder, name), folder)
		}
	}
	return found
}

// named returns the one candidate that was asked for by its path.
func named(path, from string) ([]Candidate, error) {
	if !filepath.IsAbs(path) {
		return nil, fmt.Errorf("%s: %q: want the absolute path of a PJRT plug-in", from, path)
	}
	switch info, err := os.Stat(path); {
	case err != nil:
		return nil, fmt.Errorf("%s: PJRT plug-in: %w", from, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: %s is no file: want the PJRT plug-in itself, a shared library (.so)", from, path)
	}
	return []Candidate{{path, from}}, nil
}

// folders returns the folders that may hold plug-ins, as candidates of their own.
func folders() ([]Candidate, error) {
	const variable = "PJRT_PLUGIN_LIBRARY_PATH"
	var all []Candidate
	add := func(folder, from string) {
		all = append(all, Candidate{folder, from}, Candidate{filepath.Join(folder, "nvidia"), from})
	}
	for _, folder := range filepath.SplitList(os.Getenv(variable)) {
		if folder != "" && !filepath.IsAbs(folder) {
			return nil, fmt.Errorf("%s: %q: want absolute paths of folders", variable, folder)
		}
		if folder != "" {
			add(folder, variable)
		}
	}
	if home, err := os.UserHomeDir(); err == nil {
		root := filepath.Join(home, ".local/lib/go-xla")
		add(root, root)
	}
	add("/usr/local/lib/go-xla", "/usr/local/lib/go-xla")
	return all, nil
}

// fileNames returns the names that a plug-in of a platform may have in such a folder, those of go-xla.
func fileNames(platform string) []string {
	return []string{
		"pjrt_c_api_" + platform + "_plugin.so", "pjrt-plugin-" + platform + ".so", "pjrt_plugin_" + platform + ".so",
	}
}

func appendFile(found []Candidate, path, from string) []Candidate {
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		return append(found, Candidate{path, from})
	}
	return found
}
