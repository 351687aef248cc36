// Package attacktest is the kit of rules that every attack must keep, for go test. An attack's test calls
//
//	attacktest.Run(t, func() arbench.Attack { return &Attack{Steps: 5} }, attacktest.Random)
//
// with options that make it quick. Each failure names the rule that was broken. The rules are those of
// package conformance.
package attacktest

import (
	"context"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/conformance"
)

// A Property is something that only some attacks promise: see [conformance.Property].
type Property = conformance.Property

// The properties, which package conformance explains.
const (
	Random       = conformance.Random
	Optimal      = conformance.Optimal
	Minimal      = conformance.Minimal
	NearestPlane = conformance.NearestPlane
	ManyClasses  = conformance.ManyClasses
)

// Run checks every rule, each in a subtest of its name, on the attack that construct returns.
func Run(t *testing.T, construct func() arbench.Attack, properties ...Property) {
	t.Helper()
	for _, r := range conformance.Rules() {
		t.Run(r.Name, func(t *testing.T) {
			if f := r.Check(t.Context(), construct, properties...); f.Err != nil {
				t.Error(f.Err)
			}
		})
	}
}

// An Excess is how much longer than the shortest changes may be: see [conformance.Excess].
type Excess = conformance.Excess

// RunSmallest checks in a subtest that changes are the shortest but for the excess, which is to be stated
// for each attack: [conformance.Smallest]. Only the property NearestPlane matters to it.
func RunSmallest(t *testing.T, construct func() arbench.Attack, excess Excess, properties ...Property) {
	t.Helper()
	r := conformance.Smallest(excess)
	t.Run(r.Name, func(t *testing.T) {
		if f := r.Check(t.Context(), construct, properties...); f.Err != nil {
			t.Error(f.Err)
		}
	})
}

// Complains checks what an error says, such as that of an attack's Validate: want is a part of it, or empty
// where there is to be no error.
func Complains(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("error %q, want none", err)
	case want != "" && err == nil:
		t.Errorf("no error, want one that says %q", want)
	case want != "" && !strings.Contains(err.Error(), want):
		t.Errorf("error %q, want one that says %q", err, want)
	}
}

// Check is Run outside a test: its error names every rule that is broken.
func Check(ctx context.Context, construct func() arbench.Attack, properties ...Property) error {
	return conformance.Check(ctx, construct, properties...)
}
