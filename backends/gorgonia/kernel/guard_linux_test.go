package kernel

import (
	"syscall"
	"unsafe"
)

// fenced returns n floats that end where an inaccessible page begins.
func fenced(n, _ int) (s, back []float32) {
	page := syscall.Getpagesize()
	size := (4*n + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	if err := syscall.Mprotect(m[size:], syscall.PROT_NONE); err != nil {
		panic(err)
	}
	mapped[uintptr(unsafe.Pointer(&m[size-4*n]))] = m
	return unsafe.Slice((*float32)(unsafe.Pointer(&m[size-4*n])), n), nil
}

// mapped finds the mapping of a fenced slice by its first value.
var mapped = map[uintptr][]byte{}

func unfence(s []float32) {
	p := uintptr(unsafe.Pointer(&s[0]))
	if err := syscall.Munmap(mapped[p]); err != nil {
		panic(err)
	}
	delete(mapped, p)
}
