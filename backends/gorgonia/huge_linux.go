package gorgonia

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size of a huge page in bytes, as on most machines; elsewhere the advice may be
// refused, which changes nothing but speed.
const hugePage = 2 << 20

// adviseHuge asks the system to put s on huge pages, so that passes over all rows need fewer
// translations of addresses.
func adviseHuge(s []float32) {
	if 4*len(s) < 2*hugePage {
		return
	}
	at := uintptr(unsafe.Pointer(unsafe.SliceData(s)))
	skip := -at & (hugePage - 1)
	n := (4*uintptr(len(s)) - skip) &^ (hugePage - 1)
	_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Pointer(&s[skip/4])), n), unix.MADV_HUGEPAGE)
}
