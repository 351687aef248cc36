package kernel

// weightBytes bounds the bytes of x and dy that one part of a weight gradient reads
// again and again, so that they stay in the first-level cache.
const weightBytes = 32 << 10

// weightPlan adds x transposed times dy to the weights' gradient: a tile is 6 rows
// of the panel, each of which walks over the output pixels.
type weightPlan struct {
	x, y       Layout
	g          Geometry
	full, rest []int32
	panelRows  int // rows of a panel: taps and input channels
	chunk      int // output rows done at a time
}

func planWeight(g Geometry, x, y Layout) weightPlan {
	w := weightPlan{x: x, y: y, g: g, panelRows: g.KernelH * g.KernelW * x.C}
	h, v := g.axes()
	var from, to []int32
	for i := range g.KernelH {
		for j := range g.KernelW {
			tap := x.Off(i*h.dilation-g.PadH, j*v.dilation-g.PadW)
			for k := range x.C {
				to = append(to, int32(16*len(from)))
				from = append(from, int32(tap+k))
			}
		}
	}
	w.full, w.rest = tileTable(from, to)
	w.chunk = chunkOf(g.OutH(), 4*(g.StrideH*x.Pitch()+g.OutW()*y.C))
	return w
}

// chunkOf splits n steps of the given bytes evenly into chunks of weightBytes.
func chunkOf(n, bytes int) int {
	most := max(1, weightBytes/bytes)
	chunks := (n + most - 1) / most
	return (n + chunks - 1) / chunks
}

func (w *weightPlan) run(x, dy, panelGrad []float32) {
	g := w.g
	a := tileArgs{k: g.OutW(), aStep: g.StrideW * w.x.C, bStep: w.y.C, flags: flagAdd}
	a.aRow = g.StrideH*w.x.Pitch() - a.k*a.aStep
	a.bRow = w.y.Pitch() - a.k*a.bStep
	for r := 0; r < g.OutH(); r += w.chunk {
		a.rows = min(w.chunk, g.OutH()-r)
		a.x = x[r*g.StrideH*w.x.Pitch():]
		step := 0
		for c := 0; c < g.K; c += 16 * step {
			step = pairs((g.K - c + 15) / 16)
			a.width(step, 16*w.panelRows)
			a.b = dy[w.y.Off(r, 0)+c:]
			a.y = panelGrad[c*w.panelRows:]
			weightTiles(&a, w.full, w.rest)
		}
	}
}

// weightTiles runs the weight gradient's kernels over the rows of one panel.
func weightTiles(a *tileArgs, full, rest []int32) {
	if len(full) > 0 {
		a.tiles, a.nt = full, len(full)/12
		weightTile(a, 6)
	}
	if len(rest) > 0 {
		a.tiles, a.nt = rest, 1
		weightTile(a, len(rest)/2)
	}
}
