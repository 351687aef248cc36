package gorgonia

import (
	"math"
	"testing"

	"github.com/arbench/arbench"
)

// The table's values and slopes of GELU are within the stated bound, and those of the formula, to the
// last bit, once they are rounded: for one in 9973 of all float32 numbers, and derivatives of all sizes.
func TestQuickGELUGivesTheBitsOfTheFormula(t *testing.T) {
	c, quick, all := curves[arbench.GELU], 0, 0
	for bits := uint64(0); bits < 1<<32; bits += 9973 {
		v := math.Float32frombits(uint32(bits))
		x, g := float64(v), math.Float32frombits(uint32(bits*2654435761))
		if !isFinite(v) || !isFinite(g) {
			continue
		}
		if f, df, off, ok := quickGELU(x); ok {
			if math.Abs(f-c.f(x)) > off || math.Abs(df-c.df(x)) > off {
				t.Fatalf("gelu(%v): %v and %v, want %v and %v within %v", v, f, df, c.f(x), c.df(x), off)
			}
		}
		if got, want := c.value(v), float32(c.f(x)); math.Float32bits(got) != math.Float32bits(want) {
			t.Fatalf("gelu(%v) is %v, want %v", v, got, want)
		}
		got, want := c.back(g, v), float32(float64(g)*c.df(x))
		if math.Float32bits(got) != math.Float32bits(want) {
			t.Fatalf("derivative %v of gelu at %v is %v, want %v", g, v, got, want)
		}
		if math.Abs(x) > 0.01 && math.Abs(x) < 2 {
			f, _, off, _ := quickGELU(x)
			if all++; float32(f-off) == float32(f+off) {
				quick++
			}
		}
	}
	if quick < all*99/100 {
		t.Errorf("the table decides %d of %d numbers around 1, want nearly all", quick, all)
	}
}

func BenchmarkGELU(b *testing.B) {
	x, y := make([]float32, 4096), make([]float32, 4096)
	for i := range x {
		x[i] = float32(i)/1024 - 2
	}
	c := curves[arbench.GELU]
	b.Run("value", func(b *testing.B) {
		for b.Loop() {
			for i, v := range x {
				y[i] = c.value(v)
			}
		}
	})
	b.Run("value by formula", func(b *testing.B) {
		for b.Loop() {
			for i, v := range x {
				y[i] = float32(c.f(float64(v)))
			}
		}
	})
	b.Run("derivative", func(b *testing.B) {
		for b.Loop() {
			for i, v := range x {
				y[i] = c.back(1, v)
			}
		}
	})
	b.Run("derivative by formula", func(b *testing.B) {
		for b.Loop() {
			for i, v := range x {
				y[i] = float32(c.df(float64(v)))
			}
		}
	})
}
