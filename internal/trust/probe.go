package trust

import (
	"context"
	"fmt"
	"math"

	"github.com/arbench/arbench"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// The names of what the probe measures.
const (
	zeroCE        = "zero gradient of ce"
	zeroMargin    = "zero gradient of margin"
	wrongSlope    = "gradient beside finite differences"
	marginMoves   = "relative change of the margin"
	passesDiffer  = "passes that differ"
	batchesDiffer = "batches that differ"
)

// Probe asks a model what checks of rows 12 to 14, 18 and 27 want to know, of images that are moved
// inside the box by at most a thousandth, so that it can look to both sides:
//
//   - "zero gradient of ce" and "of margin", in %: examples where the derivative of that loss is 0 or no number;
//   - "gradient beside finite differences", in %: examples where the derivative of the margin and central
//     differences over a thousandth in as many random directions of signs differ by more than half of what
//     the differences are, in the root of the mean of squares;
//   - "relative change of the margin": |m(x+δ) - m(x)| / |m(x)|, at most 1, for random δ of half the eps,
//     in L0 random values of as many: the mean over directions and examples;
//   - "passes that differ", in %: examples whose logits differ by more than 10⁻⁴ of the greatest in five
//     passes with other keys;
//   - "batches that differ", in %: examples whose logits differ by that when they are alone.
//
// The first three are absent of a model that gives no gradients.
type Probe struct {
	Norm       arbench.Norm `toml:"norm" doc:"of the threat"`
	Eps        float64      `toml:"eps" doc:"of the threat"`
	Directions int          `toml:"directions" doc:"random, for each example"`
}

var _ arbench.Probe = (*Probe)(nil)

// Info implements [arbench.Probe].
func (*Probe) Info() arbench.MeasureInfo {
	return arbench.MeasureInfo{
		Doc:    "what makes gradients of no use: zeros, steps, randomness",
		Source: "Pintor et al. (arXiv:2106.09947), indicators 1 and 2; Athalye et al., ICML 2018, section 3.1",
	}
}

// Probe implements [arbench.Probe].
func (p *Probe) Probe(ctx context.Context, s arbench.Subject) ([]arbench.Quantity, error) {
	v := &view{Probe: p, Subject: s}
	for at := 0; at < len(s.IDs); at += max(s.Batch, 1) {
		ids := s.IDs[at:min(at+max(s.Batch, 1), len(s.IDs))]
		if err := v.look(ctx, arbench.ReadBatch(s.Data, s.Shape, ids)); err != nil {
			return nil, fmt.Errorf("trust: %w", err)
		}
	}
	return v.quantities(), nil
}

// view is a Probe under way: what it saw of each example.
type view struct {
	*Probe
	arbench.Subject
	zero          [2][]bool // of each loss
	slope         []bool
	moves         []float64
	passes, alone []bool
}

const h = 1e-3 // of central differences

// look sees the examples of b.
func (v *view) look(ctx context.Context, b arbench.Batch) error {
	for i, x := range b.X.Data {
		b.X.Data[i] = min(max(x, h), 1-h)
	}
	for _, see := range []func(context.Context, arbench.Batch) error{v.seeSlopes, v.seeMoves, v.seePasses} {
		if err := see(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// seeSlopes compares derivatives with zero and with central differences over h.
func (v *view) seeSlopes(ctx context.Context, b arbench.Batch) error {
	if v.Model.Info().Access < arbench.Gradients {
		return nil
	}
	p, err := v.Model.Run(ctx, arbench.Call{
		X: b.X, Losses: []arbench.Loss{arbench.CrossEntropy{Y: b.Y}, arbench.Margin{Y: b.Y}}, Want: arbench.DX,
	})
	if err != nil {
		return err
	}
	for loss, g := range p.DX {
		for i := range b.Len() {
			v.zero[loss] = append(v.zero[loss], mute(g.Row(i)))
		}
	}
	off, size := make([]float64, b.Len()), make([]float64, b.Len())
	for k := range v.Directions {
		d := v.signs(b, k)
		up, err := v.margins(ctx, b, d, h)
		if err != nil {
			return err
		}
		down, err := v.margins(ctx, b, d, -h)
		if err != nil {
			return err
		}
		for i := range b.Len() {
			want, got := (up[i]-down[i])/(2*h), 0.0
			for j, g := range p.DX[1].Row(i) {
				got += float64(g) * float64(d.Row(i)[j])
			}
			off[i] += (got - want) * (got - want)
			size[i] += want * want
		}
	}
	for i := range off {
		v.slope = append(v.slope, !(off[i] <= size[i]/4)) // of NaN, too
	}
	return nil
}

// mute reports whether a derivative says nothing: it is 0, or holds a NaN or an infinity.
func mute(g []float32) bool {
	size := 0.0
	for _, x := range g {
		size += math.Abs(float64(x))
	}
	return !(size > 0 && size <= math.MaxFloat64)
}

// signs returns a random direction of signs for each example.
func (v *view) signs(b arbench.Batch, k int) arbench.Tensor {
	d := arbench.NewTensor(b.X.Shape...)
	for i := range b.Len() {
		r := v.Rand(b.ID[i], "direction", k)
		for j := range d.Row(i) {
			d.Row(i)[j] = float32(2*r.IntN(2) - 1)
		}
	}
	return d
}

// margins returns those of x + h d.
func (v *view) margins(ctx context.Context, b arbench.Batch, d arbench.Tensor, h float64) ([]float64, error) {
	x := b.X.Clone()
	for i := range x.Data {
		x.Data[i] += float32(h) * d.Data[i]
	}
	p, err := v.Model.Run(ctx, arbench.Call{X: x, Losses: []arbench.Loss{arbench.Margin{Y: b.Y}}})
	if err != nil {
		return nil, err
	}
	return p.Values[0], nil
}

// seeMoves moves images by random changes of half the eps.
func (v *view) seeMoves(ctx context.Context, b arbench.Batch) error {
	zero := arbench.NewTensor(b.X.Shape...)
	before, err := v.margins(ctx, b, zero, 0)
	if err != nil {
		return err
	}
	sum := make([]float64, b.Len())
	for k := range v.Directions {
		d := arbench.NewTensor(b.X.Shape...)
		for i := range b.Len() {
			v.change(b, i, k, d.Row(i))
		}
		after, err := v.margins(ctx, b, d, 1)
		if err != nil {
			return err
		}
		for i := range sum {
			if moved := math.Abs(after[i]-before[i]) / math.Abs(before[i]); moved < 1 {
				sum[i] += moved
			} else if after[i] != before[i] { // of NaN, too
				sum[i]++
			}
		}
	}
	for i := range sum {
		v.moves = append(v.moves, sum[i]/float64(max(v.Directions, 1)))
	}
	return nil
}

// change writes a random change of half the eps that stays in the box.
func (v *view) change(b arbench.Batch, i, k int, d []float32) {
	r := v.Rand(b.ID[i], "change", k)
	if v.Norm == arbench.L0 {
		for _, j := range r.Perm(len(d))[:min(int(v.Eps/2), len(d))] {
			d[j] = float32(r.Float64()) - b.X.Row(i)[j]
		}
		return
	}
	for j := range d {
		if v.Norm == arbench.Linf {
			d[j] = float32(2*r.Float64() - 1)
		} else {
			d[j] = float32(r.NormFloat64())
		}
	}
	scale := v.Eps / 2
	if v.Norm != arbench.Linf {
		scale /= max(v.Norm.Of(d), 1e-30)
	}
	for j, x := range b.X.Row(i) {
		d[j] = min(max(x+float32(scale)*d[j], 0), 1) - x
	}
}

// alone is how many examples of a batch are put to the model one by one.
const alone = 16

// seePasses repeats the pass, and makes it for single images.
func (v *view) seePasses(ctx context.Context, b arbench.Batch) error {
	first, err := v.Model.Run(ctx, arbench.Call{X: b.X})
	if err != nil {
		return err
	}
	differ := make([]bool, b.Len())
	for k := range uint64(4) {
		p, err := v.Model.Run(ctx, arbench.Call{X: b.X, Key: k + 1})
		if err != nil {
			return err
		}
		for i := range differ {
			differ[i] = differ[i] || apart(first.Logits.Row(i), p.Logits.Row(i))
		}
	}
	v.passes = append(v.passes, differ...)
	for i := range min(b.Len(), alone) {
		p, err := v.Model.Run(ctx, arbench.Call{X: b.X.Rows(i, i+1)})
		if err != nil {
			return err
		}
		v.alone = append(v.alone, apart(first.Logits.Row(i), p.Logits.Row(0)))
	}
	return nil
}

// apart reports whether two rows of logits differ by more than 10⁻⁴ of the greatest.
func apart(a, b []float32) bool {
	size, d := 0.0, 0.0
	for i := range a {
		size = max(size, math.Abs(float64(a[i])))
		d = max(d, math.Abs(float64(a[i])-float64(b[i])))
	}
	return !(d <= 1e-4*size) // of NaN, too
}

func (v *view) quantities() []arbench.Quantity {
	var out []arbench.Quantity
	for _, q := range []struct {
		name string
		of   []bool
	}{
		{zeroCE, v.zero[0]}, {zeroMargin, v.zero[1]}, {wrongSlope, v.slope},
		{passesDiffer, v.passes}, {batchesDiffer, v.alone},
	} {
		k := 0
		for _, yes := range q.of {
			if yes {
				k++
			}
		}
		if len(q.of) > 0 {
			s := share(k, len(q.of))
			s.Name, s.Split = q.name, v.Split
			out = append(out, s)
		}
	}
	return append(out, v.moved())
}

// moved returns the mean change of the margin with Student's interval.
func (v *view) moved() arbench.Quantity {
	q := arbench.Quantity{Name: marginMoves, Split: v.Split, N: len(v.moves)}
	if q.N == 0 {
		return q
	}
	q.Value = stat.Mean(v.moves, nil)
	q.Lo, q.Hi = q.Value, q.Value
	if n := float64(q.N); n > 1 {
		t := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile((1 + Confidence) / 2)
		half := t * stat.StdDev(v.moves, nil) / math.Sqrt(n)
		q.Lo, q.Hi = max(q.Value-half, 0), min(q.Value+half, 1)
	}
	return q
}
