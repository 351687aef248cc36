package fab

import (
	"math"
	"slices"
	"testing"

	"github.com/arbench/arbench"
)

// wide is a threat that every change is inside of.
func wide(n arbench.Norm) arbench.Threat { return arbench.Threat{Norm: n, Eps: 100} }

// finite reports whether all of x is numbers in the box.
func finite(x arbench.Tensor) bool { return arbench.InBox(x.Data) }

// TestModelThatAnswersNaN: the image that gets NaN keeps its pixels, whether that counts as
// misclassified (NaN is the greatest logit, of class 0) or not; the others get what they get alone.
func TestModelThatAnswersNaN(t *testing.T) {
	for _, targets := range []int{0, 9} {
		for _, class := range []int{0, 2} {
			m, b := random(4, 5)
			b.Y[3] = class
			want, _, _ := perturb(t, New(targets), m, b, wide(arbench.L2))
			m.spoil = func(x arbench.Tensor, p arbench.Pass) {
				for i := range x.Len() {
					if slices.Equal(x.Row(i), b.X.Row(3)) {
						copy(p.Logits.Row(i), slices.Repeat([]float32{float32(math.NaN())}, 4))
					}
				}
			}
			x, distance, _ := perturb(t, New(targets), m, b, wide(arbench.L2))
			if distance[3] != 0 {
				t.Errorf("%d targets, class %d: the image with NaN was moved by %v", targets, class, distance[3])
			}
			for _, i := range []int{0, 1, 2, 4} {
				if !slices.Equal(x.Row(i), want.Row(i)) {
					t.Errorf("%d targets, class %d: NaN for row 3 changed the candidate of row %d", targets, class, i)
				}
			}
		}
	}
}

// TestDerivativesThatSayNothing: where every derivative is zero or not finite, images stay; where
// those of one class are, the others are gone to.
func TestDerivativesThatSayNothing(t *testing.T) {
	for _, bad := range []float64{0, math.NaN(), math.Inf(1), math.Inf(-1)} {
		for _, norm := range norms {
			m, b := random(4, 6)
			for _, targets := range []int{0, 9} {
				m.spoil = func(_ arbench.Tensor, p arbench.Pass) {
					for _, d := range p.DX {
						for j := range d.Data {
							d.Data[j] = float32(bad)
						}
					}
				}
				if _, distance, _ := perturb(t, New(targets), m, b, wide(norm)); slices.Max(distance) != 0 {
					t.Errorf("%s, %d targets: derivatives of %v moved an image by %v", norm, targets, bad, distance)
				}
			}
			m.spoil = func(_ arbench.Tensor, p arbench.Pass) {
				if len(p.DX) == 3 {
					p.DX[0].Data[0] = float32(bad)
					copy(p.DX[1].Data, slices.Repeat([]float32{float32(bad)}, len(p.DX[1].Data)))
				}
			}
			x, distance, _ := perturb(t, New(0), m, b, wide(norm))
			if !finite(x) || slices.Max(distance) == 0 {
				t.Errorf("%s: with %v in derivatives of some classes the distances are %v", norm, bad, distance)
			}
		}
	}
}

// TestScaleOfLogitsDoesNotMatter: neither tiny nor huge logits change the distances.
func TestScaleOfLogitsDoesNotMatter(t *testing.T) {
	for _, norm := range norms {
		m, b := random(4, 10)
		_, want, _ := perturb(t, New(0), m, b, wide(norm))
		for _, scale := range []float32{0x1p-70, 0x1p70} {
			scaled := &planes{b: slices.Clone(m.b)}
			for k, w := range m.w {
				scaled.b[k] *= scale
				scaled.w = append(scaled.w, slices.Clone(w))
				for j := range w {
					scaled.w[k][j] *= scale
				}
			}
			if _, got, _ := perturb(t, New(0), scaled, b, wide(norm)); !slices.Equal(want, got) {
				t.Errorf("%s: logits times %g give distances %v, want %v", norm, scale, got, want)
			}
		}
	}
}

// TestFewImagesAndClasses: no image, one, and a model of one class, in which nothing can be broken.
func TestFewImagesAndClasses(t *testing.T) {
	for _, targets := range []int{0, 9} {
		for _, classes := range []int{1, 2, 3} {
			for _, n := range []int{0, 1} {
				m, b := random(classes, n)
				x, distance, books := perturb(t, New(targets), m, b, wide(arbench.Linf))
				if !slices.Equal(x.Shape, []int{n, 1, 2, 3}) || !finite(x) {
					t.Errorf("%d classes, %d images: candidates %v", classes, n, x)
				}
				if classes == 1 && n == 1 && (distance[0] != 0 || books.Forward[0] != 1) {
					t.Errorf("one class: distance %v after %d passes, want 0 after 1", distance[0], books.Forward[0])
				}
			}
		}
	}
}

// TestEqualLogits: an image on the boundary itself, which has the first of two classes, is broken by
// next to nothing.
func TestEqualLogits(t *testing.T) {
	m := &planes{w: [][]float32{{1, 2, 0, 0, 0, 0}, {2, 1, 0, 0, 0, 0}}, b: []float32{0, 0}}
	b := arbench.Batch{X: arbench.NewTensor(1, 1, 2, 3), Y: []int{0}, ID: []int{0}}
	for j := range b.X.Data {
		b.X.Data[j] = 0.5
	}
	for _, norm := range norms {
		for _, targets := range []int{0, 9} {
			_, distance, _ := perturb(t, New(targets), m, b, wide(norm))
			if distance[0] == 0 || distance[0] > 1e-5 {
				t.Errorf("%s, %d targets: distance %v of an image on the boundary", norm, targets, distance[0])
			}
		}
	}
}
