package kernel

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLayoutPlacesPixels(t *testing.T) {
	l := Layout{H: 2, W: 3, C: 4, PadH: 1, PadW: 2}
	// rows of (3+4)*4 = 28 floats, 4 of them; pixel (0, 0) after one row and two pixels
	if got, want := []int{l.Pitch(), l.Size(), l.Off(0, 0), l.Off(1, 2), l.Off(-1, -2)},
		[]int{28, 112, 36, 72, 0}; !cmp.Equal(want, got) {
		t.Errorf("pitch, size, offsets (-want +got):\n%s", cmp.Diff(want, got))
	}
	if got, want := l.Union(Layout{H: 2, W: 3, C: 16, PadW: 1}), (Layout{2, 3, 16, 1, 2}); got != want {
		t.Errorf("union %+v, want %+v", got, want)
	}
	if got := []int{Up16(0), Up16(1), Up16(16), Up16(17)}; !cmp.Equal([]int{0, 16, 16, 32}, got) {
		t.Errorf("Up16: %v", got)
	}
}

func TestNCHWRoundTrip(t *testing.T) {
	m := Image{Layout{2, 3, 5, 1, 1}, make([]float32, 4*5*5)}
	want := randoms(source(1), 4*2*3)
	FromNCHW(m, want, 4)
	haloIsZero(t, "image", m, 4)
	if got := m.pixel(1, 2)[3]; got != want[3*6+5] {
		t.Errorf("channel 3 of pixel (1, 2) is %g, want %g", got, want[3*6+5])
	}
	got := make([]float32, len(want))
	ToNCHW(got, m, 4)
	sameBits(t, "planes", got, want)
}

func TestCopyChannelsMovesGroups(t *testing.T) {
	r := source(1)
	var b guards
	src := b.image(r, Layout{3, 2, 6, 0, 1}, 6)
	dst := b.image(r, Layout{3, 2, 8, 1, 0}, 8)
	want := planes(dst, 8)
	copy(want[5*6:], planes(src, 6)[2*6:5*6]) // planes 2, 3, 4 to planes 5, 6, 7
	CopyChannels(dst, 5, src, 2, 3)
	sameBits(t, "channels", planes(dst, 8), want)
	haloIsZero(t, "channels", dst, 8)
	b.check(t)
}

func TestCopiesRefuse(t *testing.T) {
	m := Image{Layout{2, 2, 4, 0, 0}, make([]float32, 16)}
	other := Image{Layout{2, 3, 4, 0, 0}, make([]float32, 24)}
	for name, f := range map[string]func(){
		"planes":   func() { FromNCHW(m, make([]float32, 15), 4) },
		"channels": func() { ToNCHW(make([]float32, 20), m, 5) },
		"short":    func() { ToNCHW(make([]float32, 20), Image{m.Layout, m.Data[1:]}, 4) },
		"size":     func() { CopyChannels(m, 0, other, 0, 1) },
		"from":     func() { CopyChannels(m, 0, m, 2, 3) },
		"to":       func() { CopyChannels(m, -1, m, 0, 3) },
	} {
		if got := panics(f); !strings.HasPrefix(got, "kernel: ") {
			t.Errorf("%s: panic %q, want one of this package", name, got)
		}
	}
}

func TestCheckPath(t *testing.T) {
	for _, test := range []struct {
		want string
		best path
		err  string
	}{{"", portable, ""}, {"", avx512, ""}, {"portable", avx2, ""}, {"avx2", avx2, ""}, {"avx2", avx512, ""},
		{"avx512", avx512, ""}, {"avx2", portable, "cannot run it"}, {"avx512", avx2, `best path is "avx2"`},
		{"sse", avx2, "want avx512, avx2, portable or nothing"}} {
		err := checkPath(test.want, test.best)
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%q, best path %v: error %v, want %q", test.want, test.best, err, test.err)
		}
	}
}
