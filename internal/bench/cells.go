package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/pgd"
	"github.com/arbench/arbench/internal/arch"
	"github.com/arbench/arbench/regularizers/advtrain"
)

// A net is a net whose speed is measured.
type net struct {
	name  string
	arch  arbench.Architecture
	input []int
	batch int
	eps   float64
}

// nets are the nets that others publish figures of.
var nets = []net{
	{"mlp", &arch.MLP{Hidden: []int{256, 256}, Activation: arbench.ReLU}, []int{1, 28, 28}, 128, 0.1},
	{
		"cnn", &arch.CNN{
			Channels: []int{16, 32}, Kernel: 5, Hidden: []int{128}, Activation: arbench.ReLU,
		}, []int{1, 28, 28}, 128, 0.1,
	},
	{"resnet20", &arch.ResNet{Depth: 20, Width: 16, Shortcut: "A"}, []int{3, 32, 32}, 128, 8. / 255},
	{"preactresnet18", &arch.PreActResNet{Depth: 18, Width: 64}, []int{3, 32, 32}, 64, 8. / 255},
	{"wrn16-4", &arch.WideResNet{Depth: 16, Widen: 4}, []int{3, 32, 32}, 64, 8. / 255},
}

// Nets returns the names of the nets whose speed can be measured, small ones first.
func Nets() []string {
	var out []string
	for _, n := range nets {
		out = append(out, n.name)
	}
	return out
}

// Cells are the passes whose speed is measured, by the names under which they are reported; AllCells
// has also what is only measured if asked for. Nobody may change them.
var (
	Cells    = []string{"forward", "train", "igrad", "pgd10_train", "pgd20"}
	AllCells = append(slices.Clone(Cells), "pgd20_steps")
)

// A model is a net opened for measuring, with batches that are there before the clock starts.
type model struct {
	arbench.Trainable
	net
	cost    cost
	batches []arbench.Batch
	next    int
}

// open opens the net n with random parameters and eight batches of random images.
func open(ctx context.Context, b arbench.Backend, n net, threads int) (*model, error) {
	const classes = 10
	net, err := n.arch.Network(n.input, classes)
	if err != nil {
		return nil, err
	}
	work, err := costOf(net)
	if err != nil {
		return nil, err
	}
	m, err := b.Open(ctx, arbench.ModelSpec{Network: net, Batch: n.batch, Threads: threads})
	if err != nil {
		return nil, err
	}
	t, ok := m.(arbench.Trainable)
	if !ok {
		return nil, fmt.Errorf("the backend cannot train")
	}
	out := &model{Trainable: t, net: n, cost: work}
	for k := range 8 {
		x := arbench.NewTensor(append([]int{n.batch}, n.input...)...)
		y, id := make([]int, n.batch), make([]int, n.batch)
		for i := range n.batch {
			r := arbench.KeyedRand(0, "bench", k, i)
			for j := range x.Row(i) {
				x.Row(i)[j] = r.Float32()
			}
			y[i], id[i] = r.IntN(classes), k*n.batch+i
		}
		out.batches = append(out.batches, arbench.Batch{X: x, Y: y, ID: id})
	}
	return out, nil
}

// batch returns the next batch, in turn.
func (m *model) batch() arbench.Batch {
	m.next = (m.next + 1) % len(m.batches)
	return m.batches[m.next]
}

// stage brings the next batch to the device meanwhile, as trainings do. The function that it returns waits for that.
func (m *model) stage() (wait func()) {
	s, ok := m.Trainable.(arbench.Stager)
	if !ok {
		return func() {}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Stage(m.batches[(m.next+1)%len(m.batches)].X)
	}()
	return func() { <-done }
}

// moved returns how many bytes the backend has copied to its device and back so far, 0 if it counts none.
func (m *model) moved() int64 {
	if m, ok := m.Trainable.(interface{ Moved() int64 }); ok {
		return m.Moved()
	}
	return 0
}

// cell does what a cell measures once, for one batch.
func (m *model) cell(ctx context.Context, name string) error {
	b := m.batch()
	if strings.HasSuffix(name, "train") {
		defer m.stage()()
	}
	switch name {
	case "forward":
		_, err := m.Run(ctx, arbench.Call{X: b.X})
		return err
	case "igrad":
		_, err := m.Run(ctx, arbench.Call{
			X: b.X, Losses: []arbench.Loss{arbench.CrossEntropy{Y: b.Y}}, Want: arbench.DX,
		})
		return err
	case "train":
		return m.train(ctx, &arbench.Step{Model: m.Trainable, Batch: b})
	case "pgd10_train":
		s := &arbench.Step{Model: m.Trainable, Batch: b}
		r := advtrain.New()
		r.Norm, r.Eps = arbench.Linf, m.eps
		if err := r.Prepare(ctx, s); err != nil {
			return err
		}
		return m.train(ctx, s)
	}
	t := arbench.Threat{Norm: arbench.Linf, Eps: m.eps}
	a, net := pgd.New(), arbench.Model(m.Trainable)
	if name == "pgd20_steps" {
		net = struct{ arbench.Model }{net} // which hides an Ascender
	}
	o := arbench.NewOracle(net, arbench.Gradients, arbench.Frozen, b, t)
	_, err := a.Perturb(ctx, arbench.Trial{Model: o, Batch: b, Threat: t})
	return err
}

// train takes one step of SGD with momentum and weight decay.
func (m *model) train(ctx context.Context, s *arbench.Step) error {
	_, err := s.Run(ctx, arbench.Call{
		X: s.X, Losses: []arbench.Loss{arbench.CrossEntropy{Y: s.Y}},
		Mode: arbench.BatchUpdate, Want: arbench.DParams,
	})
	if err != nil {
		return err
	}
	return m.Step(ctx, &arbench.SGD{Momentum: 0.9, Decay: 5e-4}, 0.01)
}
