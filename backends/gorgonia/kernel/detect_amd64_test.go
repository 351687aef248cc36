package kernel

import (
	"testing"

	"golang.org/x/sys/cpu"
)

// Each of the features that a path needs is missed.
func TestDetectNeedsEveryFeature(t *testing.T) {
	x := &cpu.X86
	was := *x
	defer func() { *x = was }()
	vectors := []*bool{&x.HasAVX2, &x.HasFMA}
	wide := []*bool{&x.HasAVX512F, &x.HasAVX512BW, &x.HasAVX512DQ, &x.HasAVX512VL}
	all := append(append([]*bool{}, vectors...), wide...)
	set := func(features []*bool, to bool) {
		for _, f := range features {
			*f = to
		}
	}
	for _, tt := range []struct {
		missing []*bool
		want    path
	}{{nil, avx512}, {wide, avx2}, {all, portable}} {
		set(all, true)
		set(tt.missing, false)
		if got := detect(); got != tt.want {
			t.Errorf("without %d features: %s, want %s", len(tt.missing), pathNames[got], pathNames[tt.want])
		}
	}
	for i, f := range all {
		set(all, true)
		*f = false
		want := avx2
		if i < len(vectors) {
			want = portable
		}
		if got := detect(); got != want {
			t.Errorf("without feature %d: %s, want %s", i, pathNames[got], pathNames[want])
		}
	}
}
