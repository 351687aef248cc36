//go:build gomlx

package gomlx

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/arbench/arbench"
)

// A lowering writes a net into a graph. Values inside are [rows, channels, height, width] or [rows, features].
type lowering struct {
	*plan
	params []*graph.Node // of the net
	batch  bool          // batch normalization uses the statistics of the batch
	values []*graph.Node // outputs of layers
	image  *graph.Node   // normalized

	// moved holds the running statistics after a pass in BatchUpdate mode, by the index of the parameter.
	moved map[int]*graph.Node
}

// known refuses a layer that cannot be lowered.
func known(l arbench.Layer) error {
	switch l.Op.(type) {
	case arbench.Conv, arbench.Dense, arbench.BatchNorm, arbench.Activation, arbench.MaxPool, arbench.AvgPool,
		arbench.GlobalAvgPool, arbench.Add, arbench.Concat, arbench.Flatten, arbench.ShortcutA,
		arbench.LayerNorm, arbench.Attention, arbench.ClassToken, arbench.Position, arbench.FirstToken:
		return nil
	}
	return fmt.Errorf("layer %q: operation %q is not one that this backend runs", l.Name, l.Op.Kind())
}

// lower writes the layers that the logits depend on, and those that show asks for.
func (p *plan) lower(x *graph.Node, params []*graph.Node, batch bool, show ...int) *lowering {
	l := &lowering{plan: p, params: params, batch: batch, image: normalize(p.net.Normalize, x),
		values: make([]*graph.Node, len(p.shapes)), moved: map[int]*graph.Node{}}
	for i := range p.shapes {
		if p.live[i] {
			l.layer(i)
		}
	}
	for _, i := range show {
		l.layer(i)
	}
	return l
}

// logits returns the output of the last layer.
func (l *lowering) logits() *graph.Node { return l.values[len(l.values)-1] }

// layer returns the output of layer i, -1 for the image.
func (l *lowering) layer(i int) *graph.Node {
	if i < 0 {
		return l.image
	}
	if l.values[i] == nil {
		var in []*graph.Node
		for _, j := range l.inputs[i] {
			in = append(in, l.layer(j))
		}
		l.values[i] = l.op(l.net.Layers[i], in)
	}
	return l.values[i]
}

// param returns a parameter by its name.
func (l *lowering) param(name string) *graph.Node { return l.params[l.index[name]] }

// op returns the output of one layer.
func (l *lowering) op(layer arbench.Layer, in []*graph.Node) *graph.Node {
	x, name := in[0], layer.Name
	switch op := layer.Op.(type) {
	case arbench.Conv:
		convolve := func(x, w *graph.Node) *graph.Node { return conv(op, x, w) }
		return l.bias(l.product(convolve, x, l.param(name+".weight")), name, op.Bias)
	case arbench.Dense:
		return l.bias(l.product(dense, x, l.param(name+".weight")), name, op.Bias)
	case arbench.BatchNorm:
		return l.batchNorm(op, x, name)
	case arbench.Activation:
		return activation(op.Function, x)
	case arbench.MaxPool:
		return maxPool(op, x)
	case arbench.AvgPool:
		return avgPool(op, x)
	case arbench.GlobalAvgPool:
		return graph.ReduceMean(x, 2, 3)
	case arbench.Add:
		for _, y := range in[1:] {
			x = graph.Add(x, y)
		}
		return x
	case arbench.Concat:
		return graph.Concatenate(in, 1)
	case arbench.Flatten:
		return graph.Reshape(x, dim(x, 0), -1)
	case arbench.ShortcutA:
		return shortcut(op, x)
	}
	return l.token(layer, x)
}

// dim returns the length of an axis.
func dim(x *graph.Node, axis int) int { return x.Shape().Dimensions[axis] }

// perChannel reshapes a vector of one value for each channel so that it meets the channels of x.
func perChannel(v, x *graph.Node) *graph.Node {
	dims := make([]int, x.Rank())
	for i := range dims {
		dims[i] = 1
	}
	dims[1] = v.Shape().Size()
	return graph.Reshape(v, dims...)
}

// overPixels is perChannel for what is differentiated: the derivative is summed over the pixels of each image first,
// as in channelMean. XLA would join the two sums; a factor between them, 2 and then a half, keeps them apart.
func overPixels(v, x *graph.Node) *graph.Node {
	if x.Rank() == 2 {
		return perChannel(v, x)
	}
	n, c := dim(x, 0), dim(x, 1)
	times := func(factor float64) func(_, g *graph.Node) *graph.Node {
		return func(_, g *graph.Node) *graph.Node { return graph.MulScalar(g, factor) }
	}
	v = graph.IdentityWithCustomGradient(v, times(0.5))
	each := graph.BroadcastToDims(graph.Reshape(v, 1, c), n, c)
	return graph.Reshape(graph.IdentityWithCustomGradient(each, times(2)), n, c, 1, 1)
}

// normalize is (x - mean) / deviation for each channel.
func normalize(z *arbench.Normalize, x *graph.Node) *graph.Node {
	if z == nil {
		return x
	}
	constant := func(values []float64) *graph.Node {
		narrow := make([]float32, len(values))
		for i, v := range values {
			narrow[i] = float32(v)
		}
		return perChannel(graph.Const(x.Graph(), narrow), x)
	}
	return graph.Div(graph.Sub(x, constant(z.Mean)), constant(z.Std))
}

// bias adds the bias of a layer that has one.
func (l *lowering) bias(x *graph.Node, name string, has bool) *graph.Node {
	if !has {
		return x
	}
	return graph.Add(x, overPixels(l.param(name+".bias"), x))
}

// product is f of two factors, in bfloat16 if that is wanted. XLA sums products of bfloat16 in float32.
func (p *plan) product(f func(a, b *graph.Node) *graph.Node, a, b *graph.Node) *graph.Node {
	if !p.narrow {
		return f(a, b)
	}
	y := f(graph.ConvertDType(a, dtypes.BFloat16), graph.ConvertDType(b, dtypes.BFloat16))
	return graph.ConvertDType(y, a.DType())
}

// dot sums products along an axis of each factor, for each place of the batch axes. GoMLX would differentiate
// products of bfloat16 in float32.
func dot(a *graph.Node, axis int, b *graph.Node, other int, batch ...int) *graph.Node {
	return graph.Dot(a, b).WithAccumulatorDType(dtypes.InvalidDType).General([]int{axis}, batch, []int{other}, batch)
}

// dense multiplies the features of a vector, or the channels of each pixel.
func dense(x, w *graph.Node) *graph.Node {
	if x.Rank() == 2 {
		return dot(x, 1, w, 1)
	}
	n, h, wide := dim(x, 0), dim(x, 2), dim(x, 3)
	y := dot(tokens(x), 1, w, 1) // [rows, pixels, channels]
	return graph.Reshape(graph.TransposeAllAxes(y, 0, 2, 1), n, dim(w, 0), h, wide)
}

// batchNorm normalizes each channel by running statistics or by those of the batch.
func (l *lowering) batchNorm(op arbench.BatchNorm, x *graph.Node, name string) *graph.Node {
	mean, variance := l.param(name+".running_mean"), l.param(name+".running_var")
	gain, bias := l.param(name+".weight"), l.param(name+".bias")
	if l.batch {
		count := x.Shape().Size() / dim(x, 1)
		if count < 2 {
			panic(fmt.Errorf("batch normalization %q: one value per channel has no variance, want larger groups of rows",
				name))
		}
		batch, square := channelStatistics(x)
		unbiased := graph.MulScalar(square, float64(count)/float64(count-1))
		l.moved[l.index[name+".running_mean"]] = approach(mean, batch, op.Momentum)
		l.moved[l.index[name+".running_var"]] = approach(variance, unbiased, op.Momentum)
		mean, variance = batch, square
	}
	gain = graph.Div(gain, graph.Sqrt(graph.AddScalar(variance, op.Eps)))
	// What moves the mean moves the bias instead, by nothing: so that the derivative in the mean is a multiple of
	// that in the bias, and not one more sum over all values.
	held := graph.StopGradient(mean)
	bias = graph.Sub(bias, graph.Mul(graph.Sub(mean, held), gain))
	return graph.Add(graph.Mul(graph.Sub(x, perChannel(held, x)), overPixels(gain, x)), overPixels(bias, x))
}

// approach moves a running statistic by the momentum towards a batch's.
func approach(running, to *graph.Node, momentum float64) *graph.Node {
	return graph.Add(graph.MulScalar(running, 1-momentum), graph.MulScalar(to, momentum))
}

// activation applies a function to each value. What GoMLX offers has other derivatives at 0 than the vocabulary
// says, or none.
func activation(f arbench.Function, x *graph.Node) *graph.Node {
	zero := graph.ZerosLike(x)
	switch f {
	case arbench.ReLU:
		return graph.Max(zero, x) // in this order the derivative at 0 is 0
	case arbench.LeakyReLU:
		return graph.Max(graph.MulScalar(x, 0.01), x)
	case arbench.Softplus: // max(x, 0) + ln(1 + e^-|x|)
		positive := graph.GreaterThan(x, zero)
		size := graph.Where(positive, x, graph.Neg(x))
		return graph.Add(graph.Where(positive, x, zero), graph.Log1p(graph.Exp(graph.Neg(size))))
	case arbench.SiLU:
		return graph.Mul(x, graph.Logistic(x))
	case arbench.GELU:
		return graph.Mul(x, graph.MulScalar(graph.OnePlus(graph.Erf(graph.MulScalar(x, math.Sqrt2/2))), 0.5))
	case arbench.ELU: // below 0, e^x - 1 = tanh(x/2) (e^x + 1), which does not cancel
		low := graph.Min(zero, x)
		below := graph.Mul(graph.Tanh(graph.MulScalar(low, 0.5)), graph.OnePlus(graph.Exp(low)))
		return graph.Where(graph.GreaterThan(x, zero), x, below)
	}
	return graph.Tanh(x)
}
