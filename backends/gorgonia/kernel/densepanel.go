package kernel

import "fmt"

// Pack fills panels from weights [out][in], as PyTorch's Linear has them. Padding
// becomes zeros. It panics on slices that are too short.
func (d *Dense) Pack(weights, panel []float32) {
	checkLen("dense layer", "weights", weights, d.out*d.in)
	checkLen("dense layer", "panel", panel, d.PanelLen())
	clear(panel[:d.PanelLen()])
	for k := range d.out {
		for i := range d.in {
			panel[d.panelAt(k, i)] = weights[k*d.in+i]
		}
	}
}

// Unpack copies panels (of weights or of their gradient) into the order [out][in].
// It panics on slices that are too short.
func (d *Dense) Unpack(panel, weights []float32) {
	checkLen("dense layer", "weights", weights, d.out*d.in)
	checkLen("dense layer", "panel", panel, d.PanelLen())
	for k := range d.out {
		for i := range d.in {
			weights[k*d.in+i] = panel[d.panelAt(k, i)]
		}
	}
}

// panelAt is the place of the weight from input i to output k.
func (d *Dense) panelAt(k, i int) int { return (k/16*d.in+i)*16 + k%16 }

// PackGrad derives the input gradient's panels [blocks of 16 inputs][out][16] from
// the weights' panels. Call it after every change of the weights. It panics on
// slices that are too short.
func (d *Dense) PackGrad(panel, gradPanel []float32) {
	d.PackGradBlocks(0, (d.in+15)/16, panel, gradPanel)
}

// PackGradBlocks derives blocks lo to hi-1 of 16 inputs of what PackGrad does.
func (d *Dense) PackGradBlocks(lo, hi int, panel, gradPanel []float32) {
	if lo < 0 || 16*hi > d.in+15 || lo > hi {
		panic(fmt.Sprintf("kernel: dense layer: blocks %d to %d of %d inputs", lo, hi, d.in))
	}
	checkLen("dense layer", "panel", panel, d.PanelLen())
	checkLen("dense layer", "input gradient's panel", gradPanel, d.GradPanelLen())
	for i := 16 * lo; i < min(16*hi, d.in); i += 16 {
		for k := 0; k < d.out; k += 16 {
			src := panel[d.panelAt(k, i):]
			dst := gradPanel[(i/16*d.out+k)*16:]
			if n := min(16, d.in-i); d.out-k >= 16 {
				transposeRows(dst, src, n)
			} else {
				transposeSome(dst, src, n, d.out-k)
			}
		}
	}
}

// transposeSome writes the first m rows of what transposeRows would.
func transposeSome(dst, src []float32, n, m int) {
	var t [256]float32
	transposeRows(t[:], src, n)
	copy(dst[:16*m], t[:])
}
