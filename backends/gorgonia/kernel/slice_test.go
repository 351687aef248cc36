package kernel

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// lengths has whole vectors, remainders, and nothing.
var lengths = []int{0, 1, 7, 8, 9, 16, 31, 100}

// sliceTest is a pass over slices of equal length: f in float32, want per value.
type sliceTest struct {
	name string
	f    func(s [3][]float32)
	want func(a, b, c float64) float64
}

func sliceTests() []sliceTest {
	return []sliceTest{
		{"add", func(s [3][]float32) { AddTo(s[0], s[1]) },
			func(a, b, c float64) float64 { return a + b }},
		{"axpby", func(s [3][]float32) { Axpby(s[0], s[1], 0.75, -2) },
			func(a, b, c float64) float64 { return 0.75*a - 2*b }},
		{"relu", func(s [3][]float32) { ReLU(s[0], s[1]) },
			func(a, b, c float64) float64 {
				if b < 0 {
					return 0
				}
				return b // NaN as well
			}},
		{"relu gradient", func(s [3][]float32) { ReLUGrad(s[0], s[1], s[2]) },
			func(a, b, c float64) float64 {
				if c > 0 {
					return b
				}
				return 0
			}},
	}
}

func TestSlicePasses(t *testing.T) {
	for _, test := range sliceTests() {
		for _, n := range lengths {
			t.Run(fmt.Sprintf("%s/%d", test.name, n), func(t *testing.T) {
				bothPaths(t, func(t *testing.T) []float32 { return checkSlices(t, test, n) })
			})
		}
	}
}

func checkSlices(t *testing.T, test sliceTest, n int) []float32 {
	var b guards
	r := source(uint64(n))
	var s [3][]float32
	for i := range s {
		s[i] = b.copied(randoms(r, n))
	}
	for i := range n { // every tenth value is special
		switch i % 10 {
		case 3:
			s[1][i] = float32(math.NaN())
		case 4:
			s[2][i] = 0
		case 5:
			s[1][i] = float32(math.Inf(-1))
		case 6:
			s[2][i] = float32(math.NaN())
		}
	}
	want := make([]float64, n)
	for i := range want {
		want[i] = test.want(float64(s[0][i]), float64(s[1][i]), float64(s[2][i]))
	}
	test.f(s)
	closeTo(t, test.name, s[0], want, 2e-7)
	got := append([]float32(nil), s[0]...)
	b.check(t)
	return got
}

func TestSlicePassesRefuseOtherLengths(t *testing.T) {
	a, b := make([]float32, 9), make([]float32, 8)
	for name, f := range map[string]func(){
		"add":           func() { AddTo(a, b) },
		"axpby":         func() { Axpby(b, a, 1, 1) },
		"relu":          func() { ReLU(a, b) },
		"relu gradient": func() { ReLUGrad(a, a, b) },
		"sign step":     func() { SignStep(a, b, b, 1, 1) },
		"sign step's g": func() { SignStep(a, a, b, 1, 1) },
		"sgd":           func() { SGD{Rate: 1}.Step(a, b, nil) },
		"sgd buffer":    func() { SGD{Rate: 1, Momentum: 1}.Step(a, a, nil) },
		"adam":          func() { Adam{}.Step(1, a, a, b, a) },
	} {
		if got := panics(f); !strings.Contains(got, "equal lengths") {
			t.Errorf("%s: panic %q, want one about lengths", name, got)
		}
	}
}
