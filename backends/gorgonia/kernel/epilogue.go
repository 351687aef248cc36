package kernel

// Epilogue is what happens to a result while it is still in registers, in the
// order of the fields: y = mask(relu(sum + Bias + Residual)). A nil slice leaves
// its step out; a nil *Epilogue leaves out all.
type Epilogue struct {
	// Bias is added per channel: at least Up16 of the channels written, zeros after
	// the real ones.
	Bias []float32
	// Residual is added position by position. It lies like the result.
	Residual []float32
	// ReLU replaces negative values by 0 and keeps NaN.
	ReLU bool
	// Mask sets the result to 0 where Mask is not greater than 0: the derivative of
	// a ReLU (0 at 0) whose output was Mask. It lies like the result.
	Mask []float32
}

const ( // tileArgs.flags
	flagBias     = 1 << iota // the sum starts at bias
	flagAdd                  // add what y holds
	flagResidual             // add residual
	flagReLU
	flagMask
)

func (e *Epilogue) flags() int {
	f := 0
	if e == nil {
		return 0
	}
	if e.Bias != nil {
		f |= flagBias
	}
	if e.Residual != nil {
		f |= flagResidual
	}
	if e.ReLU {
		f |= flagReLU
	}
	if e.Mask != nil {
		f |= flagMask
	}
	return f
}

// check panics unless the slices cover c channels and n floats of result.
func (e *Epilogue) check(where string, c, n int) {
	if e == nil {
		return
	}
	if e.Bias != nil {
		checkLen(where, "bias", e.Bias, c)
	}
	if e.Residual != nil {
		checkLen(where, "residual", e.Residual, n)
	}
	if e.Mask != nil {
		checkLen(where, "mask", e.Mask, n)
	}
}

// apply does the epilogue, but for the residual, to n channels at y[o:].
func (e *Epilogue) apply(y []float32, o, n int) {
	for j := range n {
		v := y[o+j]
		if e.Bias != nil {
			v += e.Bias[j]
		}
		if e.ReLU {
			v = relu(v)
		}
		if e.Mask != nil && !(e.Mask[o+j] > 0) {
			v = 0
		}
		y[o+j] = v
	}
}

func relu(v float32) float32 {
	if v < 0 {
		return 0
	}
	return v
}
