package cw

import (
	"context"
	"math"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/goal"
	"github.com/arbench/arbench/attacks/nearest"
)

// A descent is the search for the smallest change with one c for each image.
type descent struct {
	*Attack
	arbench.Trial
	best    *nearest.Points
	weights []weight
	found   []bool // a misclassified point, for each row

	x        arbench.Tensor // the points under way, (tanh w + 1) / 2
	w        arbench.Tensor
	m, v     arbench.Tensor // means of derivatives and their squares
	value    []float64      // of the objective, for each row
	previous []float64      // a tenth of the steps ago
}

func newDescent(a *Attack, t arbench.Trial, best *nearest.Points, weights []weight) *descent {
	n := t.Len()
	d := &descent{
		Attack: a, Trial: t, best: best, weights: weights, found: make([]bool, n),
		x: t.X.Clone(), w: t.X.Clone(), m: arbench.NewTensor(t.X.Shape...), v: arbench.NewTensor(t.X.Shape...),
		value: make([]float64, n), previous: make([]float64, n),
	}
	const within = 0.999999 // of the ends of the box, where w would be infinite
	for j, x := range t.X.Data {
		d.w.Data[j] = float32(math.Atanh(within * (2*float64(x) - 1)))
		d.x.Data[j] = image(d.w.Data[j])
	}
	for i := range d.previous {
		d.previous[i] = math.Inf(1)
	}
	return d
}

// image returns the pixel that w stands for.
func image(w float32) float32 { return float32((math.Tanh(float64(w)) + 1) / 2) }

// run takes the steps for the given rows. A row that aborts takes no more.
func (d *descent) run(ctx context.Context, rows []int) error {
	tenth := max(d.Steps/10, 1)
	for k := 0; k < d.Steps && len(rows) > 0; k++ {
		p, err := d.Model.Gradient(ctx, d.x.Gather(rows), goal.Untargeted(d.Y, "margin")(rows), rows...)
		if err != nil {
			return err
		}
		arbench.EachRow(len(rows), arbench.Volume(d.X.Shape[1:]), func(i int) {
			broken := arbench.Argmax(p.Logits.Row(i)) != d.Y[rows[i]]
			d.step(rows[i], broken, p.Values[0][i], p.DX[0].Row(i), k)
		})
		if d.AbortEarly && k%tenth == 0 {
			rows = d.improved(rows)
		}
	}
	return nil
}

// improved returns the rows whose objective fell by more than a ten-thousandth since it last looked.
func (d *descent) improved(rows []int) []int {
	var left []int
	for _, r := range rows {
		if !(d.value[r] > 0.9999*d.previous[r]) {
			left = append(left, r)
		}
		d.previous[r] = d.value[r]
	}
	return left
}

// step takes step k of Adam (Kingma & Ba 2015, algorithm 1) for row r, whose point is broken, that is
// misclassified, or not, and where the greatest other logit exceeds that of the class by margin, with
// the derivative g. A derivative that is not finite counts as zero.
func (d *descent) step(r int, broken bool, margin float64, g []float32, k int) {
	x, x0, w := d.x.Row(r), d.X.Row(r), d.w.Row(r)
	if broken && margin >= d.Confidence {
		d.found[r] = true
		d.best.Found(r, x)
	}
	c := 0.0
	d.value[r] = math.Pow(d.Distance(x, x0), 2)
	if margin < d.Confidence {
		d.value[r] += d.weights[r].c * (d.Confidence - margin)
		if nearest.Size(arbench.L2, g) > 0 {
			c = d.weights[r].c
		}
	}
	const b1, b2, tiny = 0.9, 0.999, 1e-8
	bias1, bias2 := 1-math.Pow(b1, float64(k+1)), 1-math.Pow(b2, float64(k+1))
	m, v := d.m.Row(r), d.v.Row(r)
	for j := range w {
		slope := 2 * float64(x[j]) * (1 - float64(x[j])) // dx/dw
		h := slope * 2 * (float64(x[j]) - float64(x0[j]))
		if c != 0 {
			h -= slope * c * float64(g[j])
		}
		m[j] = float32(b1*float64(m[j]) + (1-b1)*h)
		v[j] = float32(b2*float64(v[j]) + (1-b2)*h*h)
		w[j] -= float32(d.StepSize * float64(m[j]) / bias1 / (math.Sqrt(float64(v[j])/bias2) + tiny))
		x[j] = image(w[j])
	}
}
