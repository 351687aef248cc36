package gorgonia

import (
	"testing"
	"unsafe"
)

func TestArenaGivesZerosThatDoNotOverlap(t *testing.T) {
	var a arena
	var all [][]float32
	for _, n := range []int{1, 15, 16, 17, 5000, firstPiece, 1, 3 * firstPiece, 1 << 21, 7} {
		s := a.floats(n)
		if len(s) != n || cap(s) != n {
			t.Errorf("%d floats have length %d and capacity %d", n, len(s), cap(s))
		}
		if at := uintptr(unsafe.Pointer(&s[0])); at%64 != 0 {
			t.Errorf("%d floats begin at %#x, want a multiple of 64", n, at)
		}
		for i, v := range s {
			if v != 0 {
				t.Fatalf("%d floats: value %d is %v, want 0", n, i, v)
			}
			s[i] = float32(len(all) + 1)
		}
		all = append(all, s)
	}
	for k, s := range all {
		for i, v := range s {
			if v != float32(k+1) {
				t.Fatalf("floats %d: value %d belongs to floats %v", k, i, v-1)
			}
		}
	}
}
