package autoattack

import (
	"maps"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/linear"
)

// TestPassesAreNoMoreThanTheReferences puts each stage to images that it cannot break. What the
// authors' program takes for one image, read from its loops with N = 100 steps and T = 9 targets:
//   - apgd-ce: the image, then the start and N steps, each forward and backward; in L1 five times, in
//     three phases with a start each;
//   - apgd-t: the image; for each target, in L1 five of them, the image again, the start and N steps;
//   - fab-t: the image; for each target the image twice, N steps of 2 forward and 1 backward, and what came out;
//   - square: the image, the start, 5,000 proposals, and what came out.
func TestPassesAreNoMoreThanTheReferences(t *testing.T) {
	const n, targets, images = 100, 9, 3
	linf := map[string][2]int{
		"apgd-ce": {1 + (1 + n), 1 + n},
		"apgd-t":  {1 + targets*(1+1+n), targets * (1 + n)},
		"fab-t":   {1 + targets*(3+2*n), targets * n},
		"square":  {1 + 1 + 5000 + 1, 0},
	}
	l1 := maps.Clone(linf)
	l1["apgd-ce"], l1["apgd-t"] = [2]int{1 + 5*(3+n), 5 * (3 + n)}, [2]int{1 + 5*(1+3+n), 5 * (3 + n)}
	net := &arbench.Network{Input: []int{1, 6, 6}}
	net.Add("flatten", arbench.Flatten{})
	net.Add("fc", arbench.Dense{Out: 10})
	m, err := (&linear.Backend{}).Open(t.Context(), arbench.ModelSpec{Network: net, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	b := arbench.Batch{X: arbench.NewTensor(images, 1, 6, 6)}
	for i := range images {
		for j := range b.X.Row(i) {
			b.X.Row(i)[j] = 0.3 + float32((7*i+5*j)%11)/25
		}
	}
	p, err := m.Run(t.Context(), arbench.Call{X: b.X})
	if err != nil {
		t.Fatal(err)
	}
	for i := range images {
		b.Y, b.ID = append(b.Y, arbench.Argmax(p.Logits.Row(i))), append(b.ID, i)
	}
	for norm, reference := range map[arbench.Norm]map[string][2]int{arbench.Linf: linf, arbench.L2: linf, arbench.L1: l1} {
		threat := arbench.Threat{Norm: norm, Eps: 1e-4}
		stages, err := New().Stages(m.Info(), threat)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range stages {
			oracle := arbench.NewOracle(m, arbench.Gradients, arbench.Frozen, b, threat)
			if _, err := s.Attack.Perturb(t.Context(), arbench.Trial{Model: oracle, Batch: b, Threat: threat}); err != nil {
				t.Fatal(err)
			}
			books, want := oracle.Books(), reference[s.Name]
			for i := range images {
				if books.First[i] > 0 {
					t.Fatalf("%s in %s broke image %d: choose a smaller eps", s.Name, norm, i)
				}
				if books.Forward[i] > want[0] || books.Backward[i] > want[1] || books.Forward[i] < want[0]/2 {
					t.Errorf("%s in %s: image %d took %d passes forward and %d backward, the reference %d and %d",
						s.Name, norm, i, books.Forward[i], books.Backward[i], want[0], want[1])
				}
			}
			t.Logf("%s in %s: %d passes forward and %d backward, the reference %d and %d",
				s.Name, norm, books.Forward[0], books.Backward[0], want[0], want[1])
		}
	}
}
