package arbench

import "slices"

// A Tensor is a dense row-major array of float32. Its first axis is the batch: a batch of images
// has shape [n, channels, height, width] and values in [0, 1]; a batch of logits has shape
// [n, classes]. Copies of a Tensor share memory; Clone does not.
type Tensor struct {
	Shape []int
	Data  []float32
}

// NewTensor returns a zero tensor of the given shape.
func NewTensor(shape ...int) Tensor {
	return Tensor{Shape: slices.Clone(shape), Data: make([]float32, Volume(shape))}
}

// Volume returns the number of elements of a tensor of the given shape, 1 for an empty shape.
func Volume(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// Len returns the number of rows, the length of the first axis; 0 for the zero Tensor.
func (t Tensor) Len() int {
	if len(t.Shape) == 0 {
		return 0
	}
	return t.Shape[0]
}

// Row returns row i. It shares memory with t.
func (t Tensor) Row(i int) []float32 {
	n := Volume(t.Shape[1:])
	return t.Data[i*n : (i+1)*n : (i+1)*n]
}

// Rows returns rows i to j-1 as a tensor that shares memory with t.
func (t Tensor) Rows(i, j int) Tensor {
	n := Volume(t.Shape[1:])
	shape := slices.Clone(t.Shape)
	shape[0] = j - i
	return Tensor{Shape: shape, Data: t.Data[i*n : j*n : j*n]}
}

// Gather returns a copy of the rows of t that rows names, in that order.
func (t Tensor) Gather(rows []int) Tensor {
	shape := slices.Clone(t.Shape)
	shape[0] = len(rows)
	out := NewTensor(shape...)
	for i, r := range rows {
		copy(out.Row(i), t.Row(r))
	}
	return out
}

// Scatter copies row i of src over row rows[i] of t.
func (t Tensor) Scatter(rows []int, src Tensor) {
	for i, r := range rows {
		copy(t.Row(r), src.Row(i))
	}
}

// Clone returns a copy of t that shares no memory with it.
func (t Tensor) Clone() Tensor {
	return Tensor{Shape: slices.Clone(t.Shape), Data: slices.Clone(t.Data)}
}

// JoinRows returns a new tensor with the rows of every part, in order. The parts have rows of one
// shape.
func JoinRows(parts ...Tensor) Tensor {
	shape, n := slices.Clone(parts[0].Shape), 0
	for _, p := range parts {
		n += p.Len()
	}
	shape[0] = n
	out := Tensor{Shape: shape, Data: make([]float32, 0, Volume(shape))}
	for _, p := range parts {
		out.Data = append(out.Data, p.Data...)
	}
	return out
}

// Argmax returns the index of the greatest value of z, the first of several. A NaN counts as the
// greatest, so that the answer does not hang on the order of the others.
func Argmax(z []float32) int {
	best := 0
	for k, v := range z {
		if v != v {
			return k
		}
		if v > z[best] {
			best = k
		}
	}
	return best
}
