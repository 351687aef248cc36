// Package kernel is the float32 arithmetic of the CPU backend: convolutions, attention,
// dense layers, elementwise passes, pooling, optimizer steps and the workers
// that run them. On amd64 with AVX2 and FMA the inner loops are Go assembly, with
// AVX-512 (F, BW, DQ, VL) where it is faster; elsewhere they are portable Go. [Name]
// tells which, and the environment variable ARBENCH_KERNEL (avx512, avx2 or portable)
// overrides the choice.
//
// # Images
//
// An image is NHWC with a halo of zeros around it, see [Layout]. In such an
// image the inputs under one row of a convolution kernel are one run of floats,
// so that no copy of the input is needed. Kernels write whole blocks of 16
// channels and never the halo: memory that starts as zeros keeps a zero halo.
// Channels between the real count and the pitch (padding channels) hold zeros as
// long as the padding of every bias, scale and shift does and the data is finite.
//
// A saved activation masks a derivative position by position, so a value and its
// derivative share one layout. Where one layer's output is another's input, give
// both plans the [Layout.Union] of what each asks for.
//
// # Algorithms
//
// [Conv] sums up directly and does any geometry. [Winograd] does kernels of 3x3 and 5x5
// of stride 1, on the same images and panels, in 30 to 45 % of the time and with
// a larger rounding error; its results are not the bits of Conv.
//
// # Panels
//
// Weights are kept in panels, [blocks of 16 outputs][taps and input channels][16],
// and so are their gradients: an optimizer steps through panels in place, element
// by element. The input gradient reads its own panels, which PackGrad derives.
//
// # Determinism
//
// An element of a result is one sum in one order: its bits do not depend on the
// image's or row's neighbours, on the number of workers, or on the machine's other
// work. Gradients of weights are added up in the order of the calls, and within one
// call in parts that follow from the plan (and, for a dense layer, from the rows of
// the call, for [Winograd] from its images). The paths agree bit for bit in everything but the convolutions and dense
// layers, where avx512 and avx2 agree bit for bit and portable agrees to rounding.
//
// # Errors
//
// Plans are checked when they are made and return errors. Calls in hot loops
// check the lengths they are given and panic with the plan's name and both
// lengths before any memory is touched: such a call is a programmer's mistake.
package kernel

//go:generate go run -C gen . -out ../kernel_amd64.s -stubs ../kernel_amd64.go -pkg kernel
