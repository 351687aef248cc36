//go:build gomlx

package gomlx

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// Each program is said to be compiled before its first use, and at no later one.
func TestCompilingIsSaid(t *testing.T) {
	net := netOf([]int{1, 2, 3}, arbench.Flatten{}, arbench.Dense{Out: 3}) // of no other test
	x, y := images(net, 2)
	m := openNet(t, &Backend{Platform: goPlatform}, arbench.ModelSpec{Network: net})
	var said []string
	ctx := arbench.WatchCompiling(t.Context(), func(program string) func() {
		said = append(said, program)
		return func() { said = append(said, "done") }
	})
	for range 2 {
		for _, f := range []func(context.Context) error{
			func(ctx context.Context) error { _, err := m.Run(ctx, arbench.Call{X: x}); return err },
			func(ctx context.Context) error {
				_, err := m.Run(ctx, arbench.Call{X: x, Losses: []arbench.Loss{arbench.Margin{Y: y}}, Want: arbench.DParams})
				return err
			},
			func(ctx context.Context) error { return m.Step(ctx, arbench.NewSGD(), 0.1) },
			func(ctx context.Context) error {
				return m.Visit(ctx, x, []string{"b"}, func(string, arbench.Tensor) error { return nil })
			},
		} {
			if err := f(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []string{"pass of 1 rows", "done", "pass of 2 rows with derivatives", "done", "step", "done", "visit of 1 rows", "done"}
	if d := cmp.Diff(want, said); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
