//go:build gomlx

package gomlx

import "github.com/gomlx/gomlx/core/graph"

// channelStatistics returns mean and variance of each channel of x over rows and pixels. Nothing is
// differentiated through them, see throughStatistics. One reading of x gives both: sums of what is left
// of a value after the first row's mean, so that the difference of the sums does not cancel.
func channelStatistics(x *graph.Node) (mean, variance *graph.Node) {
	x = graph.StopGradient(x)
	first := channelMean(graph.Slice(x, graph.AxisRange(0, 1)))
	d := graph.Sub(x, perChannel(first, x))
	off := channelMean(d)
	return graph.Add(first, off), graph.Sub(channelMean(graph.Square(d)), graph.Square(off))
}

// channelMean returns the mean of each channel over rows and pixels: first over the pixels of each image, since
// GPUs have as many threads as there are such means, and few for one of each channel.
func channelMean(x *graph.Node) *graph.Node {
	if x.Rank() > 2 {
		x = graph.ReduceMean(x, 2, 3)
	}
	return graph.ReduceMean(x, 0)
}

// throughStatistics returns x, whose derivative takes into account that mean and deviation come from it:
// where v is the derivative of what follows with these held, that in x is v - mean(v) - x̂ mean(v x̂) with
// x̂ = (x - mean) / deviation. Ioffe & Szegedy, Batch Normalization, ICML 2015, section 3. GoMLX would
// differentiate through the sums instead, with one more reading of x and v.
func throughStatistics(x, mean, deviation *graph.Node) *graph.Node {
	return graph.IdentityWithCustomGradient(x, func(x, v *graph.Node) *graph.Node {
		normal := graph.Div(graph.Sub(x, perChannel(mean, x)), perChannel(deviation, x))
		along := channelMean(graph.Mul(v, normal))
		return graph.Sub(graph.Sub(v, perChannel(channelMean(v), v)), graph.Mul(normal, perChannel(along, v)))
	})
}
