package golden

import (
	"fmt"

	"github.com/arbench/arbench"
)

// Nets are the nets of section 1, and the images that they were trained on.
var Nets = []struct{ Name, Data string }{
	{"mlp_digits", "digits"}, {"cnn_fashion", "fashion"}, {"resnet8_fashion", "fashion"},
}

// Spec returns what a backend needs to open one of Nets: the network, whose layers have the names that
// arbench's architectures give them, and its golden weights.
func Spec(name string) (arbench.ModelSpec, error) {
	var net *arbench.Network
	switch name {
	case "mlp_digits":
		net = mlp()
	case "cnn_fashion":
		net = cnn()
	case "resnet8_fashion":
		net = resnet8()
	default:
		return arbench.ModelSpec{}, fmt.Errorf("no golden net %q: there are mlp_digits, cnn_fashion and resnet8_fashion", name)
	}
	ps, err := net.Params()
	if err != nil {
		return arbench.ModelSpec{}, err
	}
	f, err := Open("weights_" + name)
	if err != nil {
		return arbench.ModelSpec{}, err
	}
	for i, p := range ps {
		ps[i].Value = f.Floats(p.Name)
	}
	return arbench.ModelSpec{Network: net, Weights: ps}, nil
}

var rectify = arbench.Activation{Function: arbench.ReLU}

func square(n int) [2]int { return [2]int{n, n} }

func convolution(out, kernel, stride int, bias bool) arbench.Conv {
	return arbench.Conv{Out: out, Kernel: square(kernel), Stride: square(stride), Pad: square(kernel / 2), Bias: bias}
}

func mlp() *arbench.Network {
	n := &arbench.Network{Input: []int{1, 8, 8}}
	n.Add("flatten", arbench.Flatten{})
	n.Add("fc1", arbench.Dense{Out: 64, Bias: true})
	n.Add("fc1.relu", rectify)
	n.Add("fc2", arbench.Dense{Out: 64, Bias: true})
	n.Add("fc2.relu", rectify)
	n.Add("fc3", arbench.Dense{Out: 10, Bias: true})
	return n
}

func cnn() *arbench.Network {
	half := arbench.MaxPool{Kernel: square(2), Stride: square(2)}
	n := &arbench.Network{Input: []int{1, 28, 28}}
	n.Add("conv1", convolution(8, 3, 1, true))
	n.Add("conv1.relu", rectify)
	n.Add("pool1", half)
	n.Add("conv2", convolution(16, 3, 1, true))
	n.Add("conv2.relu", rectify)
	n.Add("pool2", half)
	n.Add("flatten", arbench.Flatten{})
	n.Add("fc1", arbench.Dense{Out: 64, Bias: true})
	n.Add("fc1.relu", rectify)
	n.Add("fc2", arbench.Dense{Out: 10, Bias: true})
	return n
}

func resnet8() *arbench.Network {
	norm := arbench.BatchNorm{Eps: 1e-5, Momentum: 0.1}
	n := &arbench.Network{Input: []int{1, 28, 28}}
	n.Add("conv1", convolution(8, 3, 1, false))
	n.Add("bn1", norm)
	at := n.Add("relu", rectify)
	for i, out := range []int{8, 16, 32} {
		name, stride := fmt.Sprintf("layer%d.0", i+1), min(i+1, 2)
		n.Add(name+".conv1", convolution(out, 3, stride, false), at)
		n.Add(name+".bn1", norm)
		n.Add(name+".relu1", rectify)
		n.Add(name+".conv2", convolution(out, 3, 1, false))
		branch := n.Add(name+".bn2", norm)
		if i > 0 {
			n.Add(name+".shortcut.0", convolution(out, 1, 2, false), at)
			at = n.Add(name+".shortcut.1", norm)
		}
		n.Add(name+".add", arbench.Add{}, branch, at)
		at = n.Add(name+".relu2", rectify)
	}
	n.Add("pool", arbench.GlobalAvgPool{})
	n.Add("fc", arbench.Dense{Out: 10, Bias: true})
	return n
}
