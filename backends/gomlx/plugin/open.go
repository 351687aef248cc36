//go:build gomlx && cgo && linux

package plugin

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/gomlx/compute"
)

// opened holds the plug-ins of this process by platform: a plug-in cannot be unloaded, and XLA reads
// its flags once.
var opened = struct {
	sync.Mutex
	by map[string]client
}{by: map[string]client{}}

type client struct {
	backend compute.Backend
	info    Info
}

// Open loads the plug-in of a platform, or returns what it loaded before: there is one for a platform
// in a process. The platform is "cpu", "cuda" or the absolute path of a plug-in; see [Find]. Unless
// the mode says otherwise, products are of float32, and the same inputs give the same bits. The backend is not the caller's to finalize. Errors
// say what is wrong with which file and what to install; no panic of GoMLX gets through. It is safe for
// use by several goroutines. In the environment it sets NVIDIA_TF32_OVERRIDE and XLA_FLAGS for CUDA, NPROC for a CPU.
func Open(platform string, mode Mode) (compute.Backend, Info, error) {
	kind, err := PlatformOf(platform)
	if err != nil {
		return nil, Info{}, err
	}
	candidates, err := Find(platform)
	if err != nil {
		return nil, Info{}, err
	}
	path := candidates[0].Path
	if kind != CUDA {
		mode = Mode{}
	}
	opened.Lock()
	defer opened.Unlock()
	if c, ok := opened.by[kind]; ok {
		if c.info.Path != path || c.info.Mode != mode {
			return nil, Info{}, fmt.Errorf("PJRT plug-in %s%s: this process has loaded %s%s for %s, and a process loads one plug-in in one way: run the other in a process of its own",
				path, mode, c.info.Path, c.info.Mode, kind)
		}
		return c.backend, c.info, nil
	}
	if kind == CUDA {
		err = prepareCUDA(path, mode)
	} else {
		err = prepareCPU()
	}
	if err != nil {
		return nil, Info{}, err
	}
	b, info, err := load(path, kind, mode)
	switch {
	case err != nil:
		return nil, Info{}, fmt.Errorf("PJRT plug-in %s (from %s): %w\n%s", path, candidates[0].From, err, remedy(kind, err))
	case !strings.Contains(strings.ToLower(info.Platform), kind):
		b.Finalize()
		return nil, Info{}, fmt.Errorf("PJRT plug-in %s is for platform %q, and was loaded for %s: name it by %s, or rename the file so that it tells its platform",
			path, info.Platform, kind, Variable(info.Platform))
	}
	opened.by[kind] = client{b, info}
	return b, info, nil
}

// remedy says what to do where a plug-in could not be loaded.
func remedy(kind string, err error) string {
	_, none := errors.AsType[noClientError](err)
	if none && kind == CUDA && strings.Contains(err.Error(), "Unexpected option") {
		return "it does not take CUDA's options, so it is that of another platform: name a CPU's by " + Variable(CPU)
	}
	if none && kind == CUDA {
		return "it needs a GPU, NVIDIA's driver (the command nvidia-smi shows both) and NVIDIA's libraries in ../../nvidia beside its folder"
	}
	return "to have another: " + Advice(kind)
}

// prepareCPU sets how many threads XLA makes on a CPU, which it reads in NPROC once: by default one for each processor
// that this process may use, and as it cuts long sums into as many pieces, each number of them gives other bits.
func prepareCPU() error { return os.Setenv("NPROC", threads) }

// threads is enough for most machines, and costs those with fewer processors little.
const threads = "8"
