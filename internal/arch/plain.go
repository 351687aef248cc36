package arch

import (
	"fmt"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Architectures.Register("linear", func() arbench.Architecture { return &Linear{} })
	arbench.Architectures.Register("mlp", func() arbench.Architecture {
		return &MLP{Hidden: []int{64, 64}, Activation: arbench.ReLU}
	})
	arbench.Architectures.Register("cnn", func() arbench.Architecture {
		return &CNN{
			Channels: []int{16, 32}, Kernel: 3, Hidden: []int{64}, Activation: arbench.ReLU,
		}
	})
}

// Linear is softmax regression on the pixels: flatten, fc.
type Linear struct{}

// MLP is a fully connected net: flatten, then fc1, fc1.relu, fc2 and so on. The last fc gives the
// logits.
type MLP struct {
	Hidden     []int            `toml:"hidden" doc:"width of each hidden layer"`
	Activation arbench.Function `toml:"activation" doc:"function after each hidden layer"`
	BatchNorm  bool             `toml:"batch_norm" doc:"normalize before each activation (bn1, …)"`
}

// CNN is a plain convolutional net: conv1, conv1.relu, pool1, conv2 and so on, then an MLP. Each
// convolution keeps the size of the image and each pooling halves it.
type CNN struct {
	Channels   []int            `toml:"channels" doc:"output channels of each convolution"`
	Kernel     int              `toml:"kernel" doc:"height and width of the kernels, odd"`
	Hidden     []int            `toml:"hidden" doc:"width of each hidden layer after them"`
	Activation arbench.Function `toml:"activation" doc:"function after each hidden layer"`
}

var (
	_ arbench.Architecture = (*Linear)(nil)
	_ arbench.Architecture = (*MLP)(nil)
	_ arbench.Architecture = (*CNN)(nil)
)

// Info implements [arbench.Architecture].
func (*Linear) Info() arbench.ArchitectureInfo {
	return arbench.ArchitectureInfo{Doc: "softmax regression on the pixels"}
}

// Info implements [arbench.Architecture].
func (*MLP) Info() arbench.ArchitectureInfo {
	return arbench.ArchitectureInfo{Doc: "fully connected net"}
}

// Info implements [arbench.Architecture].
func (*CNN) Info() arbench.ArchitectureInfo {
	return arbench.ArchitectureInfo{Doc: "plain convolutional net with max pooling"}
}

// Network implements [arbench.Architecture].
func (*Linear) Network(shape []int, classes int) (*arbench.Network, error) {
	n := input(shape)
	n.Add("flatten", arbench.Flatten{})
	n.Add("fc", arbench.Dense{Out: classes, Bias: true})
	return checked(n)
}

// Network implements [arbench.Architecture].
func (a *MLP) Network(shape []int, classes int) (*arbench.Network, error) {
	n := input(shape)
	dense(n, a.Hidden, a.Activation, a.BatchNorm, classes)
	return checked(n)
}

// Network implements [arbench.Architecture].
func (a *CNN) Network(shape []int, classes int) (*arbench.Network, error) {
	if a.Kernel < 1 || a.Kernel%2 == 0 {
		return nil, fmt.Errorf("kernel %d must be odd, such as 3 or 5", a.Kernel)
	}
	if len(a.Channels) == 0 {
		return nil, fmt.Errorf("channels must name at least one convolution, such as [16, 32]")
	}
	n := input(shape)
	for i, out := range a.Channels {
		op := conv(out, a.Kernel, 1)
		op.Bias = true
		name := n.Add(fmt.Sprintf("conv%d", i+1), op)
		activate(n, name, a.Activation)
		n.Add(fmt.Sprintf("pool%d", i+1), arbench.MaxPool{Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}})
	}
	dense(n, a.Hidden, a.Activation, false, classes)
	return checked(n)
}

// dense appends a fully connected net.
func dense(n *arbench.Network, hidden []int, f arbench.Function, bn bool, classes int) {
	n.Add("flatten", arbench.Flatten{})
	for i, out := range hidden {
		name := n.Add(fmt.Sprintf("fc%d", i+1), arbench.Dense{Out: out, Bias: true})
		if bn {
			n.Add(fmt.Sprintf("bn%d", i+1), norm())
		}
		activate(n, name, f)
	}
	n.Add(fmt.Sprintf("fc%d", len(hidden)+1), arbench.Dense{Out: classes, Bias: true})
}

// activate appends the activation of the named layer, called after it and the function.
func activate(n *arbench.Network, name string, f arbench.Function) {
	n.Add(name+"."+string(f), arbench.Activation{Function: f})
}
