package gorgonia

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/arch"
)

// benchNets are the nets of the benchmarks: batches of 128 images.
var benchNets = []struct {
	name  string
	arch  arbench.Architecture
	input []int
}{
	{"mlp-digits", &arch.MLP{Hidden: []int{256, 256}, Activation: arbench.ReLU}, []int{1, 8, 8}},
	{"cnn-digits", cnnOf(3, 64), []int{1, 8, 8}},
	{"mlp", &arch.MLP{Hidden: []int{256, 256}, Activation: arbench.ReLU}, []int{1, 28, 28}},
	{"cnn", cnnOf(5, 128), []int{1, 28, 28}},
	{"resnet20", &arch.ResNet{Depth: 20, Width: 16, Shortcut: "B"}, []int{3, 32, 32}},
}

func cnnOf(kernel, hidden int) *arch.CNN {
	return &arch.CNN{Channels: []int{16, 32}, Kernel: kernel, Hidden: []int{hidden}, Activation: arbench.ReLU}
}

// benchmark measures calls on a batch of 128 and reports images a second.
func benchmark(b *testing.B, c arbench.Call, step bool) {
	for _, tt := range benchNets {
		b.Run(tt.name, func(b *testing.B) {
			net, err := tt.arch.Network(tt.input, 10)
			if err != nil {
				b.Fatal(err)
			}
			m := openNet(b, arbench.ModelSpec{Network: net, Batch: 128, Threads: 2})
			trial := newTrial(b, net, 128, arbench.KeyedRand(1, "bench"))
			c.X = trial.x
			ce := arbench.CrossEntropy{Y: make([]int, 128)}
			for i := range ce.Y {
				ce.Y[i] = i % 10
			}
			c.Losses = []arbench.Loss{ce}
			run(b, m, c)
			b.ReportAllocs()
			for b.Loop() {
				run(b, m, c)
				if step {
					if err := m.Step(b.Context(), arbench.NewSGD(), 0.01); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(128*float64(b.N)/b.Elapsed().Seconds(), "img/s")
		})
	}
}

func BenchmarkForward(b *testing.B) { benchmark(b, arbench.Call{}, false) }

func BenchmarkInputGradient(b *testing.B) { benchmark(b, arbench.Call{Want: arbench.DX}, false) }

func BenchmarkTrainStep(b *testing.B) {
	benchmark(b, arbench.Call{Want: arbench.DParams, Mode: arbench.BatchUpdate}, true)
}
