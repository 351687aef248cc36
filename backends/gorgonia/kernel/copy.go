package kernel

import "fmt"

// FromNCHW copies c planes of H*W floats (one image, as data sets store it) into
// dst. c is at most the pitch; halo and padding channels are left alone.
func FromNCHW(dst Image, src []float32, c int) {
	checkPlanes("from NCHW", dst, src, c)
	for y := range dst.H {
		for x := range dst.W {
			o, s := dst.Off(y, x), y*dst.W+x
			for k := range c {
				dst.Data[o+k] = src[k*dst.H*dst.W+s]
			}
		}
	}
}

// ToNCHW copies the first c channels of src into c planes of H*W floats.
func ToNCHW(dst []float32, src Image, c int) {
	checkPlanes("to NCHW", src, dst, c)
	for y := range src.H {
		for x := range src.W {
			o, d := src.Off(y, x), y*src.W+x
			for k := range c {
				dst[k*src.H*src.W+d] = src.Data[o+k]
			}
		}
	}
}

func checkPlanes(where string, m Image, planes []float32, c int) {
	m.check(where, "image", m.Layout)
	if c < 1 || c > m.C {
		panic(fmt.Sprintf("kernel: %s: %d channels, want 1 to the pitch %d", where, c, m.C))
	}
	checkLen(where, "planes", planes, c*m.H*m.W)
}

// CopyChannels copies c channels of every pixel, from channel from of src to
// channel to of dst: it takes one group of a grouped convolution out of an image
// and puts its result back, and changes halo or pitch. The images have the same
// height and width and do not overlap.
func CopyChannels(dst Image, to int, src Image, from, c int) {
	dst.check("copy channels", "dst", dst.Layout)
	src.check("copy channels", "src", Layout{H: dst.H, W: dst.W, C: src.C})
	if c < 0 || to < 0 || from < 0 || to+c > dst.C || from+c > src.C {
		panic(fmt.Sprintf("kernel: copy channels: %d channels from %d of %d to %d of %d",
			c, from, src.C, to, dst.C))
	}
	for y := range dst.H {
		d, s := dst.Off(y, 0)+to, src.Off(y, 0)+from
		for range dst.W {
			copy(dst.Data[d:d+c], src.Data[s:s+c])
			d, s = d+dst.C, s+src.C
		}
	}
}
