//go:build gomlx

package gomlx

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/pgd"
	"github.com/arbench/arbench/backends/gorgonia"
	"github.com/arbench/arbench/internal/arch"
	"github.com/arbench/arbench/internal/dataset/digits"
)

// digitsOf returns n images of handwritten digits, those of the training split first.
func digitsOf(t *testing.T, n int) arbench.Batch {
	t.Helper()
	data, err := new(digits.Dataset).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := arbench.Batch{X: arbench.NewTensor(n, 1, 8, 8), Y: make([]int, n), ID: make([]int, n)}
	for i := range n {
		from, at := data.Train, i
		if i >= data.Train.Len() {
			from, at = data.Test, i-data.Train.Len()
		}
		b.Y[i], b.ID[i] = from.Read(at, b.X.Row(i)), i
	}
	return b
}

// smallCNN returns a net for digits.
func smallCNN(t *testing.T) *arbench.Network {
	t.Helper()
	net, err := (&arch.CNN{Channels: []int{8, 16}, Kernel: 3, Hidden: []int{32}, Activation: arbench.ReLU}).Network([]int{1, 8, 8}, 10)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// onGorgonia opens a model of gorgonia with direct convolutions.
func onGorgonia(t *testing.T, spec arbench.ModelSpec) arbench.Trainable {
	t.Helper()
	m, err := (&gorgonia.Backend{Numerics: "direct"}).Open(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return m.(arbench.Trainable)
}

// fit takes so many steps, each on the next images, and returns the mean loss of each.
func fit(t *testing.T, m arbench.Trainable, b arbench.Batch, size, steps int) (curve []float64) {
	t.Helper()
	for s := range steps {
		lo := s * size % (b.Len() - size + 1)
		ce := []arbench.Loss{arbench.CrossEntropy{Y: b.Y[lo : lo+size]}}
		p, err := m.Run(t.Context(), arbench.Call{X: b.X.Rows(lo, lo+size), Losses: ce, Want: arbench.DParams, Mode: arbench.BatchUpdate})
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, v := range p.Values[0] {
			sum += v
		}
		curve = append(curve, sum/float64(size))
		if err := m.Step(t.Context(), &arbench.SGD{Momentum: 0.9, Decay: 5e-4}, 0.05); err != nil {
			t.Fatal(err)
		}
	}
	return curve
}

// From one seed and with one order of the data an epoch has the loss of gorgonia's, to 1 % in each of its
// first 100 steps, and learns.
func TestTrainingFollowsGorgonia(t *testing.T) {
	onXLA(t, func(t *testing.T, b *Backend) {
		spec, data := arbench.ModelSpec{Network: smallCNN(t), Seed: 1}, digitsOf(t, 1150)
		want := fit(t, onGorgonia(t, spec), data, 11, 100)
		got := fit(t, openNet(t, b, spec), data, 11, 100)
		for s := range want {
			if d := math.Abs(got[s] - want[s]); !(d <= 0.01*want[s]) {
				t.Errorf("step %d: loss %.4g, of gorgonia %.4g", s, got[s], want[s])
			}
		}
		if !(mean(want[90:]) < 0.8*mean(want[:10])) {
			t.Errorf("loss of ten steps %.3g at first, %.3g at last: nothing is learned", mean(want[:10]), mean(want[90:]))
		}
	})
}

func mean(x []float64) (m float64) {
	for _, v := range x {
		m += v / float64(len(x))
	}
	return m
}

// On 1,000 digits PGD-10 leaves a trained net the accuracy that gorgonia's has, but for three of them.
func TestAccuracyUnderPGDIsThatOfGorgonia(t *testing.T) {
	onXLA(t, func(t *testing.T, b *Backend) {
		net, data := smallCNN(t), digitsOf(t, 1000)
		trained := onGorgonia(t, arbench.ModelSpec{Network: net, Seed: 1})
		fit(t, trained, data, 50, 60)
		s, err := trained.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		spec := arbench.ModelSpec{Network: net, Weights: s.Params}
		want, got := survivors(t, onGorgonia(t, spec), data), survivors(t, openNet(t, b, spec), data)
		flips, right := 0, 0
		for i := range want {
			if want[i] != got[i] {
				flips++
			}
			if want[i] {
				right++
			}
		}
		if flips > 3 {
			t.Errorf("%d of 1,000 images are right with one backend alone, want at most 3", flips)
		}
		if right < 100 || right > 900 {
			t.Errorf("%d of 1,000 images are right under PGD-10: the attack says nothing", right)
		}
	})
}

// survivors returns whether a model gets each image right after PGD-10.
func survivors(t *testing.T, m arbench.Model, b arbench.Batch) []bool {
	t.Helper()
	x := attacked(t, m, b)
	p, err := m.Run(t.Context(), arbench.Call{X: x})
	if err != nil {
		t.Fatal(err)
	}
	right := make([]bool, b.Len())
	for i := range right {
		right[i] = arbench.Argmax(p.Logits.Row(i)) == b.Y[i]
	}
	return right
}

// attacked returns the candidates of PGD-10.
func attacked(t *testing.T, m arbench.Model, b arbench.Batch) arbench.Tensor {
	t.Helper()
	a, threat := pgd.New(), arbench.Threat{Norm: arbench.Linf, Eps: 0.08}
	a.Steps = 10
	o := arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b, threat)
	x, err := arbench.Trial{Model: o, Batch: b, Threat: threat}.Put(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// Training and attack have the same bits in two processes.
func TestProcessesAgree(t *testing.T) {
	onXLA(t, func(t *testing.T, b *Backend) {
		m, data := openNet(t, b, arbench.ModelSpec{Network: smallCNN(t), Seed: 1}), digitsOf(t, 300)
		sum := sha256.New()
		write(t, sum, fit(t, m, data, 50, 10))
		ps, err := m.Params(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range ps {
			write(t, sum, p.Value.Data)
		}
		write(t, sum, attacked(t, m, data).Data)
		compareProcess(t, sum)
	})
}

// So they have with another number of processors, on which XLA would sum long products in other pieces.
func TestProcessorsChangeNoBit(t *testing.T) {
	taskset, err := exec.LookPath("taskset")
	if err != nil || exec.Command(taskset, "-c", "0", "true").Run() != nil || runtime.NumCPU() < 2 && os.Getenv(childVariable) == "" {
		t.Skip("there is one processor, or no taskset to make it so")
	}
	net := netOf([]int{1, 8, 8}, arbench.Flatten{}, arbench.Dense{Out: 16}, act(arbench.ReLU), arbench.Dense{Out: 512},
		act(arbench.ReLU), arbench.Dense{Out: 10})
	onXLA(t, func(t *testing.T, b *Backend) {
		m := openNet(t, b, arbench.ModelSpec{Network: net, Seed: 1})
		x, y := images(net, 1024)
		run(t, m, arbench.Call{X: x, Losses: []arbench.Loss{arbench.CrossEntropy{Y: y}}, Want: arbench.DParams})
		ps, err := m.Params(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		for _, p := range ps {
			write(t, sum, p.Grad.Data)
		}
		compareProcess(t, sum, taskset, "-c", "0")
	})
}

// childVariable is set in a process that compareProcess has begun.
const childVariable = "ARBENCH_TEST_CHILD"

// compareProcess holds what a test has come to against what it comes to in another process, begun by a command.
func compareProcess(t *testing.T, sum hash.Hash, command ...string) {
	t.Helper()
	line := fmt.Sprintf("digest %x\n", sum.Sum(nil))
	if os.Getenv(childVariable) != "" {
		fmt.Print(line)
		return
	}
	args := append(command, os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.count=1")
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childVariable+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the other process: %v\n%s", err, out)
	}
	if !strings.Contains(string(out), line) {
		t.Errorf("this process has %sthe other printed\n%s", line, out)
	}
}

// write adds numbers to a hash.
func write(t *testing.T, to hash.Hash, numbers any) {
	t.Helper()
	if err := binary.Write(to, binary.LittleEndian, numbers); err != nil {
		t.Fatal(err)
	}
}
