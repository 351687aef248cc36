// Package backendtest is the kit of rules that every backend must keep. A backend's test calls
//
//	backendtest.Run(t, func() arbench.Backend { return &Backend{} }, net, otherNet)
//
// with small nets that have every layer it knows. Each failure names the rule that was broken. Logits
// and derivatives are held to a plain float64 implementation of the vocabulary's layers; derivatives
// are its central differences. Rules of interfaces that a model does not have are not checked.
package backendtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/arbench/arbench"
)

// rules are the rules in order.
var rules = []struct {
	name  string
	check func(context.Context, *kit) error
}{
	{"the backend and its models describe themselves", describes},
	{"Init(seed) gives the vocabulary's parameters", on(initial)},
	{"given weights are used and copied", on(givenWeights)},
	{"wrong weights are an error", wrongWeights},
	{"an unknown layer is refused by name", unknownLayer},

	{"logits equal the float64 reference", on(logits)},
	{"values are each row's own", on(ownValues)},
	{"inputs are left alone and results belong to the caller", on(ownership)},
	{"row independence: a row's results do not depend on other rows", on(rowIndependence)},
	{"any batch size up to and beyond the hint", on(batchSizes)},
	{"determinism over threads", threads},
	{"input gradient equals finite differences", on(inputGradient)},
	{"several losses equal separate calls", on(severalLosses)},
	{"derivatives beyond the model's access are refused", on(access)},

	{"parameter gradient equals finite differences", on(paramGradient)},
	{"weights scale parameter derivatives only", on(weights)},
	{"one pass gives both derivatives", on(bothDerivatives)},
	{"gradients accumulate until Step", on(accumulate)},
	{"ClearGrad", on(clearGrad)},
	{"SetParams/Params round trip", on(roundTrip)},
	{"SGD and Adam steps equal a float64 reference", on(steps)},
	{"snapshot/restore is bit-identical", on(snapshot)},

	{"modes: BatchUpdate moves statistics, BatchStats and Frozen do not", on(modes)},
	{"batch statistics equal the float64 reference", on(batchStatistics)},
	{"Groups equal separate batches", on(groups)},

	{"Visit shows named layers", on(visit)},
	{"Bounds enclose the logits", on(bounds)},
	{"the derivative of bounds equals finite differences", on(boundsGradient)},

	{"NaN input is an error", on(notANumber)},
	{"a broken weight is an error that names the layer", on(brokenWeight)},
	{"wrong shape is an error", on(wrongShape)},
	{"cancelled context is an error", on(cancelled)},
}

// Run checks every rule on every net, each in a subtest of its name. Open returns a new backend with
// the options to test.
func Run(t *testing.T, open func() arbench.Backend, nets ...*arbench.Network) {
	t.Helper()
	for i, n := range nets {
		for _, r := range rules {
			t.Run(fmt.Sprintf("net %d/%s", i, strings.ReplaceAll(r.name, "/", " and ")), func(t *testing.T) {
				if err := r.check(t.Context(), &kit{open, n}); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// Check is Run outside a test: its error names every rule that is broken.
func Check(ctx context.Context, open func() arbench.Backend, nets ...*arbench.Network) error {
	var errs []error
	for i, n := range nets {
		for _, r := range rules {
			if err := r.check(ctx, &kit{open, n}); err != nil {
				errs = append(errs, fmt.Errorf("net %d: rule %q: %w", i, r.name, err))
			}
		}
	}
	return errors.Join(errs...)
}

// on makes a rule of a check that needs a model with the methods of M; it holds for a model without.
func on[M arbench.Model](
	check func(context.Context, *kit, M) error,
) func(context.Context, *kit) error {
	return func(ctx context.Context, k *kit) error {
		m, err := k.model(ctx)
		if err != nil {
			return err
		}
		as, ok := m.(M)
		if !ok {
			return nil
		}
		return check(ctx, k, as)
	}
}

// A kit is a backend and a net to try it on.
type kit struct {
	open func() arbench.Backend
	net  *arbench.Network
}

const (
	seed = 7
	hint = 4 // greatest number of rows announced
)

// model opens the net with the kit's weights.
func (k *kit) model(ctx context.Context) (arbench.Model, error) {
	ps, err := k.weights()
	if err != nil {
		return nil, err
	}
	return k.open().Open(ctx, arbench.ModelSpec{Network: k.net, Weights: ps, Batch: hint, Threads: 2})
}

// weights returns parameters that no test can mistake for the initial ones: batch normalization, too,
// does something.
func (k *kit) weights() ([]arbench.Param, error) {
	ps, err := k.net.Init(seed + 1)
	for _, p := range ps {
		r := arbench.KeyedRand(seed, "weights", p.Name)
		for i := range p.Value.Data {
			switch {
			case p.Role == arbench.Scale, strings.HasSuffix(p.Name, "running_var"):
				p.Value.Data[i] = float32(0.5 + r.Float64())
			case p.Role == arbench.Shift, p.Role == arbench.Statistic, p.Role == arbench.Embedding:
				p.Value.Data[i] = float32(r.Float64() - 0.5)
			}
		}
	}
	return ps, err
}

// images returns n images, uniform in [0, 1]; row i depends on i alone.
func (k *kit) images(n int) arbench.Tensor {
	x := arbench.NewTensor(append([]int{n}, k.net.Input...)...)
	for i := range n {
		r := arbench.KeyedRand(seed, "image", i)
		for j := range x.Row(i) {
			x.Row(i)[j] = r.Float32()
		}
	}
	return x
}

// classes returns a class for each of n rows.
func (k *kit) classes(n int) []int {
	y := make([]int, n)
	for i := range y {
		y[i] = (3*i + 1) % k.net.Classes()
	}
	return y
}

// call returns a call of n rows with one loss, cross-entropy.
func (k *kit) call(n int, want arbench.Want) arbench.Call {
	return arbench.Call{
		X: k.images(n), Losses: []arbench.Loss{arbench.CrossEntropy{Y: k.classes(n)}}, Want: want,
	}
}

// hasStatistics reports whether the net has batch normalization.
func (k *kit) hasStatistics() bool {
	for _, l := range k.net.Layers {
		if _, ok := l.Op.(arbench.BatchNorm); ok {
			return true
		}
	}
	return false
}
