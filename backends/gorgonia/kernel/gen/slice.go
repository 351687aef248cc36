package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sliceKernels writes the passes over n8 vectors of plain slices. Products are
// rounded before they are added, as in Go.
func sliceKernels() {
	addTo()
	axpby()
	relu()
	reluGrad()
	sgd()
	sgdMomentum("sgdMomentum8", false)
	sgdMomentum("sgdNesterov8", true)
	adam()
	signStep()
}

// sliceLoop runs body for every vector.
func sliceLoop(data []reg.GPVirtual, body func()) {
	n := param("n8")
	Label("loop")
	body()
	for _, p := range data {
		ADDQ(Imm(vecBytes), p)
	}
	DECQ(n)
	JNZ(LabelRef("loop"))
	end()
}

// constant broadcasts a parameter.
func constant(name string, r reg.VecPhysical) {
	x := Load(Param(name), XMM())
	VBROADCASTSS(x, r)
}

func addTo() {
	begin("addTo8", "func(dst, src *float32, n8 int)")
	dst, src := param("dst"), param("src")
	sliceLoop([]reg.GPVirtual{dst, src}, func() {
		VMOVUPS(at(src, 0), ymm[0])
		VADDPS(at(dst, 0), ymm[0], ymm[0])
		VMOVUPS(ymm[0], at(dst, 0))
	})
}

func axpby() {
	begin("axpby8", "func(dst, src *float32, a, b float32, n8 int)")
	dst, src := param("dst"), param("src")
	constant("a", ymm[14])
	constant("b", ymm[15])
	sliceLoop([]reg.GPVirtual{dst, src}, func() {
		VMULPS(at(dst, 0), ymm[14], ymm[0])
		VMULPS(at(src, 0), ymm[15], ymm[1])
		VADDPS(ymm[1], ymm[0], ymm[0])
		VMOVUPS(ymm[0], at(dst, 0))
	})
}

func relu() {
	begin("relu8", "func(dst, src *float32, n8 int)")
	dst, src := param("dst"), param("src")
	zero(ymm[15])
	sliceLoop([]reg.GPVirtual{dst, src}, func() {
		VMAXPS(at(src, 0), ymm[15], ymm[0]) // keeps NaN
		VMOVUPS(ymm[0], at(dst, 0))
	})
}

func reluGrad() {
	begin("reluGrad8", "func(dst, dy, y *float32, n8 int)")
	dst, dy, y := param("dst"), param("dy"), param("y")
	zero(ymm[15])
	sliceLoop([]reg.GPVirtual{dst, dy, y}, func() {
		VCMPPS(Imm(cmpLT), at(y, 0), ymm[15], ymm[0])
		VANDPS(at(dy, 0), ymm[0], ymm[0])
		VMOVUPS(ymm[0], at(dst, 0))
	})
}

// decayed leaves g + decay*w in d and w in w0; ymm13 holds the decay.
func decayed(w, g reg.GPVirtual, w0, d reg.VecPhysical) {
	VMOVUPS(at(w, 0), w0)
	VMULPS(w0, ymm[13], d)
	VADDPS(at(g, 0), d, d)
}

// descend writes w0 - rate*d; ymm15 holds the rate.
func descend(w reg.GPVirtual, w0, d reg.VecPhysical) {
	VMULPS(d, ymm[15], d)
	VSUBPS(d, w0, w0)
	VMOVUPS(w0, at(w, 0))
}

func sgd() {
	begin("sgd8", "func(w, grad *float32, rate, decay float32, n8 int)")
	w, g := param("w"), param("grad")
	constant("decay", ymm[13])
	constant("rate", ymm[15])
	sliceLoop([]reg.GPVirtual{w, g}, func() {
		decayed(w, g, ymm[0], ymm[1])
		descend(w, ymm[0], ymm[1])
	})
}

func sgdMomentum(name string, nesterov bool) {
	begin(name, "func(w, grad, buf *float32, rate, momentum, decay float32, n8 int)")
	w, g, buf := param("w"), param("grad"), param("buf")
	constant("decay", ymm[13])
	constant("momentum", ymm[14])
	constant("rate", ymm[15])
	sliceLoop([]reg.GPVirtual{w, g, buf}, func() {
		decayed(w, g, ymm[0], ymm[1])
		VMULPS(at(buf, 0), ymm[14], ymm[2])
		VADDPS(ymm[1], ymm[2], ymm[2])
		VMOVUPS(ymm[2], at(buf, 0))
		if nesterov {
			VMULPS(ymm[2], ymm[14], ymm[2])
			VADDPS(ymm[1], ymm[2], ymm[2])
		}
		descend(w, ymm[0], ymm[2])
	})
}

// adam reads its nine constants in the order of kernel.adamStep.
func adam() {
	begin("adam8", "func(step, w, grad, m, v *float32, n8 int)")
	step := param("step")
	w, g, m, v := param("w"), param("grad"), param("m"), param("v")
	for i := range 9 {
		VBROADCASTSS(Mem{Base: step, Disp: 4 * i}, ymm[7+i])
	}
	keep, decay, beta1, rest1, beta2 := ymm[7], ymm[8], ymm[9], ymm[10], ymm[11]
	rest2, scale, eps, rate := ymm[12], ymm[13], ymm[14], ymm[15]
	sliceLoop([]reg.GPVirtual{w, g, m, v}, func() {
		VMULPS(at(w, 0), keep, ymm[0])
		VMULPS(ymm[0], decay, ymm[1])
		VADDPS(at(g, 0), ymm[1], ymm[1])
		VMULPS(at(m, 0), beta1, ymm[2])
		VMULPS(ymm[1], rest1, ymm[3])
		VADDPS(ymm[3], ymm[2], ymm[2])
		VMOVUPS(ymm[2], at(m, 0))
		VMULPS(ymm[1], ymm[1], ymm[1])
		VMULPS(ymm[1], rest2, ymm[1])
		VMULPS(at(v, 0), beta2, ymm[3])
		VADDPS(ymm[1], ymm[3], ymm[3])
		VMOVUPS(ymm[3], at(v, 0))
		VSQRTPS(ymm[3], ymm[3])
		VMULPS(ymm[3], scale, ymm[3])
		VADDPS(ymm[3], eps, ymm[3])
		VDIVPS(ymm[3], ymm[2], ymm[2])
		VMULPS(ymm[2], rate, ymm[2])
		VSUBPS(ymm[2], ymm[0], ymm[0])
		VMOVUPS(ymm[0], at(w, 0))
	})
}

// signStep moves x by size in the direction of grad's signs, into the ball around x0 and the box. It
// returns 0 times the sum of grad: NaN if one of them is not finite.
func signStep() {
	begin("signStep8", "func(x, x0, grad *float32, size, eps float32, n8 int) float32")
	x, x0, g := param("x"), param("x0"), param("grad")
	constant("size", ymm[15])
	constant("eps", ymm[14])
	zero(ymm[13])
	zero(ymm[12])
	broadcast(0x80000000, ymm[11])
	broadcast(0x3f800000, ymm[10])
	n := param("n8")
	Label("loop")
	VMOVUPS(at(g, 0), ymm[0])
	VMULPS(ymm[0], ymm[13], ymm[1])
	VADDPS(ymm[1], ymm[12], ymm[12])
	VCMPPS(Imm(cmpNotEqual), ymm[13], ymm[0], ymm[1])
	VANDPS(ymm[11], ymm[0], ymm[0])
	VORPS(ymm[15], ymm[0], ymm[0])
	VANDPS(ymm[1], ymm[0], ymm[0])
	VADDPS(at(x, 0), ymm[0], ymm[0])
	VMOVUPS(at(x0, 0), ymm[1])
	VSUBPS(ymm[14], ymm[1], ymm[2])
	VADDPS(ymm[14], ymm[1], ymm[3])
	VMAXPS(ymm[2], ymm[0], ymm[0])
	VMINPS(ymm[3], ymm[0], ymm[0])
	VMAXPS(ymm[13], ymm[0], ymm[0]) // of two zeros the second: 0, as in Go
	VMINPS(ymm[10], ymm[0], ymm[0])
	VMOVUPS(ymm[0], at(x, 0))
	for _, p := range []reg.GPVirtual{x, x0, g} {
		ADDQ(Imm(vecBytes), p)
	}
	DECQ(n)
	JNZ(LabelRef("loop"))
	VEXTRACTF128(Imm(1), ymm[12], xmm[0])
	VADDPS(xmm[0], ymm[12].AsX(), xmm[0])
	VHADDPS(xmm[0], xmm[0], xmm[0])
	VHADDPS(xmm[0], xmm[0], xmm[0])
	Store(xmm[0], ReturnIndex(0))
	end()
}
