package gomlx

import (
	"errors"
	"fmt"

	"github.com/arbench/arbench/backends/gomlx/plugin"
)

// Ready implements [arbench.Readier]. The plug-in of a CPU is looked for and not loaded; that of CUDA is loaded, as
// Info does, since only then it is known whether there is a GPU.
func (b *Backend) Ready() (about string, err error) {
	if err := b.Validate(); err != nil {
		return "", err
	}
	p := b.platform()
	if p == goPlatform {
		return "GoMLX's own engine, which is slow", linked()
	}
	if about, err = plugin.Ready(p); err != nil {
		return "", withOther(p, err)
	}
	if !b.onCUDA() {
		about += ", if that loads (arbench doctor tries it)"
		if path := other(p); path != "" {
			about += fmt.Sprintf(", with platform = %q on %s", cudaPlatform, path)
		}
		return about, nil
	}
	_, name, err := device(p, b.mode())
	if err != nil {
		return "", err
	}
	return about + " with " + name, nil
}

// other returns the path of CUDA's plug-in beside the platform "cpu", "" if there is none.
func other(platform string) string {
	if platform != cpuPlatform {
		return ""
	}
	found, err := plugin.Find(cudaPlatform)
	if err != nil {
		return ""
	}
	return found[0].Path
}

// withOther says, of the error of a platform that has no plug-in here, which one has.
func withOther(platform string, err error) error {
	_, missing := errors.AsType[*plugin.MissingError](err)
	if path := other(platform); missing && path != "" {
		return fmt.Errorf("platform = %q has PJRT plug-in %s, and %q has none: %w", cudaPlatform, path, platform, err)
	}
	return err
}
