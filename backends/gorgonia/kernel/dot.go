package kernel

// dotGrad is the input gradient for images of few channels: one pass for each of
// them, with the sum along the vector registers.
func (c *Conv) dotGrad(dy, panel, dx []float32, e *Epilogue) {
	flags := e.flags()
	for i := range c.grad.phases {
		p := &c.grad.phases[i]
		a := tileArgs{tiles: p.full, k: p.k, rows: p.rows, aRow: p.aRow}
		for ch := range c.g.C {
			a.y, a.flags = dx[ch:], flags&flagResidual
			if a.flags != 0 {
				a.residual = e.Residual[ch:]
			}
			for s := range max(p.sets, 1) {
				a.x = dy[s*p.aSet:]
				if p.k > 0 {
					a.b = panel[p.panel+ch*p.terms()+s*p.k*p.rows:]
				}
				a.nt = len(p.full) / 12
				dot(&a)
				a.residual, a.flags = a.y, flagResidual // the next set is added
			}
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
