package gorgonia

// prepare adds to chores, one list for each worker, what brings up to date what a graph needs: the folded
// layer or the plain one, and the input gradient's panels where there will be a derivative. A graph that
// sweeps leaves out zeros. Chores may be done in any order, at the same time.
func (l *linear) prepare(at versions, fold, grad, sweeps bool, chores [][]func()) {
	if fold {
		l.prepareFold([2]int{at.weights, at.statistics}, grad, chores)
		return
	}
	if t, ok := l.mapping.(transformer); ok && l.transformed != at.weights {
		l.frequencies = grown(l.frequencies, t.frequencies())
		chores[0] = append(chores[0], func() { t.transform(l.weight.w, l.frequencies) })
		l.transformed = at.weights
	}
	packs := grad && l.packed != at.weights
	if packs {
		l.gradPanel = grown(l.gradPanel, l.gradPanelLen())
		l.packed = at.weights
	}
	if d, ok := l.mapping.(*dense); ok {
		d.prepare(l.weight.w, l.gradPanel, packs, d.forwardZeros.renew(at.weights, sweeps),
			d.gradZeros.renew(at.weights, sweeps && grad), chores)
	} else if packs {
		chores[0] = append(chores[0], func() { l.packGrad(l.weight.w, l.gradPanel) })
	}
}

func (l *linear) prepareFold(now [2]int, grad bool, chores [][]func()) {
	folds, packs := l.foldedAt != now, grad && l.foldedGAt != now
	if !folds && !packs {
		return
	}
	chores[0] = append(chores[0], func() {
		if folds {
			l.fold()
		}
		if packs {
			l.foldedGrad = grown(l.foldedGrad, l.gradPanelLen())
			l.packGrad(l.folded, l.foldedGrad)
		}
	})
	l.foldedAt = now
	if packs {
		l.foldedGAt = now
	}
}

// prepare gives each worker its part of the panels that are out of date: the input gradient's, and those
// of the products that leave out zeros.
func (d *dense) prepare(panel, gradPanel []float32, grad, forwardZeros, gradZeros bool, chores [][]func()) {
	for t := range chores {
		if forwardZeros {
			lo, hi := part(d.blocks, len(chores), t)
			chores[t] = append(chores[t], func() { d.forwardZeros.pack(lo, hi, panel) })
		}
		if lo, hi := part(d.in/16, len(chores), t); grad || gradZeros {
			chores[t] = append(chores[t], func() {
				if grad {
					d.plan.PackGradBlocks(lo, hi, panel, gradPanel)
				}
				if gradZeros {
					d.gradZeros.pack(lo, hi, gradPanel)
				}
			})
		}
	}
}
