package kernel

import "unsafe"

// lanes numbers the values of a vector.
var lanes = [16]int32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}

// nonzeros needs 15 values more of room than it finds.
func nonzeros(x, values []float32, index []int32) int {
	if current < avx512 || len(x)%16 != 0 {
		return portableNonzeros(x, values, index)
	}
	return nonzeros16(&x[0], &values[0], &index[0], &lanes[0], len(x)/16)
}

func sparse(a *sparseArgs, w int) {
	p := (*int64)(unsafe.Pointer(a))
	switch current {
	case portable:
		portableSparse(a, w)
	case avx512:
		sparseWide(p, w)
	default:
		sparseNarrow(p, w)
	}
}

func sparseWide(p *int64, w int) {
	switch w {
	case 1:
		sparse1Wide(p)
	case 2:
		sparse2Wide(p)
	case 3:
		sparse3Wide(p)
	case 4:
		sparse4Wide(p)
	case 5:
		sparse5Wide(p)
	case 6:
		sparse6Wide(p)
	case 7:
		sparse7Wide(p)
	case 8:
		sparse8Wide(p)
	}
}

func sparseNarrow(p *int64, w int) {
	switch w {
	case 1:
		sparse1Narrow(p)
	case 2:
		sparse2Narrow(p)
	case 3:
		sparse3Narrow(p)
	case 4:
		sparse4Narrow(p)
	case 5:
		sparse5Narrow(p)
	case 6:
		sparse6Narrow(p)
	case 7:
		sparse7Narrow(p)
	case 8:
		sparse8Narrow(p)
	}
}
