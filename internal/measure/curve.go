package measure

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Measures.Register("curve", func() arbench.Measure {
		return &Curve{At: []float64{0.25, 0.5, 1.5, 2, 4}}
	})
}

// Curve is the accuracy against eps under an attack that looks for the smallest change, whose one answer
// holds for every eps: what it broke at a greater distance than eps counts as not broken. Between the
// eps of two threats, and beyond them, it costs nothing.
type Curve struct {
	At []float64 `toml:"at" doc:"eps of the points, as multiples of the eps of the threat"`
}

var _ arbench.Measure = (*Curve)(nil)

// Info implements [arbench.Measure].
func (*Curve) Info() arbench.MeasureInfo {
	return arbench.MeasureInfo{
		Doc:    "accuracy against eps, under attacks that look for the smallest change",
		Source: "interval: Wilson, JASA 22:209, 1927",
	}
}

// Validate reports options that make no sense.
func (c *Curve) Validate() error {
	var errs []error
	for _, v := range c.At {
		if !(v > 0) || math.IsInf(v, 1) {
			errs = append(errs, fmt.Errorf("at %v must be positive and finite", v))
		}
	}
	return errors.Join(errs...)
}

// Measure implements [arbench.Measure]. It gives "accuracy within" in %, with eps as the detail, such as
// "linf 2/255"; none where eps is 0 or greater than any distance between two images.
func (c *Curve) Measure(r arbench.Record) []arbench.Quantity {
	d, ok := underAttack(r)
	if !ok || !r.AnyEps {
		return nil
	}
	most := math.Inf(1)
	if r.Shape != nil {
		n := arbench.Volume(r.Shape)
		most = r.Threat.Distance(slices.Repeat([]float32{1}, n), make([]float32, n))
	}
	var out []arbench.Quantity
	for _, v := range c.At {
		d.threat.Eps = v * r.Threat.Eps
		if d.threat.Eps == 0 || d.threat.Eps > most || d.threat.Validate() != nil {
			continue
		}
		n := d.attacked.Len()
		out = append(out, d.share("accuracy within", d.threat.String(), count(n, d.robust), n, +1))
	}
	return out
}
