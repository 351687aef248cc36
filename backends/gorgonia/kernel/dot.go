package kernel

// dotGrad is the input gradient for images of few channels: one pass for each of
// them, with the sum along the vector registers.
func (c *Conv) dotGrad(dy, panel, dx []float32, e *Epilogue) {
	flags := e.flags()
	for i := range c.grad.phases {
		p := &c.grad.phases[i]
		a := tileArgs{tiles: p.full, x: dy, k: p.k, rows: p.rows, aRow: p.aRow,
			flags: flags & flagResidual}
		for ch := range c.g.C {
			a.y = dx[ch:]
			if p.k > 0 {
				a.b = panel[p.panel+ch*p.k*p.rows:]
			}
			if flags&flagResidual != 0 {
				a.residual = e.Residual[ch:]
			}
			a.nt = len(p.full) / 12
			dot(&a)
		}
	}
	if flags&^flagResidual == 0 {
		return
	}
	for y := range c.x.H {
		for x := range c.x.W {
			e.apply(dx, c.x.Off(y, x), c.g.C)
		}
	}
}
