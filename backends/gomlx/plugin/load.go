//go:build gomlx && cgo && linux

package plugin

/*
#cgo LDFLAGS: -ldl
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"
)

// leastMinor is the minor version of the PJRT interface that go-xla v0.3.0 was generated from: a
// plug-in of an earlier one lacks functions that it calls.
const leastMinor = 104

// A noClientError is of a plug-in that was loaded and finds no device to work on.
type noClientError struct{ error }

// load loads the plug-in at an absolute path for a platform, CPU or CUDA, and makes a client of it.
// It is not safe for use by several goroutines.
func load(path, platform string, mode Mode) (b compute.Backend, info Info, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	if _, err := Build(path); err != nil {
		return nil, info, err
	}
	p := (*C.shim_plugin)(C.calloc(1, C.sizeof_shim_plugin)) // the library keeps it
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	if message := C.shim_load(name, p); message != nil {
		defer C.free(unsafe.Pointer(message))
		return nil, info, errors.New(C.GoString(message))
	}
	info = Info{Path: path, Major: int(p.major), Minor: int(p.minor), Mode: mode}
	if info.Major != 0 || info.Minor < leastMinor {
		return nil, info, fmt.Errorf("it is of PJRT API %d.%d, want 0.%d or newer", info.Major, info.Minor, leastMinor)
	}
	table := C.shim_wrap(p, cBool(platform == CPU))
	if table == nil {
		return nil, info, errors.New("its table of functions has no size that PJRT tables have")
	}
	// go-xla tells platforms by their names, and searches and downloads unless they begin with a slash.
	registered := "/arbench/" + platform
	if err := pjrt.RegisterPreloadedPlugin(registered, uintptr(table)); err != nil {
		return nil, info, err
	}
	xla.EnableAutoInstall(false)
	client, err := xla.New(registered + config(platform, mode.TF32))
	if err != nil {
		return nil, info, noClientError{fmt.Errorf("of PJRT API %d.%d, it makes no client: %w", info.Major, info.Minor, err)}
	}
	info.Platform, info.Version = C.GoString(&p.platform[0]), C.GoString(&p.version[0])
	info.Device, info.Devices = C.GoString(&p.kind[0]), int(p.devices)
	return client, info, nil
}

// config returns go-xla's options of a platform.
func config(platform string, tf32 bool) string {
	if platform == CUDA {
		return fmt.Sprintf(",tf32=%t,preallocate=false", tf32)
	}
	return ""
}

func cBool(b bool) C.int {
	if b {
		return 1
	}
	return 0
}
