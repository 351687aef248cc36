package gorgonia

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/arbench/arbench"
)

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
			arbench.Dense{Out: 3}),
		"wide dense": netOf([]int{1, 4, 5}, arbench.Flatten{}, arbench.Dense{Out: 37, Bias: true}, bn(),
			act(arbench.Tanh), arbench.Dense{Out: 18, Bias: true}),
		"conv pool": netOf([]int{3, 6, 5}, convOf(5, 3, 1, 1), relu,
			arbench.MaxPool{Kernel: sq(2), Stride: sq(2)}, convOf(4, 2, 1, 0), relu, arbench.Flatten{},
			arbench.Dense{Out: 3, Bias: true}),
		"conv pool dense": netOf([]int{3, 6, 5}, convOf(16, 3, 1, 1), relu,
			arbench.MaxPool{Kernel: sq(2), Stride: sq(2)}, arbench.Flatten{}, arbench.Dense{Out: 3, Bias: true}),
		"conv dense": netOf([]int{3, 4, 4}, convOf(16, 1, 1, 0), relu, arbench.Flatten{},
			arbench.Dense{Out: 20}, relu, arbench.Dense{Out: 3}),
		"leaves out zeros": netOf([]int{1, 4, 5}, arbench.Flatten{}, arbench.Dense{Out: 112, Bias: true}, relu,
			arbench.Dense{Out: 96, Bias: true}, relu, arbench.Dense{Out: 3}),
		"conv without bias": netOf([]int{2, 5, 5}, arbench.Conv{Out: 3, Kernel: [2]int{3, 2},
			Stride: [2]int{2, 1}, Pad: [2]int{1, 0}}, arbench.Flatten{}),
		"conv bn relu": netOf([]int{2, 5, 4}, convOf(19, 3, 1, 1), bn(), relu, convOf(3, 3, 2, 1), bn(),
			arbench.GlobalAvgPool{}),
		"conv bn pool": netOf([]int{17, 4, 4}, convOf(6, 1, 1, 0), bn(), relu,
			arbench.MaxPool{Kernel: sq(3), Stride: sq(2), Pad: sq(1)}, arbench.Flatten{}),
		"average pool": netOf([]int{2, 6, 6}, convOf(3, 3, 1, 1), act(arbench.SiLU),
			arbench.AvgPool{Kernel: sq(3), Stride: sq(2), Pad: sq(1)}, arbench.Flatten{}),
		"relu average": netOf([]int{2, 6, 6}, convOf(3, 3, 1, 1), relu,
			arbench.AvgPool{Kernel: sq(2), Stride: sq(2)}, arbench.Flatten{}, arbench.Dense{Out: 2}),
		"groups": netOf([]int{6, 5, 5}, arbench.Conv{Out: 4, Kernel: sq(3), Stride: sq(2), Pad: sq(1),
			Groups: 2, Bias: true}, relu, arbench.Conv{Out: 4, Kernel: sq(2), Stride: sq(1), Groups: 4},
			bn(), arbench.Flatten{}),
		"dilated": netOf([]int{3, 9, 8}, arbench.Conv{Out: 18, Kernel: sq(3), Stride: sq(1), Pad: sq(2),
			Dilation: sq(2), Bias: true}, act(arbench.SiLU), arbench.Conv{Out: 5, Kernel: sq(2), Stride: [2]int{2, 3}, Pad: sq(1),
			Dilation: [2]int{3, 2}}, bn(), arbench.Flatten{}),
		"dilated groups": netOf([]int{6, 7, 7}, arbench.Conv{Out: 4, Kernel: sq(3), Stride: sq(2), Pad: sq(1),
			Dilation: [2]int{1, 2}, Groups: 2, Bias: true}, relu, arbench.Flatten{}),
		"pools of the image": netOf([]int{2, 6, 6}, arbench.MaxPool{Kernel: sq(2), Stride: sq(2)},
			convOf(3, 2, 1, 0), arbench.AvgPool{Kernel: sq(2), Stride: sq(1)}, arbench.Flatten{}),
		"norm of the image": netOf([]int{3, 4, 4}, bn(), relu, convOf(2, 3, 1, 1), arbench.Flatten{}),
		"norm of the features": netOf([]int{3, 3, 3}, arbench.Flatten{}, bn(), arbench.Dense{Out: 4},
			act(arbench.ELU), bn()),
		"norm of features without padding": netOf([]int{1, 4, 4}, arbench.Flatten{}, bn(), act(arbench.SiLU),
			arbench.Dense{Out: 4}),
		"branches of the features": featureBranchesNet(),
		"average of the image":     netOf([]int{4, 3, 3}, arbench.GlobalAvgPool{}),
		"parameter free": netOf([]int{2, 4, 4}, act(arbench.GELU),
			arbench.MaxPool{Kernel: sq(2), Stride: sq(2)}, arbench.Flatten{}),
		"wide branches": branchesNet(),
		"residual":      residualNet(false, arbench.ReLU),
		"residual A":    residualNet(true, arbench.Softplus),
		"pre-act":       preActNet(),
		"concat":        concatNet(),
		"three terms":   threeTermNet(),
		"winograd":      winogradNet(),
		"normalized": netOf([]int{3, 5, 5}, convOf(4, 3, 1, 1), relu, arbench.Flatten{},
			arbench.Dense{Out: 3}),
	}
	maps.Copy(nets, tokenNets())
	nets["normalized"].Normalize = &arbench.Normalize{Mean: []float64{0.5, 0.4, 0.3}, Std: []float64{0.2, 0.3, 0.4}}
	nets["normalized dense"] = netOf([]int{2, 3, 3}, arbench.Flatten{}, arbench.Dense{Out: 3})
	nets["normalized dense"].Normalize = &arbench.Normalize{Mean: []float64{0.5, 0.1}, Std: []float64{0.2, 0.7}}
	for _, f := range arbench.Functions {
		nets["conv "+string(f)] = netOf([]int{2, 4, 4}, convOf(3, 3, 1, 1), act(f), convOf(5, 3, 1, 1), bn(),
			act(f), arbench.MaxPool{Kernel: sq(2), Stride: sq(2)}, arbench.Flatten{}, act(f), arbench.Dense{Out: 2})
	}
	return nets
}

func residualNet(optionA bool, f arbench.Function) *arbench.Network {
	net := &arbench.Network{Input: []int{3, 6, 6}}
	net.Add("conv", convOf(4, 3, 1, 1))
	net.Add("bn", bn())
	x := net.Add("act", act(f))
	net.Add("conv1", convOf(4, 3, 1, 1))
	net.Add("bn1", bn())
	net.Add("act1", act(f))
	net.Add("conv2", convOf(4, 3, 1, 1))
	y := net.Add("bn2", bn())
	net.Add("add2", arbench.Add{}, y, x)
	x = net.Add("act2", act(f))
	net.Add("conv3", convOf(8, 3, 2, 1))
	y = net.Add("bn3", bn())
	if optionA {
		x = net.Add("shortcut", arbench.ShortcutA{Out: 8, Stride: 2}, x)
	} else {
		net.Add("conv4", convOf(8, 1, 2, 0), x)
		x = net.Add("bn4", bn())
	}
	net.Add("add3", arbench.Add{}, x, y)
	net.Add("act3", act(f))
	net.Add("pool", arbench.GlobalAvgPool{})
	net.Add("fc", arbench.Dense{Out: 3, Bias: true})
	return net
}

// branchesNet has two dense layers behind one ReLU and before ReLUs of their own: wide enough for
// products that leave out zeros, the second of which adds to the first's derivative.
func branchesNet() *arbench.Network {
	net := netOf([]int{1, 4, 5}, arbench.Flatten{}, arbench.Dense{Out: 80, Bias: true})
	x := net.Add("relu", act(arbench.ReLU))
	net.Add("left", arbench.Dense{Out: 96, Bias: true}, x)
	left := net.Add("left.relu", act(arbench.ReLU))
	net.Add("right", arbench.Dense{Out: 80, Bias: true}, x)
	right := net.Add("right.relu", act(arbench.ReLU))
	net.Add("cat", arbench.Concat{}, left, right)
	net.Add("fc", arbench.Dense{Out: 3})
	return net
}

// featureBranchesNet has two dense layers on the features of an image that need no padding, and adds these
// features to what one gives.
func featureBranchesNet() *arbench.Network {
	net := netOf([]int{4, 2, 2}, arbench.Flatten{})
	net.Add("left", arbench.Dense{Out: 16, Bias: true}, "a")
	net.Add("sum", arbench.Add{}, "left", "a")
	left := net.Add("relu", act(arbench.ReLU))
	right := net.Add("right", arbench.Dense{Out: 3}, "a")
	net.Add("cat", arbench.Concat{}, left, right)
	net.Add("fc", arbench.Dense{Out: 3})
	return net
}

func preActNet() *arbench.Network {
	net := &arbench.Network{Input: []int{2, 5, 5}}
	x := net.Add("conv", convOf(5, 3, 1, 1))
	net.Add("bn1", bn())
	net.Add("act1", act(arbench.ReLU))
	net.Add("conv1", convOf(5, 3, 1, 1))
	net.Add("bn2", bn())
	net.Add("act2", act(arbench.ReLU))
	y := net.Add("conv2", convOf(5, 3, 1, 1))
	net.Add("add", arbench.Add{}, x, y)
	net.Add("bn3", bn())
	net.Add("act3", act(arbench.LeakyReLU))
	net.Add("pool", arbench.GlobalAvgPool{})
	net.Add("fc", arbench.Dense{Out: 3})
	return net
}

func concatNet() *arbench.Network {
	net := &arbench.Network{Input: []int{2, 5, 5}}
	a := net.Add("a", convOf(3, 3, 1, 1), "")
	b := net.Add("b", convOf(5, 1, 1, 0), "")
	c := net.Add("c", arbench.Concat{}, a, b, "")
	net.Add("d", act(arbench.ReLU))
	net.Add("e", convOf(4, 3, 2, 1))
	f := net.Add("f", arbench.Flatten{})
	g := net.Add("g", arbench.GlobalAvgPool{}, c)
	net.Add("h", arbench.Concat{}, f, g)
	net.Add("i", arbench.Dense{Out: 4, Bias: true})
	return net
}

func threeTermNet() *arbench.Network {
	net := &arbench.Network{Input: []int{3, 4, 4}}
	a := net.Add("a", convOf(3, 3, 1, 1))
	b := net.Add("b", convOf(3, 3, 1, 1), "")
	net.Add("dead", convOf(2, 3, 1, 1), "") // the logits do not depend on it
	net.Add("c", arbench.Add{}, a, b, a, "")
	net.Add("d", act(arbench.ReLU))
	net.Add("e", arbench.Flatten{})
	net.Add("f", arbench.Dense{Out: 3})
	return net
}

// randomNet returns a net of random layers on random earlier ones.
func randomNet(r *rand.Rand) *arbench.Network {
	channels := []int{1, 2, 3, 4, 16, 19}[r.IntN(6)]
	net := &arbench.Network{Input: []int{channels, 3 + r.IntN(8), 3 + r.IntN(8)}}
	names := []string{""}
	shapes := map[string][]int{"": net.Input}
	for i := range 4 + r.IntN(8) {
		name, op, from := fmt.Sprintf("l%d", i), randomOp(r), []string{names[r.IntN(len(names))]}
		if r.IntN(3) > 0 {
			from[0] = names[len(names)-1]
		}
		switch op.(type) {
		case arbench.Add, arbench.Concat:
			from = alike(r, op, from[0], names, shapes)
		}
		var in [][]int
		for _, f := range from {
			in = append(in, shapes[f])
		}
		if s, err := op.Shape(in); err == nil {
			net.Add(name, op, from...)
			names, shapes[name] = append(names, name), s
		}
	}
	last := names[len(names)-1]
	if len(shapes[last]) == 3 {
		last = net.Add("flat", arbench.Flatten{}, last)
	}
	net.Add("fc", arbench.Dense{Out: 2 + r.IntN(3), Bias: r.IntN(2) == 0}, last)
	return net
}

// alike returns first and one or two layers that op can take with it.
func alike(r *rand.Rand, op arbench.Op, first string, names []string, shapes map[string][]int) []string {
	from := []string{first}
	for _, k := range r.Perm(len(names)) {
		with := append(slices.Clone(from), names[k])
		var in [][]int
		for _, f := range with {
			in = append(in, shapes[f])
		}
		if _, err := op.Shape(in); err == nil && len(with) <= 3 {
			from = with
		}
	}
	return from
}

func randomOp(r *rand.Rand) arbench.Op {
	side := func(lo, n int) [2]int { return [2]int{lo + r.IntN(n), lo + r.IntN(n)} }
	switch r.IntN(20) {
	case 0, 1, 2:
		return arbench.Conv{Out: 1 + r.IntN(40), Kernel: side(1, 3), Stride: side(1, 2), Pad: side(0, 3),
			Dilation: side(0, 3), Bias: r.IntN(2) == 0}
	case 3:
		return arbench.Conv{Out: 1 + r.IntN(20), Kernel: side(1, 7), Stride: side(1, 3), Pad: side(0, 4)}
	case 4:
		groups := 2 + r.IntN(3)
		return arbench.Conv{Out: groups * (1 + r.IntN(8)), Kernel: side(1, 5), Stride: side(1, 2),
			Pad: side(0, 3), Dilation: side(0, 3), Groups: groups}
	case 5, 6, 7:
		return bn()
	case 8, 9, 10:
		return act(arbench.Functions[r.IntN(len(arbench.Functions))])
	case 11:
		return arbench.Dense{Out: 1 + r.IntN(100), Bias: r.IntN(2) == 0}
	case 12:
		return arbench.MaxPool{Kernel: side(2, 2), Stride: side(1, 2), Pad: side(0, 2)}
	case 13:
		return arbench.AvgPool{Kernel: side(2, 2), Stride: side(1, 2), Pad: side(0, 2)}
	case 14:
		return []arbench.Op{arbench.Concat{}, arbench.GlobalAvgPool{}, arbench.Flatten{}}[r.IntN(3)]
	case 15:
		return arbench.LayerNorm{Eps: 1e-2}
	case 16, 17:
		return arbench.Attention{Heads: 1 + r.IntN(2)}
	case 18:
		return []arbench.Op{arbench.ClassToken{}, arbench.Position{}, arbench.FirstToken{}}[r.IntN(3)]
	}
	return arbench.Add{}
}
