//go:build gomlx

package gomlx

import "github.com/gomlx/gomlx/core/graph"

// channelStatistics returns mean and variance of each channel of x over rows and pixels. One reading of x gives
// both: sums of what is left of a value after the first row's mean, so that the difference of the sums does not
// cancel. That mean takes no part in their derivatives, whatever it is.
func channelStatistics(x *graph.Node) (mean, variance *graph.Node) {
	first := graph.StopGradient(channelMean(graph.Slice(x, graph.AxisRange(0, 1))))
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
