package train

import (
	"slices"

	"github.com/arbench/arbench"
)

// batches returns the ids of each step of an epoch: a shuffle keyed by seed and epoch, cut into
// groups of size. A last group of one example joins the group before it, since the statistics of a
// batch of one mean nothing.
func batches(ids []int, size int, seed uint64, epoch int) [][]int {
	ids = slices.Clone(ids)
	r := arbench.KeyedRand(seed, "order", epoch)
	r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	groups := slices.Collect(slices.Chunk(ids, size))
	if n := len(groups); n > 1 && len(groups[n-1]) == 1 {
		groups[n-2] = ids[(n-2)*size:]
		groups = groups[:n-1]
	}
	return groups
}

// augment changes the images of b in place.
func augment(b arbench.Batch, kinds []string, seed uint64, epoch int) {
	if len(kinds) == 0 {
		return
	}
	c, h, w := b.X.Shape[1], b.X.Shape[2], b.X.Shape[3]
	scratch := make([]float32, h*w)
	for i, id := range b.ID {
		for _, kind := range kinds {
			r := arbench.KeyedRand(seed, kind, epoch, id)
			switch kind {
			case "crop":
				py, px := max(h/8, 1), max(w/8, 1)
				dy, dx := r.IntN(2*py+1)-py, r.IntN(2*px+1)-px
				for k := range c {
					shift(b.X.Row(i)[k*h*w:(k+1)*h*w], scratch, w, dy, dx)
				}
			case "flip":
				if r.IntN(2) == 1 {
					for row := range slices.Chunk(b.X.Row(i), w) {
						slices.Reverse(row)
					}
				}
			}
		}
	}
}

// shift moves the plane x, whose rows have w pixels, by dy rows and dx columns; zeros come in.
func shift(x, scratch []float32, w, dy, dx int) {
	copy(scratch, x)
	clear(x)
	from, to, n := max(-dx, 0), max(dx, 0), w-max(dx, -dx)
	for r := range len(x) / w {
		if s := (r - dy) * w; n > 0 && s >= 0 && s < len(x) {
			copy(x[r*w+to:][:n], scratch[s+from:])
		}
	}
}
