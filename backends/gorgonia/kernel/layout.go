package kernel

import "fmt"

// maxFloats bounds every buffer, so that offsets fit the tile tables.
const maxFloats = 1 << 30

// Up16 rounds n up to a multiple of 16, the channel block of the kernels.
func Up16(n int) int { return (n + 15) &^ 15 }

// Layout places an image in memory: NHWC, with PadH rows above and below and
// PadW pixels left and right that belong to the layout and hold zeros (the halo).
// C is the channel pitch, the floats from one pixel to the next; it may exceed
// the number of real channels.
type Layout struct{ H, W, C, PadH, PadW int }

// Rows returns the layout of n rows of pitch floats, as a dense layer has them:
// one image of a single row of n pixels.
func Rows(n, pitch int) Layout { return Layout{H: 1, W: n, C: pitch} }

// Pitch returns the floats from one image row to the next.
func (l Layout) Pitch() int { return (l.W + 2*l.PadW) * l.C }

// Size returns the floats of the whole image with its halo.
func (l Layout) Size() int { return (l.H + 2*l.PadH) * l.Pitch() }

// Off returns the offset of channel 0 of pixel (y, x). Coordinates from -PadH and
// -PadW address the halo.
func (l Layout) Off(y, x int) int { return (y+l.PadH)*l.Pitch() + (x+l.PadW)*l.C }

// Union returns the smallest layout that has at least the halo and the channel
// pitch of both. Height and width are l's.
func (l Layout) Union(o Layout) Layout {
	l.C = max(l.C, o.C)
	l.PadH = max(l.PadH, o.PadH)
	l.PadW = max(l.PadW, o.PadW)
	return l
}

// Validate reports a layout without pixels or channels, with a negative halo, or
// too large to be addressed.
func (l Layout) Validate() error {
	if l.H < 1 || l.W < 1 || l.C < 1 || l.PadH < 0 || l.PadW < 0 {
		return fmt.Errorf("layout %+v: want H, W, C of at least 1 and a halo of at least 0", l)
	}
	if tooLarge(l.H+2*l.PadH, l.W+2*l.PadW, l.C) {
		return fmt.Errorf("layout %+v: want at most %d floats", l, maxFloats)
	}
	return nil
}

// tooLarge reports whether a product of positive factors exceeds maxFloats.
func tooLarge(factors ...int) bool {
	n := 1
	for _, f := range factors {
		if f > maxFloats/n {
			return true
		}
		n *= f
	}
	return false
}

// Image is an image in memory; Data has at least Layout.Size floats.
type Image struct {
	Layout
	Data []float32
}

// check panics unless the image is valid and has the given height, width and pitch.
func (m *Image) check(where, what string, like Layout) {
	if err := m.Validate(); err != nil {
		panic(fmt.Sprintf("kernel: %s: %s: %v", where, what, err))
	}
	if m.H != like.H || m.W != like.W || m.C != like.C {
		panic(fmt.Sprintf("kernel: %s: %s of %dx%d pixels, pitch %d, want %dx%d, pitch %d",
			where, what, m.H, m.W, m.C, like.H, like.W, like.C))
	}
	checkLen(where, what, m.Data, m.Size())
}

// checkLen panics unless s has at least n values.
func checkLen[T any](where, what string, s []T, n int) {
	if len(s) < n {
		panic(fmt.Sprintf("kernel: %s: %s has %d values, want at least %d", where, what, len(s), n))
	}
}

// checkStep panics if images of n floats overlap at a step.
func checkStep(where, what string, step, n int) {
	if step < n {
		panic(fmt.Sprintf("kernel: %s: %s at steps of %d floats, want at least %d", where, what, step, n))
	}
}
