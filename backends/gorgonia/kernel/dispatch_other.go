//go:build !amd64

package kernel

// best is the machine's largest path: there is no assembly for it.
const best = portable

func tile(a *tileArgs, mr int)           { portableTile(a, mr) }
func weightTile(a *tileArgs, mr int)     { portableTile(a, mr) }
func dot(a *tileArgs)                    { portableDot(a) }
func transpose16(dst, src *[256]float32) { portableTranspose16(dst, src) }

func affineRow(dst, src, add, scale, shift []float32, clip bool) {
	portableAffineRow(dst, src, add, scale, shift, clip)
}
func normGradRow(dst, dz, y, a, b, d []float32)  { portableNormGradRow(dst, dz, y, a, b, d) }
func dotsRow(x, y []float32, sum, dot []float64) { portableDotsRow(x, y, sum, dot) }
func addTo(dst, src []float32)                   { portableAddTo(dst, src) }
func axpby(dst, src []float32, a, b float32)     { portableAxpby(dst, src, a, b) }
func reluSlice(dst, src []float32)               { portableReLU(dst, src) }
func reluGrad(dst, dy, y []float32)              { portableReLUGrad(dst, dy, y) }
func sgdPlain(w, g []float32, s SGD)             { portableSGDPlain(w, g, s) }
func sgdMomentum(w, g, buf []float32, s SGD)     { portableSGDMomentum(w, g, buf, s) }
func adam(s *adamStep, w, g, m, v []float32)     { portableAdam(s, w, g, m, v) }
func pool2Row(y, r0, r1 []float32, c int)        { portablePool2Row(y, r0, r1, c) }
func pool2GradRow(d0, d1, dy, r0, r1, y []float32, c int, relu bool) {
	portablePool2GradRow(d0, d1, dy, r0, r1, y, c, relu)
}

func signStep(x, x0, g []float32, size, eps float32) (finite bool) {
	return portableSignStep(x, x0, g, size, eps) == 0
}

func winogradIn(a *winogradArgs, side int)   { portableWinogradIn(a, side) }
func winogradGrad(a *winogradArgs, side int) { portableWinogradGrad(a, side) }
func winogradOut(a *winogradArgs, side int)  { portableWinogradOut(a, side) }

func product(a, b, c []float32, _, k, tiles, ldc int) { portableProduct(a, b, c, k, tiles, ldc) }

func outer(v, m, u []float32, _, terms, ldv, ldm int) { portableOuter(v, m, u, terms, ldv, ldm) }

func turnFlops() float64 { return 0 }

func fmaTurns(int) {}

func nonzeros(x, values []float32, index []int32) int { return portableNonzeros(x, values, index) }

func sparse(a *sparseArgs, w int) { portableSparse(a, w) }
