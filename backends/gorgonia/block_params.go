package gorgonia

import "github.com/arbench/arbench/backends/gorgonia/kernel"

// channelGrads adds to the running sums the derivatives by the bias, the scale and the shift.
func (b *fused) channelGrads() {
	if b.norm == nil {
		if b.linear != nil && b.linear.bias != nil {
			sum, _ := b.total(0, len(b.spans))
			addScaled(b.linear.bias.g, sum, b.pass.weight)
		}
		return
	}
	b.eachGroup(b.summed(), func(g *groupStats, _ int, sum, dot []float64) { b.normGrads(g, sum, dot) })
}

// normGrads adds what one group gives, from the sums of dz and dz·raw.
func (b *fused) normGrads(g *groupStats, sum, dot []float64) {
	addScaled(b.norm.beta.g, sum, b.pass.weight)
	var bias []float32
	if b.linear != nil && b.linear.bias != nil {
		bias = b.linear.bias.g
	}
	for k := range sum {
		b.norm.gamma.g[k] += b.pass.weight * float32(b.norm.scaleGrad(g, k, sum[k], dot[k]))
		if bias != nil && !b.batch { // in a batch the mean takes the bias out again
			bias[k] += b.pass.weight * float32(float64(g.a[k])*sum[k])
		}
	}
}

func addScaled(dst []float32, sum []float64, by float32) {
	for k, v := range sum {
		dst[k] += by * float32(v)
	}
}

// reduceFloats is the size of the pieces in which partial sums are added up.
const reduceFloats = 4096

// reductions returns the number of pieces.
func (b *fused) reductions() int { return (b.linear.sumLen() + reduceFloats - 1) / reduceFloats }

// reduce adds the partial sums of the weight gradient to the running sum.
func (b *fused) reduce() error {
	if err := b.eng.pool.Do(b.reductions(), b.reduceTask); err != nil {
		return err
	}
	if t, ok := b.linear.mapping.(transformer); ok {
		t.addGrad(b.eng.sums, b.linear.weight.g)
	}
	return nil
}

// reducePart adds up a piece of the partial sums, in the order of the parts, and adds it to the running
// sum; a transformer's stays weighed where it is.
func (b *fused) reducePart(_, i int) {
	n := b.linear.sumLen()
	lo, hi := i*reduceFloats, min((i+1)*reduceFloats, n)
	first := b.eng.sums[lo:hi]
	for p := 1; p < b.parts; p++ {
		kernel.AddTo(first, b.eng.sums[p*n+lo:p*n+hi])
	}
	if _, ok := b.linear.mapping.(transformer); ok {
		if b.pass.weight != 1 {
			kernel.Axpby(first, first, b.pass.weight, 0)
		}
		return
	}
	kernel.Axpby(b.linear.weight.g[lo:hi], first, 1, b.pass.weight)
}

// denseGrad adds up the weight gradient of a dense layer over all rows.
func (b *fused) denseGrad() error {
	d := b.linear.mapping.(*dense)
	if err := d.planRows(b.pass.n % denseRows); err != nil {
		return err
	}
	b.eng.partials(d.panelLen())
	return b.eng.pool.Do((d.blocks+1)/2, b.blockTask)
}

// gradBlock does pair i of blocks of 16 outputs of a dense layer.
func (b *fused) gradBlock(_, i int) {
	d := b.linear.mapping.(*dense)
	k := 2 * i
	blocks := min(2, d.blocks-k)
	if b.pass.weight == 1 {
		d.blockGrad(k, blocks, b.pass.n, b.x().data, b.out.grad, b.linear.weight.g)
		return
	}
	lo, hi := 16*k*d.in, 16*(k+blocks)*d.in
	share := b.eng.sums[lo:hi]
	clear(share)
	d.blockGrad(k, blocks, b.pass.n, b.x().data, b.out.grad, b.eng.sums)
	kernel.Axpby(b.linear.weight.g[lo:hi], share, 1, b.pass.weight)
}
