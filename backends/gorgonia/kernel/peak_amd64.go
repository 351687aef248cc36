package kernel

// turnFlops returns the floating-point operations of a turn of fmaTurns: 12 registers of two each.
func turnFlops() float64 {
	switch current {
	case avx512:
		return 12 * 16 * 2
	case avx2:
		return 12 * 8 * 2
	}
	return 0
}

func fmaTurns(n int) {
	if current == avx512 {
		fmaPeakWide(n)
		return
	}
	fmaPeakNarrow(n)
}
