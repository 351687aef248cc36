package fab

import (
	"math"

	"github.com/arbench/arbench"
)

// A projector projects images onto planes. Its slices hold, for each pixel that can move towards the
// plane under way: its place, |w|, and how far the box lets it go. They are kept for the next plane.
type projector struct {
	at         []int
	size, room []float64
}

// project sets d to the change of least norm n that takes x, an image in [0, 1], to a point of the
// box with <w, d> = r, for finite w and r. Where the box does not reach that far, it is the change to
// the corner that comes nearest. A pixel without weight stays. If r is 0 or w is, d is zero. Every
// pixel moves towards the plane if at all, so only how far it moves is to be found.
func (p *projector) project(n arbench.Norm, d, x, w []float32, r float64) {
	clear(d)
	if r == 0 {
		return
	}
	p.at, p.size, p.room = p.at[:0], p.size[:0], p.room[:0]
	sign := math.Copysign(1, r)
	end := [2]float64{1, 0} // of the box, for a positive and a negative direction
	for j, v := range w {
		v := sign * float64(v)
		room := math.Abs(end[math.Float64bits(v)>>63] - float64(x[j]))
		if v != 0 && room > 0 {
			p.at, p.size, p.room = append(p.at, j), append(p.size, math.Abs(v)), append(p.room, room)
		}
	}
	switch need := math.Abs(r); n {
	case arbench.Linf:
		p.linf(d, need)
	case arbench.L2:
		p.l2(d, need)
	case arbench.L1:
		p.l1(d, need)
	}
	for _, j := range p.at {
		d[j] = float32(math.Copysign(float64(d[j]), sign*float64(w[j])))
	}
}

// linf lets every pixel move by λ, or as far as it can.
func (p *projector) linf(d []float32, need float64) {
	lambda := multiplier(p.size, p.room, need)
	for i, j := range p.at {
		d[j] = float32(min(lambda, p.room[i]))
	}
}

// l2 lets every pixel move by λ|w|, or as far as it can: the condition of optimality.
func (p *projector) l2(d []float32, need float64) {
	for i, a := range p.size {
		p.size[i], p.room[i] = a*a, p.room[i]/a
	}
	lambda := multiplier(p.size, p.room, need)
	for i, j := range p.at {
		d[j] = float32(min(lambda, p.room[i]) * math.Sqrt(p.size[i]))
	}
}

// multiplier returns the λ at which Σ gain·min(λ, end) is need, +Inf if it never is. The sum is
// concave and piecewise linear in λ, so Newton's method from 0 rises to the solution and is there as
// soon as a step passes no further end: after a few steps mostly, and after len(end) at most.
func multiplier(gain, end []float64, need float64) float64 {
	lambda := 0.0
	for {
		reached, slope := 0.0, 0.0 // by pixels at their end, and of the others
		for i, e := range end {
			if e <= lambda {
				reached += gain[i] * e
			} else {
				slope += gain[i]
			}
		}
		if slope == 0 {
			return math.Inf(1)
		}
		next := (need - reached) / slope
		if !(next > lambda) {
			return lambda
		}
		lambda = next
	}
}

// l1 moves the pixels of greatest |w| as far as they can, and of those of the next |w| as many as it
// takes. It looks for that weight as quickselect does.
func (p *projector) l1(d []float32, need float64) {
	lo, hi := 0, len(p.at) // the pixels not decided on; those before have moved
	for lo < hi && need > 0 {
		greater, less := p.part(lo, hi)
		if sum := p.reach(lo, greater); sum > need {
			hi = greater
			continue
		}
		for i := lo; i < less && need > 0; i++ {
			move := min(need/p.size[i], p.room[i])
			d[p.at[i]] = float32(move)
			need -= move * p.size[i]
		}
		lo = less
	}
}

// reach returns how much of the way pixels i to j-1 make.
func (p *projector) reach(i, j int) float64 {
	s := 0.0
	for ; i < j; i++ {
		s += p.size[i] * p.room[i]
	}
	return s
}

// part puts pixels lo to hi-1 in three parts: those of a greater |w| than the one in the middle, those
// of the same, from greater on, and those of a lesser one, from less on.
func (p *projector) part(lo, hi int) (greater, less int) {
	pivot := p.size[lo+(hi-lo)/2]
	greater, less = lo, hi
	for i := lo; i < less; {
		switch a := p.size[i]; {
		case a > pivot:
			p.swap(i, greater)
			greater++
			i++
		case a < pivot:
			less--
			p.swap(i, less)
		default:
			i++
		}
	}
	return greater, less
}

func (p *projector) swap(i, j int) {
	p.at[i], p.at[j] = p.at[j], p.at[i]
	p.size[i], p.size[j] = p.size[j], p.size[i]
	p.room[i], p.room[j] = p.room[j], p.room[i]
}
