//go:build gomlx

package gomlx

import "github.com/arbench/arbench"

func sq(n int) [2]int { return [2]int{n, n} }

func convOf(out, kernel, stride, pad int) arbench.Conv {
	return arbench.Conv{Out: out, Kernel: sq(kernel), Stride: sq(stride), Pad: sq(pad), Bias: true}
}

func bn() arbench.BatchNorm { return arbench.BatchNorm{Eps: 1e-3, Momentum: 0.2} }

func act(f arbench.Function) arbench.Activation { return arbench.Activation{Function: f} }

// netOf returns a net of layers named a, b, c ... in a row.
func netOf(input []int, ops ...arbench.Op) *arbench.Network {
	net := &arbench.Network{Input: input}
	for i, op := range ops {
		net.Add(string(rune('a'+i)), op)
	}
	return net
}

// smallNets returns a net for every kind of layer and every way in which layers go together.
func smallNets() map[string]*arbench.Network {
	relu := act(arbench.ReLU)
	nets := map[string]*arbench.Network{
		"dense": netOf([]int{1, 2, 3}, arbench.Flatten{}, arbench.Dense{Out: 5, Bias: true}, relu,
			arbench.Dense{Out: 4}),
		"dense norm": netOf([]int{1, 4, 5}, arbench.Flatten{}, arbench.Dense{Out: 12, Bias: true}, bn(),
			act(arbench.Tanh), arbench.Dense{Out: 5}),
		"conv pool": netOf([]int{3, 7, 5}, convOf(6, 3, 1, 1), relu, arbench.MaxPool{Kernel: sq(2), Stride: sq(2)},
			convOf(4, 2, 1, 0), act(arbench.LeakyReLU), arbench.Flatten{}, arbench.Dense{Out: 3, Bias: true}),
		"conv bn pool": netOf([]int{7, 4, 4}, convOf(6, 1, 1, 0), bn(), relu,
			arbench.MaxPool{Kernel: sq(3), Stride: sq(2), Pad: sq(1)}, arbench.Flatten{}),
		"average pool": netOf([]int{2, 6, 6}, convOf(3, 3, 1, 1), act(arbench.SiLU),
			arbench.AvgPool{Kernel: sq(3), Stride: sq(2), Pad: sq(1)}, arbench.Flatten{}),
		"strides": netOf([]int{2, 7, 6}, arbench.Conv{Out: 3, Kernel: [2]int{3, 2}, Stride: [2]int{2, 3}, Pad: [2]int{1, 0}},
			act(arbench.Softplus), arbench.AvgPool{Kernel: sq(2), Stride: sq(1)}, arbench.Flatten{}),
		"groups": netOf([]int{6, 5, 5}, arbench.Conv{Out: 4, Kernel: sq(3), Stride: sq(2), Pad: sq(1), Groups: 2, Bias: true},
			act(arbench.GELU), arbench.Conv{Out: 4, Kernel: sq(2), Stride: sq(1), Groups: 4}, bn(), arbench.Flatten{}),
		"dilated": netOf([]int{3, 9, 8}, arbench.Conv{Out: 6, Kernel: sq(3), Stride: sq(1), Pad: sq(2), Dilation: sq(2), Bias: true},
			act(arbench.ELU), arbench.Conv{Out: 5, Kernel: sq(2), Stride: [2]int{2, 3}, Pad: sq(1), Dilation: [2]int{3, 2}},
			bn(), arbench.Flatten{}),
		"padding": netOf([]int{2, 4, 5}, convOf(3, 1, 1, 1), relu, arbench.Conv{Out: 4, Kernel: [2]int{1, 3}, Stride: [2]int{1, 2}, Pad: [2]int{2, 3}},
			act(arbench.Tanh), convOf(2, 2, 2, 3), arbench.Flatten{}),
		"residual":    residualNet(false),
		"residual A":  residualNet(true),
		"concat":      concatNet(),
		"transformer": transformerNet(),
	}
	return nets
}

// residualNet has a block with a shortcut and one with a change of size.
func residualNet(optionA bool) *arbench.Network {
	net := &arbench.Network{Input: []int{3, 6, 6}}
	net.Normalize = &arbench.Normalize{Mean: []float64{0.5, 0.4, 0.3}, Std: []float64{0.2, 0.3, 0.4}}
	net.Add("conv", convOf(4, 3, 1, 1))
	net.Add("bn", bn())
	x := net.Add("act", act(arbench.ReLU))
	net.Add("conv1", convOf(4, 3, 1, 1))
	y := net.Add("bn1", bn())
	net.Add("add1", arbench.Add{}, y, x)
	x = net.Add("act1", act(arbench.ReLU))
	net.Add("conv2", convOf(8, 3, 2, 1))
	y = net.Add("bn2", bn())
	if optionA {
		x = net.Add("shortcut", arbench.ShortcutA{Out: 8, Stride: 2}, x)
	} else {
		net.Add("conv3", convOf(8, 1, 2, 0), x)
		x = net.Add("bn3", bn())
	}
	net.Add("add3", arbench.Add{}, x, y)
	net.Add("act3", act(arbench.ReLU))
	net.Add("pool", arbench.GlobalAvgPool{})
	net.Add("fc", arbench.Dense{Out: 3, Bias: true})
	return net
}

// concatNet joins images and vectors, and has a layer that the logits do not depend on.
func concatNet() *arbench.Network {
	net := &arbench.Network{Input: []int{2, 5, 5}}
	a := net.Add("a", convOf(3, 3, 1, 1), "")
	b := net.Add("b", convOf(5, 1, 1, 0), "")
	net.Add("dead", convOf(2, 3, 1, 1), "")
	c := net.Add("c", arbench.Concat{}, a, b, "")
	net.Add("d", act(arbench.ReLU))
	net.Add("e", convOf(4, 3, 2, 1))
	f := net.Add("f", arbench.Flatten{})
	g := net.Add("g", arbench.GlobalAvgPool{}, c)
	net.Add("h", arbench.Concat{}, f, g)
	net.Add("i", arbench.Dense{Out: 4, Bias: true})
	return net
}

// transformerNet has every operation on tokens.
func transformerNet() *arbench.Network {
	net := &arbench.Network{Input: []int{2, 4, 6}}
	net.Add("patch", convOf(8, 2, 2, 0))
	net.Add("class", arbench.ClassToken{})
	x := net.Add("position", arbench.Position{})
	net.Add("ln1", arbench.LayerNorm{Eps: 1e-3})
	net.Add("qkv", arbench.Dense{Out: 24, Bias: true})
	net.Add("attention", arbench.Attention{Heads: 2})
	y := net.Add("proj", arbench.Dense{Out: 8})
	x = net.Add("add1", arbench.Add{}, x, y)
	net.Add("ln2", arbench.LayerNorm{Eps: 1e-3})
	net.Add("fc1", arbench.Dense{Out: 12, Bias: true})
	net.Add("gelu", act(arbench.GELU))
	y = net.Add("fc2", arbench.Dense{Out: 8, Bias: true})
	net.Add("add2", arbench.Add{}, x, y)
	net.Add("first", arbench.FirstToken{})
	net.Add("ln", arbench.LayerNorm{Eps: 1e-3})
	net.Add("head", arbench.Dense{Out: 5, Bias: true})
	return net
}
