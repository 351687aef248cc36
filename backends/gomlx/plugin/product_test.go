package plugin

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rounded returns x with that many bits after the leading one, ties to even: 10 are TF32, 7 bfloat16.
func rounded(x []float32, bits int) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		fraction, exponent := math.Frexp(float64(v))
		out[i] = float32(math.Ldexp(math.RoundToEven(math.Ldexp(fraction, bits+1)), exponent-bits-1))
	}
	return out
}

func narrow(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

// TestPrecisionNames holds the names against products whose factors are rounded as these formats
// round them.
func TestPrecisionNames(t *testing.T) {
	a, b := factors(1, matSide*matSide), factors(2, matSide*matSide)
	x, w := factors(3, convRows*convIn*convSide*convSide), factors(4, convOut*convIn*9)
	exactMat, exactConv := matMul(a, b, matSide), convolve(x, w)
	for bits, want := range map[int]string{23: "float32", 10: "tf32", 7: "bfloat16", 2: "wrong"} {
		p := Precision{
			MatMul: distance(narrow(matMul(rounded(a, bits), rounded(b, bits), matSide)), exactMat),
			Conv:   distance(narrow(convolve(rounded(x, bits), rounded(w, bits))), exactConv),
		}
		t.Logf("%d bits: %.1e of matrices, %.1e of convolutions", bits, p.MatMul, p.Conv)
		for _, p := range []Precision{p, {MatMul: p.MatMul}, {Conv: p.Conv}} {
			if p.String() != want {
				t.Errorf("%d bits: %+v is called %s, want %s", bits, p, p, want)
			}
		}
	}
	if p := (Precision{MatMul: distance([]float32{float32(math.NaN()), 1}, []float64{1, 1})}); p.String() != "wrong" {
		t.Errorf("NaN is called %s", p)
	}
}

func TestMatMulByHand(t *testing.T) {
	got := matMul([]float32{1, 2, 3, 4}, []float32{5, 6, 7, 8}, 2)
	if diff := cmp.Diff([]float64{19, 22, 43, 50}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestConvolveShifts convolves with a kernel that takes, for every channel but the first, the pixel above of the
// channel before.
func TestConvolveShifts(t *testing.T) {
	x := factors(5, convRows*convIn*convSide*convSide)
	w := make([]float32, convOut*convIn*9)
	for o := 1; o < convOut; o++ {
		w[(o*convIn+o-1)*9+1] = 1 // row 0, column 1 of 3x3
	}
	at := func(n, c, i, j int) int { return ((n*convIn+c)*convSide+i)*convSide + j }
	for i, got := range convolve(x, w) {
		n, o, row, col := i/convSide/convSide/convOut, i/convSide/convSide%convOut, i/convSide%convSide, i%convSide
		want := 0.0
		if o > 0 && row > 0 {
			want = float64(x[at(n, o-1, row-1, col)])
		}
		if got != want {
			t.Fatalf("image %d, channel %d, pixel %d, %d: %v, want %v", n, o, row, col, got, want)
		}
	}
}
