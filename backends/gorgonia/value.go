package gorgonia

import "github.com/arbench/arbench/backends/gorgonia/kernel"

// A value is the output of a layer, or the image, for all rows of a pass. A vector is an image of
// one pixel. Channels from channels to the pitch of the layout hold zeros.
type value struct {
	name     string
	layout   kernel.Layout // of one row
	channels int
	data     []float32 // of as many rows as the graph is for
	grad     []float32 // derivative, laid out like data; nil where none is needed

	active  bool // a derivative is wanted
	readers int  // inputs of blocks that are this value

	// While the derivative is built:
	started bool   // an earlier reader writes grad
	last    *fused // the reader that so far completes grad, nil if that cannot mask it
}

// size returns the floats of one row.
func (v *value) size() int { return v.layout.Size() }

// rows returns rows lo to hi-1 of buf, which is laid out like the value.
func (v *value) rows(buf []float32, lo, hi int) []float32 {
	n := v.size()
	return buf[lo*n : hi*n]
}

// image returns row i of buf, which is laid out like the value.
func (v *value) image(buf []float32, i int) kernel.Image {
	return kernel.Image{Layout: v.layout, Data: v.rows(buf, i, i+1)}
}

// strip returns the layout that covers n images with the fewest calls of an elementwise kernel: a
// single image of one row where there is no halo between them.
func strip(l kernel.Layout, n int) (as kernel.Layout, images int) {
	if l.PadH == 0 && l.PadW == 0 {
		return kernel.Layout{H: 1, W: n * l.H * l.W, C: l.C}, 1
	}
	return l, n
}

// at returns image i of data.
func at(l kernel.Layout, data []float32, i int) kernel.Image {
	n := l.Size()
	return kernel.Image{Layout: l, Data: data[i*n : (i+1)*n]}
}

// affine is [kernel.Affine] on n images of layout l. A nil residual leaves it out.
func affine(l kernel.Layout, n int, dst, src, scale, shift, residual []float32, relu bool) {
	l, images := strip(l, n)
	for i := range images {
		if residual == nil {
			kernel.Affine(at(l, dst, i), at(l, src, i), scale, shift, nil, relu)
			continue
		}
		r := at(l, residual, i)
		kernel.Affine(at(l, dst, i), at(l, src, i), scale, shift, &r, relu)
	}
}

// normGrad is [kernel.NormGrad] on n images of layout l.
func normGrad(l kernel.Layout, n int, dst, dz, y, a, b, d []float32) {
	l, images := strip(l, n)
	for i := range images {
		kernel.NormGrad(at(l, dst, i), at(l, dz, i), at(l, y, i), a, b, d)
	}
}

// channelDots is [kernel.ChannelDots] on n images of layout l, from zero.
func channelDots(l kernel.Layout, n int, x, y []float32, sum, dot []float64) {
	clear(sum)
	clear(dot)
	l, images := strip(l, n)
	for i := range images {
		kernel.ChannelDots(at(l, x, i), at(l, y, i), sum, dot)
	}
}

// put copies src to dst, or adds it.
func put(dst, src []float32, add bool) {
	if add {
		kernel.AddTo(dst, src)
		return
	}
	copy(dst, src)
}
