package transfer_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/attacktest"
	"github.com/arbench/arbench/attacks/deepfool"
	"github.com/arbench/arbench/attacks/pgd"
	"github.com/arbench/arbench/attacks/transfer"
	"github.com/arbench/arbench/internal/golden"
)

func use(name string, a arbench.Attack) arbench.Use[arbench.Attack] {
	return arbench.Use[arbench.Attack]{Name: name, It: a}
}

func TestKeepsRules(t *testing.T) {
	attacktest.Run(t, func() arbench.Attack { return transfer.New() }, attacktest.Random)
	t.Run("the smallest change", func(t *testing.T) {
		attacktest.Run(t, func() arbench.Attack {
			return &transfer.Attack{Source: "other", Attack: use("deepfool", deepfool.New())}
		})
	})
}

// staged and crafted are attacks that a transfer refuses.
type (
	staged  struct{ *pgd.Attack }
	crafted struct{ *pgd.Attack }
)

func (staged) Stages(arbench.ModelInfo, arbench.Threat) ([]arbench.Stage, error) { return nil, nil }
func (crafted) Craft(context.Context, iter.Seq2[arbench.Trial, error]) (arbench.Tensor, error) {
	return arbench.Tensor{}, nil
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name string
		a    *transfer.Attack
		want string // part of the error; empty for none
	}{
		{"default", transfer.New(), ""},
		{"no source", &transfer.Attack{Attack: use("pgd", pgd.New())}, "source: none given"},
		{"no attack", &transfer.Attack{Source: "a"}, "attack: none given"},
		{"attack with a mistake", &transfer.Attack{Source: "a", Attack: use("pgd", &pgd.Attack{})}, "attack: steps 0"},
		{"a cascade", &transfer.Attack{Source: "a", Attack: use("x", staged{pgd.New()})}, `"x" is a cascade`},
		{"crafted", &transfer.Attack{Source: "a", Attack: use("x", crafted{pgd.New()})}, `"x" is crafted`},
	} {
		t.Run(tt.name, func(t *testing.T) { attacktest.Complains(t, tt.a.Validate(), tt.want) })
	}
}

// shifted is a model that sees every image moved by one pixel to the left.
type shifted struct{ arbench.Model }

func (m shifted) Run(ctx context.Context, c arbench.Call) (arbench.Pass, error) {
	c.X = c.X.Clone()
	for i := range c.X.Len() {
		r := c.X.Row(i)
		copy(r, r[1:])
	}
	p, err := m.Model.Run(ctx, c)
	for _, d := range p.DX {
		for i := range d.Len() {
			r := d.Row(i)
			copy(r[1:], r)
			r[0] = 0
		}
	}
	return p, err
}

// TestCandidatesAreThoseOfTheSource: of images that the model gets right they are what PGD makes of the
// source; the others stay. The model spends one pass, the source those of PGD, and a source that is not
// there is named.
func TestCandidatesAreThoseOfTheSource(t *testing.T) {
	mlp, err := golden.OpenNet("mlp_digits")
	if err != nil {
		t.Fatal(err)
	}
	batch, err := golden.Examples("digits", 16)
	if err != nil {
		t.Fatal(err)
	}
	threat := arbench.Threat{Norm: arbench.Linf, Eps: 0.1}
	oracle := func(m arbench.Model, access arbench.Access) *arbench.Oracle {
		return arbench.NewOracle(m, access, arbench.Frozen, batch, threat)
	}
	trial := arbench.Trial{Model: oracle(shifted{mlp}, arbench.Gradients), Batch: batch, Threat: threat}
	want, err := pgd.New().Perturb(t.Context(), trial)
	if err != nil {
		t.Fatal(err)
	}
	source := oracle(shifted{mlp}, arbench.Gradients)
	trial.Model = oracle(mlp, arbench.Labels)
	trial.Others = map[arbench.ModelRef]*arbench.Oracle{arbench.Twin: source}
	got, err := transfer.New().Perturb(t.Context(), trial)
	if err != nil {
		t.Fatal(err)
	}
	for i := range batch.Len() {
		if i == 7 { // which the net gets wrong
			copy(want.Row(i), batch.X.Row(i))
		}
		if !slices.Equal(want.Row(i), got.Row(i)) {
			t.Errorf("row %d: the candidate is not that of the source", i)
		}
		own, other := trial.Model.Books(), source.Books()
		if own.Forward[i] != 1 || own.Backward[i] != 0 || other.Forward[i] != 20 {
			t.Errorf("row %d: %d passes, %d of the source; want 1 and 20", i, own.Forward[i], other.Forward[i])
		}
	}
	trial.Others = nil
	if _, err := transfer.New().Perturb(t.Context(), trial); err == nil || !strings.Contains(err.Error(), `no model "twin"`) {
		t.Errorf("without a source: %v", err)
	}
}
