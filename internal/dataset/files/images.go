package files

import (
	"fmt"

	"github.com/arbench/arbench"
)

// Images are labelled images of eight bits a colour, kept as such.
type Images struct {
	Pixels []uint8 // image after image, each channel by channel and row by row
	Labels []uint8
}

var _ arbench.Examples = (*Images)(nil)

// Len implements [arbench.Examples].
func (m *Images) Len() int { return len(m.Labels) }

// Read implements [arbench.Examples]: pixels are divided by 255.
func (m *Images) Read(i int, x []float32) int {
	for j, v := range m.Pixels[i*len(x) : (i+1)*len(x)] {
		x[j] = float32(v) / 255
	}
	return int(m.Labels[i])
}

// Check reports pixels that are not one image of that many bytes for each label, and labels that
// are not below classes.
func (m *Images) Check(size, classes int) error {
	if len(m.Pixels) != size*len(m.Labels) {
		return fmt.Errorf("%d bytes of pixels for %d labels, want %d for each",
			len(m.Pixels), len(m.Labels), size)
	}
	for i, y := range m.Labels {
		if int(y) >= classes {
			return fmt.Errorf("image %d has class %d, want less than %d", i, y, classes)
		}
	}
	return nil
}
