package gorgonia

import (
	"math"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
)

// reference64 are a parameter and its moments in float64.
type reference64 struct{ w, m, v []float64 }

// adam64 is algorithm 1 of Kingma & Ba 2015 as PyTorch has it (torch.optim.Adam and AdamW).
func (r *reference64) adam64(o *arbench.Adam, g []float64, rate, decay float64, t int) {
	for i := range r.w {
		d := g[i]
		if o.Decoupled {
			r.w[i] -= rate * decay * r.w[i]
		} else {
			d += decay * r.w[i]
		}
		r.m[i] = o.Beta1*r.m[i] + (1-o.Beta1)*d
		r.v[i] = o.Beta2*r.v[i] + (1-o.Beta2)*d*d
		mhat := r.m[i] / (1 - math.Pow(o.Beta1, float64(t)))
		vhat := r.v[i] / (1 - math.Pow(o.Beta2, float64(t)))
		r.w[i] -= rate * mhat / (math.Sqrt(vhat) + o.Eps)
	}
}

// sgd64 is torch.optim.SGD: the buffer starts as the first gradient.
func (r *reference64) sgd64(o *arbench.SGD, g []float64, rate, decay float64, t int) {
	for i := range r.w {
		d := g[i] + decay*r.w[i]
		if t == 1 {
			r.m[i] = d
		} else {
			r.m[i] = o.Momentum*r.m[i] + d
		}
		if o.Nesterov {
			d += o.Momentum * r.m[i]
		} else {
			d = r.m[i]
		}
		r.w[i] -= rate * d
	}
}

func TestStepIsReference(t *testing.T) {
	adam := func(change func(*arbench.Adam)) *arbench.Adam {
		o := arbench.NewAdam()
		change(o)
		return o
	}
	kernels := []arbench.Role{arbench.Weight}
	optimizers := map[string]arbench.Optimizer{
		"adam":          arbench.NewAdam(),
		"adam decay":    adam(func(o *arbench.Adam) { o.Decay = 0.01 }),
		"adamw":         adam(func(o *arbench.Adam) { o.Decay, o.Decoupled = 0.1, true }),
		"adamw kernels": adam(func(o *arbench.Adam) { o.Decay, o.Decoupled, o.DecayOn = 0.1, true, kernels }),
		"sgd":           &arbench.SGD{},
		"sgd momentum":  &arbench.SGD{Momentum: 0.8, Decay: 0.01},
		"sgd nesterov":  &arbench.SGD{Momentum: 0.8, Nesterov: true, Decay: 0.01, DecayOn: kernels},
	}
	c := newTrial(t, smallNets()["conv bn relu"], 5, arbench.KeyedRand(9))
	for name, o := range optimizers {
		t.Run(name, func(t *testing.T) {
			m := c.model(t, 2)
			refs := map[string]*reference64{}
			for _, p := range c.params {
				n := len(p.Value.Data)
				refs[p.Name] = &reference64{toFloat64(p.Value.Data), make([]float64, n), make([]float64, n)}
			}
			for step := 1; step <= 5; step++ {
				run(t, m, arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(c.coef)}, Want: arbench.DParams})
				for _, p := range paramsOf(t, m) {
					if p.Role == arbench.Statistic {
						continue
					}
					r, g, decay := refs[p.Name], toFloat64(p.Grad.Data), arbench.DecayOf(o, p.Role)
					switch o := o.(type) {
					case *arbench.Adam:
						r.adam64(o, g, 0.01, decay, step)
					case *arbench.SGD:
						r.sgd64(o, g, 0.01, decay, step)
					}
				}
				if err := m.Step(t.Context(), o, 0.01); err != nil {
					t.Fatal(err)
				}
			}
			for name, p := range paramsOf(t, m) {
				near(t, name, refs[name].w, p.Value.Data, 2e-6)
			}
		})
	}
}

func TestStepClearsDerivatives(t *testing.T) {
	c := newTrial(t, smallNets()["dense"], 4, arbench.KeyedRand(10))
	m := c.model(t, 1)
	run(t, m, arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(c.coef)}, Want: arbench.DParams})
	if err := m.Step(t.Context(), arbench.NewSGD(), 0.1); err != nil {
		t.Fatal(err)
	}
	before := paramsOf(t, m)
	if err := m.Step(t.Context(), &arbench.SGD{}, 0.1); err != nil { // no derivative, no momentum
		t.Fatal(err)
	}
	if diff := cmp.Diff(before["b.bias"].Grad, arbench.NewTensor(5)); diff != "" {
		t.Errorf("derivative after Step (-want +got):\n%s", diff)
	}
}

// Another kind of optimizer starts with moments of its own and counts its own steps.
func TestOtherOptimizerStartsAnew(t *testing.T) {
	c := newTrial(t, smallNets()["dense"], 4, arbench.KeyedRand(11))
	fresh := func(m *Model) map[string]arbench.Param {
		run(t, m, arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(c.coef)}, Want: arbench.DParams})
		if err := m.Step(t.Context(), arbench.NewAdam(), 0.01); err != nil {
			t.Fatal(err)
		}
		return paramsOf(t, m)
	}
	a, b := c.model(t, 1), c.model(t, 1)
	for range 3 { // steps of length 0
		run(t, b, arbench.Call{X: c.x, Losses: []arbench.Loss{linearLoss(c.coef)}, Want: arbench.DParams})
		if err := b.Step(t.Context(), arbench.NewSGD(), 0); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(fresh(a), fresh(b)); diff != "" {
		t.Errorf("first step of Adam (-alone +after SGD):\n%s", diff)
	}
}

func TestRestoreRefusesWhatDoesNotFit(t *testing.T) {
	c := newTrial(t, smallNets()["dense"], 4, arbench.KeyedRand(24))
	m := c.model(t, 1)
	before, err := m.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	moment := func(name string, n int) arbench.Param {
		return arbench.Param{Name: name, Value: arbench.NewTensor(n)}
	}
	tests := []struct {
		name, want string
		state      arbench.State
	}{
		{"parameters", `parameter "b.weight" is missing`, arbench.State{}},
		{"unknown", `moment "x.m" belongs to no parameter of this net`,
			arbench.State{Params: c.params, Moments: []arbench.Param{moment("x.m", 5)}}},
		{"shape", `moment "b.bias.v" has 4 values, want shape [5]`,
			arbench.State{Params: c.params, Moments: []arbench.Param{moment("b.bias.v", 4)}}},
		{"mixed", "moments of adam and of sgd", arbench.State{Params: c.params,
			Moments: []arbench.Param{moment("b.bias.v", 5), moment("b.bias.momentum", 5)}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := m.Restore(t.Context(), tt.state)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			after, err := m.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("state (-before +after):\n%.1000s", diff)
			}
		})
	}
}
