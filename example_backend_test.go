package arbench_test

import (
	"context"
	"fmt"
	"math"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Backends.Register("prototype", func() arbench.Backend { return &Prototypes{Sharpness: 1} })
}

// Prototypes is a backend of one weight matrix, whose rows are read as prototype images: the logit of
// a class is minus the squared distance to its prototype. Its models give scores and no derivatives,
// so attacks that need more are refused.
type Prototypes struct {
	Sharpness float64 `toml:"sharpness" doc:"factor of the logits"`
}

// Info implements [arbench.Backend].
func (b *Prototypes) Info() arbench.BackendInfo {
	return arbench.BackendInfo{Doc: "nearest prototype", Access: arbench.Scores, Numerics: "float64"}
}

// Open implements [arbench.Backend].
func (b *Prototypes) Open(ctx context.Context, spec arbench.ModelSpec) (arbench.Model, error) {
	for i, l := range spec.Network.Layers {
		if want := []string{"flatten", "dense"}; i >= 2 || l.Op.Kind() != want[i] {
			return nil, fmt.Errorf("prototype: layer %q (%s): this backend knows flatten, then dense",
				l.Name, l.Op.Kind())
		}
	}
	ps, err := spec.Network.Init(spec.Seed)
	if err != nil {
		return nil, err
	}
	if spec.Weights != nil {
		if err := spec.Network.CheckParams(spec.Weights); err != nil {
			return nil, err
		}
		copy(ps[0].Value.Data, spec.Weights[0].Value.Data)
	}
	return &prototypes{b.Sharpness, spec.Network, ps[0].Value}, nil
}

type prototypes struct {
	sharpness float64
	network   *arbench.Network
	images    arbench.Tensor // [classes, inputs]
}

// Info implements [arbench.Model].
func (m *prototypes) Info() arbench.ModelInfo {
	return arbench.ModelInfo{
		Shape: m.network.Input, Classes: m.images.Len(), Access: arbench.Scores, Network: m.network,
	}
}

// Run implements [arbench.Model].
func (m *prototypes) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	switch {
	case ctx.Err() != nil:
		return arbench.Pass{}, ctx.Err()
	case c.Want != 0:
		return arbench.Pass{}, fmt.Errorf("prototype: this model gives scores only")
	case len(c.X.Data) != c.X.Len()*m.images.Shape[1]:
		return arbench.Pass{}, fmt.Errorf("prototype: input of shape %v", c.X.Shape)
	}
	p := arbench.Pass{Logits: arbench.NewTensor(c.X.Len(), m.images.Len())}
	for i := range c.X.Len() {
		for k := range m.images.Len() {
			d := arbench.Threat{Norm: arbench.L2}.Distance(c.X.Row(i), m.images.Row(k))
			if math.IsNaN(d) {
				return arbench.Pass{}, fmt.Errorf("prototype: input row %d is not a number", i)
			}
			p.Logits.Row(i)[k] = float32(-m.sharpness * d * d)
		}
	}
	for _, loss := range c.Losses {
		p.Values = append(p.Values, make([]float64, c.X.Len()))
		loss.Eval(p.Logits, arbench.Tensor{}, p.Values[len(p.Values)-1])
	}
	return p, nil
}

// A whole backend, registered as a plugin, and what its model answers to two attacks: one that
// declares scores, and one that needs derivatives.
func Example_backend() {
	ctx := context.Background()
	backend, err := arbench.Backends.New("prototype")
	if err != nil {
		fmt.Println(err)
		return
	}
	n := &arbench.Network{Input: []int{1, 1, 2}}
	n.Add("flat", arbench.Flatten{})
	n.Add("fc", arbench.Dense{Out: 2})
	model, err := backend.Open(ctx, arbench.ModelSpec{Network: n, Weights: []arbench.Param{
		{Name: "fc.weight", Value: arbench.Tensor{Shape: []int{2, 2}, Data: []float32{0, 0, 1, 1}}},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	batch := arbench.Batch{
		X: arbench.Tensor{Shape: []int{1, 1, 1, 2}, Data: []float32{0.75, 0.5}}, Y: []int{1}, ID: []int{0},
	}
	threat := arbench.Threat{Norm: arbench.Linf, Eps: 0.25}
	o := arbench.NewOracle(model, arbench.Gradients, arbench.Frozen, batch, threat)
	z, err := o.Logits(ctx, batch.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("logits:", z.Data)
	x, err := (&CoinFlip{Flips: 20}).Perturb(ctx, arbench.Trial{Model: o, Batch: batch, Threat: threat})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("candidate:", x.Data)
	_, err = o.Gradient(ctx, batch.X, arbench.CrossEntropy{Y: batch.Y})
	fmt.Println("derivative:", err)
	// Output:
	// logits: [-0.8125 -0.3125]
	// candidate: [0.5 0.25]
	// derivative: prototype: this model gives scores only
}
