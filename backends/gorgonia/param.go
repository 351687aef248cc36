package gorgonia

import (
	"slices"

	"github.com/arbench/arbench"
)

// A param is one parameter in the layout of the kernels: panels for weights, a multiple of 16
// values for everything that belongs to channels.
type param struct {
	name  string
	role  arbench.Role
	shape []int
	w     []float32
	g     []float32 // running sum of the derivative; nil for statistics

	momentum []float32 // of SGD, nil before its first step
	m, v     []float32 // of Adam, nil before its first step

	pack   func(dst, src []float32) // from PyTorch's layout
	unpack func(dst, src []float32) // to PyTorch's layout
}

// newChannels returns a parameter of one value per channel.
func newChannels(p arbench.Param, pitch int) *param {
	copyTo := func(dst, src []float32) { copy(dst, src[:min(len(src), len(dst))]) }
	return newParam(p, pitch, copyTo, copyTo)
}

// newParam returns a parameter of n floats with the values of p.
func newParam(p arbench.Param, n int, pack, unpack func(dst, src []float32)) *param {
	q := &param{name: p.Name, role: p.Role, shape: slices.Clone(p.Value.Shape),
		w: make([]float32, n), pack: pack, unpack: unpack}
	if p.Role != arbench.Statistic {
		q.g = make([]float32, n)
	}
	q.pack(q.w, p.Value.Data)
	return q
}

// tensor returns data, which is laid out like the parameter, in PyTorch's layout.
func (p *param) tensor(data []float32) arbench.Tensor {
	t := arbench.NewTensor(p.shape...)
	p.unpack(t.Data, data)
	return t
}
