package kernel

// Pack fills panels from weights in the order OIHW of PyTorch, K*C*KernelH*KernelW
// floats. Padding becomes zeros. It panics on slices that are too short.
func (c *Conv) Pack(weights, panel []float32) {
	checkLen("convolution", "weights", weights, c.weightLen())
	checkLen("convolution", "panel", panel, c.PanelLen())
	clear(panel[:c.PanelLen()])
	c.eachWeight(func(w, p int) { panel[p] = weights[w] })
}

// Unpack copies panels (of weights or of their gradient) into the order OIHW. It
// panics on slices that are too short.
func (c *Conv) Unpack(panel, weights []float32) {
	checkLen("convolution", "weights", weights, c.weightLen())
	checkLen("convolution", "panel", panel, c.PanelLen())
	c.eachWeight(func(w, p int) { weights[w] = panel[p] })
}

func (c *Conv) weightLen() int { return c.g.K * c.g.C * c.g.KernelH * c.g.KernelW }

// eachWeight calls f with every weight's place in the order OIHW and in the panels.
func (c *Conv) eachWeight(f func(weight, panel int)) {
	g, w := c.g, 0
	for k := range g.K {
		for ch := range g.C {
			for tap := range g.KernelH * g.KernelW {
				f(w, c.panelAt(k, tap*c.x.C+ch))
				w++
			}
		}
	}
}

// panelAt is the place of output k's weight in row r of its panel.
func (c *Conv) panelAt(k, r int) int {
	return (k/16*c.weight.panelRows+r)*16 + k%16
}

// PackGrad derives the input gradient's panels from the weights' panels. Call it
// after every change of the weights. It panics on slices that are too short.
func (c *Conv) PackGrad(panel, gradPanel []float32) {
	checkLen("convolution", "panel", panel, c.PanelLen())
	checkLen("convolution", "input gradient's panel", gradPanel, c.GradPanelLen())
	for i := range c.grad.phases {
		p := &c.grad.phases[i]
		dst := gradPanel[p.panel:]
		for t, uv := range p.taps {
			tap := (uv[0]*c.g.KernelW + uv[1]) * c.x.C
			if c.dot {
				c.packDot(panel, dst, tap, t, len(p.taps))
			} else {
				c.packTap(panel, dst, tap, t, len(p.taps))
			}
		}
	}
}

// packTap transposes one tap into [input blocks][taps][pitch of y][16]: output
// channels become rows.
func (c *Conv) packTap(panel, dst []float32, tap, t, taps int) {
	for ci := 0; ci < c.g.C; ci += 16 {
		d := dst[(ci/16*taps+t)*c.y.C*16:][:c.y.C*16]
		clear(d[Up16(c.g.K)*16:])
		for k := 0; k < c.g.K; k += 16 {
			transposeRows(d[k*16:], panel[c.panelAt(k, tap+ci):], min(16, c.g.C-ci))
		}
	}
}

// transposeRows writes the transpose of n <= 16 rows of 16 floats at src as 16 rows
// of 16, with zeros where there is no row.
func transposeRows(dst, src []float32, n int) {
	if n == 16 {
		transpose16((*[256]float32)(dst), (*[256]float32)(src))
		return
	}
	clear(dst[:256])
	for j := range n {
		for i := range 16 {
			dst[i*16+j] = src[j*16+i]
		}
	}
}

func portableTranspose16(dst, src *[256]float32) {
	for j := range 16 {
		for i := range 16 {
			dst[i*16+j] = src[j*16+i]
		}
	}
}

// packDot copies one tap into [input channels][taps][pitch of y].
func (c *Conv) packDot(panel, dst []float32, tap, t, taps int) {
	for ci := range c.g.C {
		d := dst[(ci*taps+t)*c.y.C:][:c.y.C]
		clear(d)
		for k := range c.g.K {
			d[k] = panel[c.panelAt(k, tap+ci)]
		}
	}
}
