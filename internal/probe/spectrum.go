package probe

import (
	"context"
	"fmt"
	"math"

	"github.com/arbench/arbench"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

func init() {
	arbench.Probes.Register("spectrum", func() arbench.Probe { return &Spectrum{FoldBatchNorm: true} })
}

// Spectrum is the distribution of the singular values of the weights of each convolution and dense
// layer, a convolution's reshaped to a matrix [out, in·height·width]. It says how unevenly a layer
// stretches directions, which adversarial training is said to even out.
//
// Singular values before a batch normalization mean little, since it rescales every row: with
// FoldBatchNorm the layers that feed nothing but a normalization are looked at again with the scale
// γ/√(variance + eps) of each output multiplied into their weights.
type Spectrum struct {
	FoldBatchNorm bool `toml:"fold_batch_norm" doc:"also with batch normalization folded in"`
}

var _ arbench.Probe = (*Spectrum)(nil)

// Info implements [arbench.Probe].
func (*Spectrum) Info() arbench.MeasureInfo {
	return arbench.MeasureInfo{
		Doc:    "singular values of each layer's weights",
		Source: "Wen, Li & Jia, ICML 2020, section 4",
	}
}

// Probe implements [arbench.Probe]. For each layer, and for each with its batch normalization folded
// in (detail "LAYER/folded"), it gives "singular mean", "singular std" (that of all of them, divided
// by their number), "singular cv" (std/mean), "singular max", "singular min", "singular condition"
// (max/min), "singular log condition" (to base 10), "stable rank" (Σ s²/max s²) and "entropy rank"
// (exp of the entropy of s²/Σ s²). "singular std mean" is the mean of "singular std" over layers. All
// are exact; a number that is not finite is left out.
func (p *Spectrum) Probe(ctx context.Context, s arbench.Subject) ([]arbench.Quantity, error) {
	if s.Network == nil {
		return nil, fmt.Errorf("spectrum: the layers of the model are not known")
	}
	values := make(map[string]arbench.Tensor, len(s.Params))
	for _, v := range s.Params {
		values[v.Name] = v.Value
	}
	var out []arbench.Quantity
	var raw, folded []float64
	anyFolded := false
	for i, l := range s.Network.Layers {
		if !linear(l.Op) {
			continue
		}
		w, err := matrix(l.Name, values)
		if err != nil {
			return nil, fmt.Errorf("spectrum: %w", err)
		}
		std, qs, err := spectrum(ctx, l.Name, w)
		if err != nil {
			return nil, err
		}
		raw, out = append(raw, std), append(out, qs...)
		if bn, op, ok := follower(s.Network, i); ok && p.FoldBatchNorm {
			if err := fold(w, bn, op, values); err != nil {
				return nil, fmt.Errorf("spectrum: %w", err)
			}
			if std, qs, err = spectrum(ctx, l.Name+"/folded", w); err != nil {
				return nil, err
			}
			anyFolded, out = true, append(out, qs...)
		}
		folded = append(folded, std)
	}
	out = append(out, overLayers("", raw)...)
	if anyFolded {
		out = append(out, overLayers("folded", folded)...)
	}
	return out, nil
}

func linear(op arbench.Op) bool {
	switch op.(type) {
	case arbench.Conv, arbench.Dense:
		return true
	}
	return false
}

// overLayers returns the mean of std over layers, with the detail d.
func overLayers(d string, std []float64) []arbench.Quantity {
	if len(std) == 0 {
		return nil
	}
	return []arbench.Quantity{exact("singular std mean", d, stat.Mean(std, nil), len(std))}
}

func exact(name, detail string, v float64, n int) arbench.Quantity {
	return arbench.Quantity{Name: name, Detail: detail, Value: v, Lo: v, Hi: v, N: n}
}

// matrix returns a layer's weight as [out, the rest].
func matrix(layer string, values map[string]arbench.Tensor) (*mat.Dense, error) {
	w, ok := values[layer+".weight"]
	if !ok {
		return nil, fmt.Errorf("layer %q has no weight", layer)
	}
	data := make([]float64, len(w.Data))
	for i, v := range w.Data {
		if data[i] = float64(v); !finite(data[i]) {
			return nil, fmt.Errorf("layer %q: its weight holds a NaN or an infinity", layer)
		}
	}
	return mat.NewDense(w.Shape[0], len(data)/w.Shape[0], data), nil
}

// follower returns the batch normalization that alone reads layer i.
func follower(n *arbench.Network, i int) (name string, op arbench.BatchNorm, ok bool) {
	readers := 0
	for j, l := range n.Layers {
		from, err := n.Inputs(j)
		if err != nil {
			return "", op, false // the plan has checked the net
		}
		for _, k := range from {
			if k == i {
				readers++
				if op, ok = l.Op.(arbench.BatchNorm); ok {
					name = l.Name
				}
			}
		}
	}
	return name, op, ok && readers == 1
}

// fold multiplies each row of w by the scale of the batch normalization bn.
func fold(w *mat.Dense, bn string, op arbench.BatchNorm, values map[string]arbench.Tensor) error {
	gamma, variance := values[bn+".weight"].Data, values[bn+".running_var"].Data
	rows, _ := w.Dims()
	if len(gamma) != rows || len(variance) != rows {
		return fmt.Errorf("layer %q does not have the %d scales and variances that it needs", bn, rows)
	}
	for r := range rows {
		scale := float64(gamma[r]) / math.Sqrt(float64(variance[r])+op.Eps)
		if !finite(scale) {
			return fmt.Errorf("layer %q: the scale of channel %d is not finite", bn, r)
		}
		row := w.RawRowView(r)
		for k := range row {
			row[k] *= scale
		}
	}
	return nil
}

// spectrum returns the quantities of the singular values of w, and their standard deviation.
func spectrum(ctx context.Context, detail string, w *mat.Dense) (float64, []arbench.Quantity, error) {
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	var svd mat.SVD
	if !svd.Factorize(w, mat.SVDNone) {
		return 0, nil, fmt.Errorf("spectrum: the singular values of layer %q do not converge", detail)
	}
	sv := svd.Values(nil)
	named := summarize(sv)
	var out []arbench.Quantity
	for _, q := range named {
		if finite(q.value) {
			out = append(out, exact(q.name, detail, q.value, len(sv)))
		}
	}
	return named[1].value, out, nil
}

// A number has a name.
type number struct {
	name  string
	value float64
}

// summarize returns the quantities of singular values in descending order.
func summarize(sv []float64) []number {
	mean, variance := stat.PopMeanVariance(sv, nil)
	first, last := sv[0], sv[len(sv)-1]
	energy, entropy := 0.0, 0.0
	for _, s := range sv {
		energy += s * s
	}
	for _, s := range sv {
		if q := s * s / energy; q > 0 {
			entropy -= q * math.Log(q)
		}
	}
	return []number{
		{"singular mean", mean},
		{"singular std", math.Sqrt(variance)},
		{"singular cv", math.Sqrt(variance) / mean},
		{"singular max", first},
		{"singular min", last},
		{"singular condition", first / last},
		{"singular log condition", math.Log10(first / last)},
		{"stable rank", energy / (first * first)},
		{"entropy rank", math.Exp(entropy)},
	}
}
