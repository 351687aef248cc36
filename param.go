package arbench

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// A Role says what a parameter does, so that weight decay and regularizers can tell kernels from
// the rest.
type Role string

// The roles of parameters.
const (
	Weight    Role = "weight"    // kernel of a convolution or dense layer
	Bias      Role = "bias"      // of a convolution or dense layer
	Scale     Role = "scale"     // weight of a normalization
	Shift     Role = "shift"     // bias of a normalization
	Embedding Role = "embedding" // a class token, or what is added to tokens by their position
	Statistic Role = "statistic" // running mean or variance: no derivative moves it
)

// A Param is one tensor of a model's parameters. Its name, shape and layout are those of PyTorch's
// state_dict: a convolution's weight is [out, in/groups, height, width], a dense one's [out, in].
type Param struct {
	Name  string
	Role  Role
	Value Tensor
	Grad  Tensor // running sum of the derivative; zero Tensor where there is none
}

// Params returns the names, roles and shapes of the net's parameters in the order of its layers,
// with zero values and no derivatives. The net must fit together (see Shapes).
func (n *Network) Params() ([]Param, error) {
	var ps []Param
	err := n.params(func(name string, role Role, shape ...int) {
		ps = append(ps, Param{Name: name, Role: role, Value: NewTensor(shape...)})
	})
	return ps, err
}

// Size returns how many numbers training moves: the values of all parameters but statistics. It
// makes none of them, so that a net too large for any memory can be asked. The net must fit
// together (see Shapes); a number that an int does not hold is an error.
func (n *Network) Size() (int, error) {
	size, tooLarge := 0, ""
	err := n.params(func(name string, role Role, shape ...int) {
		v := 1
		for _, d := range shape {
			if v > math.MaxInt/max(d, 1) {
				tooLarge = name
				return
			}
			v *= d
		}
		switch {
		case role == Statistic:
		case size > math.MaxInt-v:
			tooLarge = name
		default:
			size += v
		}
	})
	if err == nil && tooLarge != "" {
		err = fmt.Errorf("there are more values than can be counted, up to parameter %q", tooLarge)
	}
	return size, err
}

// params calls add with every parameter, in the order of the layers.
func (n *Network) params(add func(name string, role Role, shape ...int)) error {
	shapes, err := n.Shapes()
	if err != nil {
		return err
	}
	for i, l := range n.Layers {
		in := n.Input
		if from, _ := n.Inputs(i); from[0] >= 0 {
			in = shapes[from[0]]
		}
		switch op := l.Op.(type) {
		case Conv:
			add(l.Name+".weight", Weight, op.Out, in[0]/op.GroupCount(), op.Kernel[0], op.Kernel[1])
			if op.Bias {
				add(l.Name+".bias", Bias, op.Out)
			}
		case Dense:
			add(l.Name+".weight", Weight, op.Out, in[0])
			if op.Bias {
				add(l.Name+".bias", Bias, op.Out)
			}
		case BatchNorm:
			add(l.Name+".weight", Scale, in[0])
			add(l.Name+".bias", Shift, in[0])
			add(l.Name+".running_mean", Statistic, in[0])
			add(l.Name+".running_var", Statistic, in[0])
		case LayerNorm:
			add(l.Name+".weight", Scale, in[0])
			add(l.Name+".bias", Shift, in[0])
		case ClassToken:
			add(l.Name, Embedding, 1, 1, in[0])
		case Position:
			add(l.Name, Embedding, 1, in[1]*in[2], in[0])
		}
	}
	return nil
}

// Init returns the parameters that training starts from. They are the same for every backend.
// Weights and biases are uniform in ±1/√fan-in, as PyTorch draws them by default; scales and
// running variances are 1, shifts and running means 0; embeddings are normal with deviation 0.02, as
// in the usual code of vision transformers. Each parameter has its own generator, keyed by seed and
// name.
func (n *Network) Init(seed uint64) ([]Param, error) {
	ps, err := n.Params()
	if err != nil {
		return nil, err
	}
	bound := 0.0
	for _, p := range ps {
		switch p.Role {
		case Weight:
			bound = 1 / math.Sqrt(float64(Volume(p.Value.Shape[1:])))
			fallthrough
		case Bias: // follows its weight
			uniform(p.Value.Data, bound, KeyedRand(seed, "init", p.Name))
		case Embedding:
			normal(p.Value.Data, 0.02, KeyedRand(seed, "init", p.Name))
		case Scale:
			fill(p.Value.Data, 1)
		case Statistic:
			if strings.HasSuffix(p.Name, ".running_var") {
				fill(p.Value.Data, 1)
			}
		}
	}
	return ps, nil
}

func uniform(x []float32, bound float64, r *rand.Rand) {
	for i := range x {
		x[i] = float32(bound * (2*r.Float64() - 1))
	}
}

func normal(x []float32, deviation float64, r *rand.Rand) {
	for i := range x {
		x[i] = float32(deviation * r.NormFloat64())
	}
}

func fill(x []float32, v float32) {
	for i := range x {
		x[i] = v
	}
}

// CheckSet reports why q cannot be set as a parameter of that role and shape: values or derivatives of
// another number, a derivative of a statistic. What is empty leaves that part alone and fits.
func (q Param) CheckSet(role Role, shape []int) error {
	want := Volume(shape)
	if n := len(q.Value.Data); n > 0 && n != want {
		return fmt.Errorf("parameter %q has %d values, want shape %v", q.Name, n, shape)
	}
	n := len(q.Grad.Data)
	if n > 0 && role == Statistic {
		return fmt.Errorf("parameter %q is a statistic and has no derivative", q.Name)
	}
	if n > 0 && n != want {
		return fmt.Errorf("derivative of parameter %q has %d values, want shape %v", q.Name, n, shape)
	}
	return nil
}

// CheckParams reports how given parameters differ from those that n needs: missing, unexpected or
// of another shape.
func (n *Network) CheckParams(given []Param) error {
	want, err := n.Params()
	if err != nil {
		return err
	}
	have := make(map[string]Tensor, len(given))
	for _, p := range given {
		have[p.Name] = p.Value
	}
	for _, p := range want {
		v, ok := have[p.Name]
		switch {
		case !ok:
			return fmt.Errorf("parameter %q is missing", p.Name)
		case Volume(v.Shape) != Volume(p.Value.Shape) || len(v.Data) != len(p.Value.Data):
			return fmt.Errorf("parameter %q has shape %v, want %v", p.Name, v.Shape, p.Value.Shape)
		}
		delete(have, p.Name)
	}
	for name := range have {
		return fmt.Errorf("parameter %q is not one of this net", name)
	}
	return nil
}
