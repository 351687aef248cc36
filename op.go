package arbench

import (
	"fmt"
	"slices"
)

// An Op is what a layer computes: one of Conv, Dense, BatchNorm, Activation, MaxPool, AvgPool,
// GlobalAvgPool, Add, Concat, Flatten and ShortcutA, or, on tokens, LayerNorm, Attention,
// ClassToken, Position and FirstToken. Images inside a net have shape [channels, height, width],
// vectors [features].
type Op interface {
	// Kind returns the operation's name, such as "conv".
	Kind() string

	// Shape returns the shape of the output for inputs of the given shapes.
	Shape(in [][]int) ([]int, error)
}

// Conv is a cross-correlation with zero padding. Its weight has shape
// [Out, in/Groups, Kernel[0], Kernel[1]], its bias [Out].
type Conv struct {
	Out    int
	Kernel [2]int // height, width
	Stride [2]int
	Pad    [2]int

	// Dilation is the distance between the kernel's taps, in pixels; 0 means 1, taps side by side.
	Dilation [2]int `json:",omitzero"`

	Groups int // 0 means 1
	Bias   bool
}

// Dense is y = W x + b on a vector, or on the channels of each pixel of an image. Its weight has
// shape [Out, in], its bias [Out].
type Dense struct {
	Out  int
	Bias bool
}

// BatchNorm normalizes each channel (or feature): by running statistics in Frozen mode, else by the
// mean and the biased variance of the batch. Running statistics move by Momentum towards the
// batch's mean and unbiased variance. Its parameters are weight, bias, running_mean and
// running_var, each [channels].
type BatchNorm struct {
	Eps      float64 // added to the variance
	Momentum float64
}

// A Function names an activation function.
type Function string

// The activation functions.
const (
	ReLU      Function = "relu"       // max(x, 0), derivative 0 at 0
	LeakyReLU Function = "leaky-relu" // x for x > 0, else 0.01 x
	Softplus  Function = "softplus"   // ln(1 + eˣ)
	SiLU      Function = "silu"       // x / (1 + e⁻ˣ)
	GELU      Function = "gelu"       // x Φ(x)
	ELU       Function = "elu"        // x for x > 0, else eˣ - 1
	Tanh      Function = "tanh"
)

// Functions lists the activation functions.
var Functions = []Function{ReLU, LeakyReLU, Softplus, SiLU, GELU, ELU, Tanh}

// Activation applies a function to each value.
type Activation struct{ Function Function }

// MaxPool takes the greatest value of each window, the first of several; padding never wins. A NaN
// in the window gives NaN.
type MaxPool struct {
	Kernel, Stride, Pad [2]int
}

// AvgPool takes the mean of each window; padding counts as zeros.
type AvgPool struct {
	Kernel, Stride, Pad [2]int
}

// GlobalAvgPool takes the mean of each channel and gives a vector.
type GlobalAvgPool struct{}

// Add sums two or more inputs of one shape.
type Add struct{}

// Concat joins inputs along the channels (or features).
type Concat struct{}

// Flatten turns an image into a vector in the order channel, row, column.
type Flatten struct{}

// ShortcutA is the parameter-free shortcut of residual nets: every Stride-th pixel, with zero
// channels put before and after so that there are Out (He et al. 2016, option A; half of the new
// channels on each side, as in the common CIFAR code).
type ShortcutA struct {
	Out    int
	Stride int
}

// Kind implements [Op].
func (Conv) Kind() string { return "conv" }

// Kind implements [Op].
func (Dense) Kind() string { return "dense" }

// Kind implements [Op].
func (BatchNorm) Kind() string { return "batch-norm" }

// Kind implements [Op].
func (Activation) Kind() string { return "activation" }

// Kind implements [Op].
func (MaxPool) Kind() string { return "max-pool" }

// Kind implements [Op].
func (AvgPool) Kind() string { return "avg-pool" }

// Kind implements [Op].
func (GlobalAvgPool) Kind() string { return "global-avg-pool" }

// Kind implements [Op].
func (Add) Kind() string { return "add" }

// Kind implements [Op].
func (Concat) Kind() string { return "concat" }

// Kind implements [Op].
func (Flatten) Kind() string { return "flatten" }

// Kind implements [Op].
func (ShortcutA) Kind() string { return "shortcut-a" }

// GroupCount returns the number of groups, at least 1.
func (c Conv) GroupCount() int { return max(c.Groups, 1) }

// Spacing returns the distance between the kernel's taps along each axis, at least 1.
func (c Conv) Spacing() [2]int { return [2]int{max(c.Dilation[0], 1), max(c.Dilation[1], 1)} }

// one returns the only input, which must have rank axes; rank 0 means any.
func one(in [][]int, rank int) ([]int, error) {
	if len(in) != 1 {
		return nil, fmt.Errorf("reads %d layers, want one", len(in))
	}
	if rank != 0 && len(in[0]) != rank {
		return nil, fmt.Errorf("reads shape %v, want %d axes", in[0], rank)
	}
	return in[0], nil
}

// reach returns the pixels that a dilated kernel spans along each axis; a kernel that is not
// positive stays so.
func (c Conv) reach() [2]int {
	d := c.Spacing()
	return [2]int{(c.Kernel[0]-1)*d[0] + 1, (c.Kernel[1]-1)*d[1] + 1}
}

// window returns the size of a sliding window's output.
func window(in []int, kernel, stride, pad [2]int) (h, w int, err error) {
	var out [2]int
	for a := range 2 {
		if kernel[a] < 1 || stride[a] < 1 || pad[a] < 0 {
			return 0, 0, fmt.Errorf("kernel %v and stride %v must be positive, pad %v not negative",
				kernel, stride, pad)
		}
		out[a] = (in[1+a]+2*pad[a]-kernel[a])/stride[a] + 1
		if in[1+a]+2*pad[a] < kernel[a] {
			return 0, 0, fmt.Errorf("kernel %v is larger than the padded image %v", kernel, in)
		}
	}
	return out[0], out[1], nil
}

// Shape implements [Op].
func (c Conv) Shape(in [][]int) ([]int, error) {
	x, err := one(in, 3)
	if err != nil {
		return nil, err
	}
	if c.Out < 1 {
		return nil, fmt.Errorf("%d output channels, want at least one", c.Out)
	}
	if g := c.GroupCount(); x[0]%g != 0 || c.Out%g != 0 {
		return nil, fmt.Errorf("%d groups do not divide %d input and %d output channels", g, x[0], c.Out)
	}
	if d := c.Dilation; min(d[0], d[1]) < 0 || max(d[0], d[1]) > 1<<30 {
		return nil, fmt.Errorf("dilation %v must be from 1 (or 0, which means 1) to 2^30", d)
	}
	h, w, err := window(x, c.reach(), c.Stride, c.Pad)
	return []int{c.Out, h, w}, err
}

// Shape implements [Op].
func (d Dense) Shape(in [][]int) ([]int, error) {
	x, err := one(in, 0)
	if err != nil {
		return nil, err
	}
	if d.Out < 1 {
		return nil, fmt.Errorf("%d outputs, want at least one", d.Out)
	}
	return append([]int{d.Out}, x[1:]...), nil
}

// Shape implements [Op].
func (b BatchNorm) Shape(in [][]int) ([]int, error) {
	if b.Eps <= 0 {
		return nil, fmt.Errorf("eps %v must be positive", b.Eps)
	}
	return one(in, 0)
}

// Shape implements [Op].
func (a Activation) Shape(in [][]int) ([]int, error) {
	if !slices.Contains(Functions, a.Function) {
		return nil, fmt.Errorf("unknown activation %q, want one of %v", a.Function, Functions)
	}
	return one(in, 0)
}

// Shape implements [Op].
func (p MaxPool) Shape(in [][]int) ([]int, error) { return poolShape(in, p.Kernel, p.Stride, p.Pad) }

// Shape implements [Op].
func (p AvgPool) Shape(in [][]int) ([]int, error) { return poolShape(in, p.Kernel, p.Stride, p.Pad) }

func poolShape(in [][]int, kernel, stride, pad [2]int) ([]int, error) {
	x, err := one(in, 3)
	if err != nil {
		return nil, err
	}
	if 2*pad[0] > kernel[0] || 2*pad[1] > kernel[1] {
		return nil, fmt.Errorf("pad %v is more than half of kernel %v", pad, kernel)
	}
	h, w, err := window(x, kernel, stride, pad)
	return []int{x[0], h, w}, err
}

// Shape implements [Op].
func (GlobalAvgPool) Shape(in [][]int) ([]int, error) {
	x, err := one(in, 3)
	if err != nil {
		return nil, err
	}
	return []int{x[0]}, nil
}

// Shape implements [Op].
func (Add) Shape(in [][]int) ([]int, error) {
	if len(in) < 2 {
		return nil, fmt.Errorf("adds %d layers, want at least two", len(in))
	}
	for _, x := range in[1:] {
		if !slices.Equal(x, in[0]) {
			return nil, fmt.Errorf("adds shapes %v and %v", in[0], x)
		}
	}
	return in[0], nil
}

// Shape implements [Op].
func (Concat) Shape(in [][]int) ([]int, error) {
	if len(in) < 2 {
		return nil, fmt.Errorf("joins %d layers, want at least two", len(in))
	}
	out := slices.Clone(in[0])
	for _, x := range in[1:] {
		if len(x) != len(out) || !slices.Equal(x[1:], out[1:]) {
			return nil, fmt.Errorf("joins shapes %v and %v", in[0], x)
		}
		out[0] += x[0]
	}
	return out, nil
}

// Shape implements [Op].
func (Flatten) Shape(in [][]int) ([]int, error) {
	x, err := one(in, 3)
	if err != nil {
		return nil, err
	}
	return []int{Volume(x)}, nil
}

// Shape implements [Op].
func (s ShortcutA) Shape(in [][]int) ([]int, error) {
	x, err := one(in, 3)
	if err != nil {
		return nil, err
	}
	if s.Stride < 1 || s.Out < x[0] || (s.Out-x[0])%2 != 0 {
		return nil, fmt.Errorf("cannot take %d channels to %d with stride %d", x[0], s.Out, s.Stride)
	}
	return []int{s.Out, (x[1] + s.Stride - 1) / s.Stride, (x[2] + s.Stride - 1) / s.Stride}, nil
}
