package square

import (
	"math"

	"github.com/arbench/arbench"
)

// halvings are the queries after which the share of the squares is halved, for 10,000 queries in all.
// The numbers are AutoAttack's.
var halvings = [...]int{10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000}

// share returns the share of the image's pixels that the square of query q has, from 0 on.
func (a *Attack) share(q int) float64 {
	if a.Rescale {
		q = int(float64(q) / float64(a.Queries) * 10000)
	}
	p := a.P
	for _, h := range halvings {
		if q > h {
			p /= 2
		}
	}
	return p
}

// sides returns the height and width of a square with the share p of an image of h by w pixels. Where
// the image is too short for it, it is as high as the image and as wide as the share asks for. In L2
// and L1 sides are odd and at least 3, so that the two pyramids on a square differ, if the image has
// room for that.
func sides(norm arbench.Norm, p float64, h, w int) (rows, cols int) {
	s := int(math.RoundToEven(math.Sqrt(p * float64(h*w))))
	rows, cols = s, s
	if s > h {
		cols = int(math.RoundToEven(p * float64(w)))
	}
	if s > w {
		rows = int(math.RoundToEven(p * float64(h)))
	}
	fit := func(side, most int) int {
		if norm != arbench.Linf {
			side = max(side, 3) | 1
		}
		return min(max(side, 1), most)
	}
	return fit(rows, h), fit(cols, w)
}
