//go:build gomlx

package gomlx

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/arbench/arbench"
)

// A tail is the derivative of a loss by the logits z, as far as a graph must know it. With it goes an array t
// of the shape of z, which the host fills, see aim.
type tail byte

const (
	given    tail = 'g' // t itself
	soft     tail = 's' // softmax(z) Σt - t
	margin   tail = 'm' // t marks the class
	dlr      tail = 'd' // t marks the class
	targeted tail = 't' // DLR with a target: t is 1 at the class less 1 at the target
)

// An aim is a loss with its tail.
type aim struct {
	tail
	loss arbench.Loss

	// fill sets t, which is zero, for rows lo to hi-1. Nil means that the derivative is to be had from Eval alone.
	fill func(t []float32, lo, hi int)
}

// tailsOf returns the letters of the tails.
func tailsOf(aims []aim) (tails string) {
	for _, a := range aims {
		tails += string(rune(a.tail))
	}
	return tails
}

// aimOf returns the tail of a loss for logits of so many classes.
func aimOf(loss arbench.Loss, classes int) aim {
	at := func(t tail, value float32, y []int, more ...[]int) aim {
		return aim{t, loss, func(t []float32, lo, hi int) {
			for i := lo; i < hi; i++ {
				t[(i-lo)*classes+y[i]] += value
				for _, other := range more {
					t[(i-lo)*classes+other[i]] -= value
				}
			}
		}}
	}
	switch l := loss.(type) {
	case arbench.CrossEntropy:
		return at(soft, 1, l.Y)
	case arbench.SoftCrossEntropy:
		return aim{soft, loss, func(t []float32, lo, hi int) { copy(t, l.P.Data[lo*classes:hi*classes]) }}
	case arbench.KL:
		return aim{soft, loss, func(t []float32, lo, hi int) {
			p := make([]float64, classes)
			for i := lo; i < hi; i++ {
				arbench.Softmax(l.A.Row(i), p)
				for k, v := range p {
					t[(i-lo)*classes+k] = float32(v)
				}
			}
		}}
	case arbench.Margin:
		return at(margin, 1, l.Y)
	case arbench.DLR:
		return at(dlr, 1, l.Y)
	case arbench.TargetedDLR:
		return at(targeted, 1, l.Y, l.T)
	case arbench.LogitDifference:
		return at(given, 1, l.A, l.B)
	}
	return aim{given, loss, nil}
}

// gradient returns the derivative by the logits z. Nothing is differentiated through it.
func (k tail) gradient(z, t *graph.Node) *graph.Node {
	z = graph.StopGradient(z)
	var d *graph.Node
	switch k {
	case given:
		d = t
	case soft:
		d = softGradient(z, t)
	case margin:
		d = graph.Sub(first(without(z, t)), t)
	default:
		d = k.ratio(z, t)
	}
	return graph.StopGradient(d)
}

// softGradient is softmax(z) Σt - t. Where t has most of its sum at one class, the difference there is that of the
// others, in t and in softmax(z): of a row with 1 - 1e-9 at its class float32 would otherwise leave 0, and attacks go by
// signs.
func softGradient(z, t *graph.Node) *graph.Node {
	e := graph.Exp(graph.Sub(z, graph.ReduceAndKeep(z, graph.ReduceMax, -1)))
	mass := graph.ReduceAndKeep(t, graph.ReduceSum, -1)
	scale := graph.Div(mass, graph.ReduceAndKeep(e, graph.ReduceSum, -1))
	others := graph.OneMinus(graph.ConvertDType(graph.Diagonal(z.Graph(), dim(z, 1)), z.DType()))
	rest := func(of *graph.Node) *graph.Node { // for each class the sum of the others
		return graph.ReduceSum(graph.Mul(graph.InsertAxes(of, 1), graph.InsertAxes(others, 0)), -1)
	}
	most := graph.GreaterThan(t, graph.MulScalar(mass, 0.5))
	return graph.Where(most, graph.Sub(rest(t), graph.Mul(rest(e), scale)), graph.Sub(graph.Mul(e, scale), t))
}

// ratio is the derivative of -num / den, for DLR and targeted DLR, term by term as [arbench.DLR] says.
func (k tail) ratio(z, t *graph.Node) *graph.Node {
	var ranks [4]*graph.Node // marks of the greatest logit, the second and so on
	rest := z
	for i := range min(4, dim(z, 1)) {
		ranks[i] = last(rest)
		rest = without(rest, ranks[i])
	}
	low, num := ranks[2], t
	if k == targeted {
		low = graph.MulScalar(graph.Add(ranks[2], ranks[3]), 0.5)
	} else { // less the greatest of the others
		isFirst := graph.ReduceSum(graph.Mul(t, ranks[0]), -1)
		rival := graph.Where(graph.GreaterThan(isFirst, graph.ZerosLike(isFirst)), ranks[1], ranks[0])
		num = graph.Sub(t, rival)
	}
	dot := func(a *graph.Node) *graph.Node { return graph.ReduceAndKeep(graph.Mul(a, z), graph.ReduceSum, -1) }
	den := graph.AddScalar(graph.Sub(dot(ranks[0]), dot(low)), 1e-12)
	quotient := graph.Div(graph.Div(dot(num), den), den)
	return graph.Add(graph.Neg(graph.Div(num, den)), graph.Mul(graph.Sub(ranks[0], low), quotient))
}

// without returns z with -∞ where a mark is positive.
func without(z, mark *graph.Node) *graph.Node {
	least := graph.Scalar(z.Graph(), z.DType(), math.Inf(-1))
	return graph.Where(graph.GreaterThan(mark, graph.ZerosLike(mark)), least, z)
}

// first marks the greatest value of each row, the first of several.
func first(z *graph.Node) *graph.Node {
	k := classIndex(z)
	beyond := graph.Scalar(z.Graph(), dtypes.Int32, dim(z, 1))
	return mark(z, graph.ReduceAndKeep(graph.Where(greatest(z), k, beyond), graph.ReduceMin, -1))
}

// last marks the greatest value of each row, the last of several.
func last(z *graph.Node) *graph.Node {
	k := classIndex(z)
	before := graph.Scalar(z.Graph(), dtypes.Int32, -1)
	return mark(z, graph.ReduceAndKeep(graph.Where(greatest(z), k, before), graph.ReduceMax, -1))
}

// mark returns 1 at the given class of each row, [rows, 1], and 0 elsewhere.
func mark(z, class *graph.Node) *graph.Node {
	return graph.ConvertDType(graph.Equal(classIndex(z), class), z.DType())
}

// greatest tells which values are the greatest of their row.
func greatest(z *graph.Node) *graph.Node {
	return graph.Equal(z, graph.ReduceAndKeep(z, graph.ReduceMax, -1))
}

// classIndex returns the number of the class of each logit.
func classIndex(z *graph.Node) *graph.Node {
	shape := z.Shape().Clone()
	shape.DType = dtypes.Int32
	return graph.Iota(z.Graph(), shape, 1)
}

// wrong tells which rows are not of class y, [rows, 1]: another class has a greater logit, or an equal one
// before it.
func wrong(z, y *graph.Node) *graph.Node {
	k := classIndex(z)
	own := graph.ReduceAndKeep(graph.Where(graph.Equal(k, y), z, graph.ScalarZero(z.Graph(), z.DType())), graph.ReduceSum, -1)
	above := graph.Or(graph.GreaterThan(z, own), graph.And(graph.Equal(z, own), graph.LessThan(k, y)))
	return graph.ReduceAndKeep(graph.ConvertDType(above, dtypes.Int32), graph.ReduceMax, -1)
}
