package arbench_test

import (
	"context"
	"fmt"

	"github.com/arbench/arbench"
	_ "github.com/arbench/arbench/backends/linear"
)

func init() {
	arbench.Attacks.Register("coin-flip", func() arbench.Attack { return &CoinFlip{Flips: 20} })
}

// CoinFlip moves each pixel by eps up or down at random and keeps the worst of several tries.
type CoinFlip struct {
	Flips int `toml:"flips" doc:"tries for each image"`
}

// Validate reports options that make no sense.
func (a *CoinFlip) Validate() error {
	if a.Flips < 1 {
		return fmt.Errorf("flips %d must be at least 1", a.Flips)
	}
	return nil
}

// Info implements [arbench.Attack].
func (a *CoinFlip) Info() arbench.AttackInfo {
	return arbench.AttackInfo{
		Doc: "random corners of the ball", Access: arbench.Scores, Norms: []arbench.Norm{arbench.Linf},
	}
}

// Perturb implements [arbench.Attack].
func (a *CoinFlip) Perturb(ctx context.Context, t arbench.Trial) (arbench.Tensor, error) {
	best, worst := t.X.Clone(), make([]float64, t.Len())
	for flip := range a.Flips {
		x := t.X.Clone()
		for i := range t.Len() {
			r := t.Rand(i, "coin", flip)
			for j := range x.Row(i) {
				x.Row(i)[j] += float32(t.At(i)) * float32(2*r.IntN(2)-1)
			}
		}
		t.Project(x, t.X)
		p, err := t.Model.Run(ctx, arbench.Call{X: x, Losses: []arbench.Loss{arbench.Margin{Y: t.Y}}})
		if err != nil {
			return arbench.Tensor{}, err
		}
		for i, margin := range p.Values[0] {
			if flip == 0 || margin > worst[i] {
				worst[i] = margin
				copy(best.Row(i), x.Row(i))
			}
		}
	}
	return best, nil
}

// A whole attack, registered as a plugin and put to a model by way of an Oracle. The oracle keeps
// the books; whoever runs the attack judges the candidates.
func Example_attack() {
	ctx := context.Background()
	model, err := openThreshold(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	attack, err := arbench.Attacks.New("coin-flip")
	if err != nil {
		fmt.Println(err)
		return
	}
	batch := arbench.Batch{
		X: arbench.Tensor{Shape: []int{3, 1, 1, 2}, Data: []float32{0.7, 0.6, 0.55, 0.5, 0.2, 0.3}},
		Y: []int{1, 1, 0}, ID: []int{0, 1, 2},
	}
	threat := arbench.Threat{Norm: arbench.Linf, Eps: 0.1}
	oracle := arbench.NewOracle(model, attack.Info().Access, arbench.Frozen, batch, threat)
	x, err := attack.Perturb(ctx, arbench.Trial{Model: oracle, Batch: batch, Threat: threat, Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := model.Run(ctx, arbench.Call{X: x})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, y := range batch.Y {
		fmt.Printf("example %d of class %d: %.2f moved by %.2f is taken for class %d after %d passes\n",
			i, y, batch.X.Row(i), threat.Distance(x.Row(i), batch.X.Row(i)),
			arbench.Argmax(answer.Logits.Row(i)), oracle.Books().Forward[i])
	}
	// Output:
	// example 0 of class 1: [0.70 0.60] moved by 0.10 is taken for class 1 after 20 passes
	// example 1 of class 1: [0.55 0.50] moved by 0.10 is taken for class 0 after 20 passes
	// example 2 of class 0: [0.20 0.30] moved by 0.10 is taken for class 0 after 20 passes
}

// openThreshold opens softmax regression that takes images of two pixels for class 1 where their sum
// exceeds 1.
func openThreshold(ctx context.Context) (arbench.Model, error) {
	backend, err := arbench.Backends.New("linear")
	if err != nil {
		return nil, err
	}
	n := &arbench.Network{Input: []int{1, 1, 2}}
	n.Add("flat", arbench.Flatten{})
	n.Add("fc", arbench.Dense{Out: 2, Bias: true})
	return backend.Open(ctx, arbench.ModelSpec{Network: n, Weights: []arbench.Param{
		{Name: "fc.weight", Value: arbench.Tensor{Shape: []int{2, 2}, Data: []float32{0, 0, 1, 1}}},
		{Name: "fc.bias", Value: arbench.Tensor{Shape: []int{2}, Data: []float32{1, 0}}},
	}})
}
