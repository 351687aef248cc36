package probe

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/arbench/arbench"
)

// neighbours names the neighbours of an image, in the order in which surround returns them.
var neighbours = []string{"attack", "noise", "gaussian"}

// surround returns the neighbours of the images of b, one batch for each kind, and then one batch
// for each random direction.
func (p *Features) surround(ctx context.Context, s arbench.Subject, b arbench.Batch) (
	[]arbench.Tensor, error,
) {
	attacked, err := s.Attack(ctx, p.Attack.It, p.threat(), b)
	if err != nil {
		return nil, err
	}
	noise, gaussian := arbench.NewTensor(b.X.Shape...), arbench.NewTensor(b.X.Shape...)
	for i, id := range b.ID {
		x, far := b.X.Row(i), attacked.Row(i)
		size := func(n arbench.Norm) float64 { return arbench.Threat{Norm: n}.Distance(far, x) }
		uniform(noise.Row(i), x, size(arbench.Linf), s.Rand(id, "features noise", 0))
		direction(gaussian.Row(i), x, size(arbench.L2), s.Rand(id, "features gaussian", 0))
	}
	out := []arbench.Tensor{attacked, noise, gaussian}
	radius := p.radius(arbench.Volume(b.X.Shape[1:]))
	for k := range p.Directions {
		around := arbench.NewTensor(b.X.Shape...)
		for i, id := range b.ID {
			direction(around.Row(i), b.X.Row(i), radius, s.Rand(id, "features direction", k))
		}
		out = append(out, around)
	}
	return out, nil
}

// radius returns the length of the random directions for images of d values.
func (p *Features) radius(d int) float64 {
	switch {
	case p.Radius > 0:
		return p.Radius
	case p.Norm == arbench.Linf:
		return p.Eps * math.Sqrt(float64(d)) // of a corner of the cube
	}
	return p.Eps
}

// uniform sets y to x plus noise drawn from [-a, a].
func uniform(y, x []float32, a float64, r *rand.Rand) {
	for j, v := range x {
		y[j] = v + float32(a*(2*r.Float64()-1))
	}
}

// direction sets y to x plus a random direction of the given length.
func direction(y, x []float32, length float64, r *rand.Rand) {
	d, sum := make([]float64, len(x)), 0.0
	for j := range d {
		d[j] = r.NormFloat64()
		sum += d[j] * d[j]
	}
	for j, v := range x {
		y[j] = v + float32(length*d[j]/math.Sqrt(sum))
	}
}
