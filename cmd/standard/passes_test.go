package standard

import (
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/apgd"
	"github.com/arbench/arbench/attacks/fab"
	"github.com/arbench/arbench/attacks/pgd"
	"github.com/arbench/arbench/attacks/square"
	"github.com/arbench/arbench/backends/linear"
	"github.com/arbench/arbench/regularizers/trades"
)

// stubborn returns softmax regression on 6×6 images with four classes, and three images that it gets right.
func stubborn(t *testing.T) (arbench.Trainable, arbench.Batch) {
	t.Helper()
	net := &arbench.Network{Input: []int{1, 6, 6}}
	net.Add("flatten", arbench.Flatten{})
	net.Add("fc", arbench.Dense{Out: 4})
	m, err := (&linear.Backend{}).Open(t.Context(), arbench.ModelSpec{Network: net, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	b := arbench.Batch{X: arbench.NewTensor(3, 1, 6, 6)}
	for i := range b.X.Data {
		b.X.Data[i] = 0.3 + float32((7*i)%11)/25
	}
	p, err := m.Run(t.Context(), arbench.Call{X: b.X})
	if err != nil {
		t.Fatal(err)
	}
	for i := range b.X.Len() {
		b.Y, b.ID = append(b.Y, arbench.Argmax(p.Logits.Row(i))), append(b.ID, i)
	}
	return m.(arbench.Trainable), b
}

// TestEstimates holds the estimate of every attack in the program, and of some with other options, to the passes
// of images that nothing breaks: it is no less, and no more than twice what those take that make all their steps.
func TestEstimates(t *testing.T) {
	m, b := stubborn(t)
	put := func(name string, it arbench.Attack, few bool) {
		info := it.Info()
		for _, norm := range info.Norms {
			threat := arbench.Threat{Norm: norm, Eps: 1e-5}
			oracle := arbench.NewOracle(m, info.Access, arbench.Frozen, b, threat)
			if _, err := it.Perturb(t.Context(), arbench.Trial{Model: oracle, Batch: b, Threat: threat}); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			e, ok := it.(arbench.Estimator)
			if !ok {
				t.Errorf("%s does not say what it costs", name)
				return
			}
			most := e.MostPasses(4, norm)
			for i, n := range oracle.Books().Forward {
				took := float64(n + oracle.Books().Backward[i])
				if took > most || !few && took < most/2 {
					t.Errorf("%s in %s: image %d took %v passes, the estimate is %v", name, norm, i, took, most)
				}
			}
		}
	}
	for _, name := range arbench.Attacks.Names() {
		it, err := arbench.Attacks.New(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := it.(arbench.Staged); !ok && name != "transfer" { // whose stages are here, and which needs a source
			put(name, it, name == "cw" || name == "deepfool") // which stop early
		}
	}
	all, second := pgd.New(), pgd.New()
	all.Target, all.Restarts, all.Loss = "all", 2, "margin"
	second.Target, second.Restarts = "second", 3
	targeted, averaged := apgd.New(), apgd.New()
	targeted.Loss = "dlr-targeted"
	averaged.EOT, averaged.Restarts = 3, 2
	near, often := fab.New(9), square.New()
	near.Restarts, near.Steps = 2, 10
	often.Restarts, often.Queries = 3, 50
	for name, it := range map[string]arbench.Attack{
		"all": all, "second": second, "targeted": targeted, "averaged": averaged, "near": near, "often": often,
	} {
		put(name, it, false)
	}
}

// TestEstimateOfTrades is what a step takes beside a pass forward and backward of each image.
func TestEstimateOfTrades(t *testing.T) {
	m, b := stubborn(t)
	r := trades.New()
	r.Norm, r.Eps, r.Steps = arbench.Linf, 0.1, 5
	s := &arbench.Step{Model: m, Batch: b, Loss: arbench.CrossEntropy{Y: b.Y}, Seed: 1}
	if err := r.Prepare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	_, err := s.Run(t.Context(), arbench.Call{X: s.X, Losses: []arbench.Loss{s.Loss}, Want: arbench.DParams})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := float64(s.Passes.Forward+s.Passes.Backward)/3-2, r.MostPasses(4, arbench.Linf); got != want {
		t.Errorf("a step took %v passes of each image beside two, the estimate is %v", got, want)
	}
}
