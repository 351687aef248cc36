package gorgonia

import (
	"math"

	"github.com/arbench/arbench"
)

// tokenNets returns nets for every kind of layer that works on tokens: next to convolutions with
// halos, before and behind one another, and with sizes that fill no block of 16.
func tokenNets() map[string]*arbench.Network {
	gelu, norm := act(arbench.GELU), arbench.LayerNorm{Eps: 1e-3}
	return map[string]*arbench.Network{
		"transformer": transformerNet(),
		"dense on pixels": netOf([]int{3, 4, 5}, arbench.Dense{Out: 18, Bias: true}, gelu,
			arbench.Dense{Out: 5}, act(arbench.ReLU), convOf(4, 3, 1, 1), arbench.Flatten{}),
		"layer norm": netOf([]int{5, 4, 3}, norm, convOf(17, 3, 1, 1), norm, act(arbench.ReLU),
			convOf(6, 3, 1, 1), arbench.Flatten{}, norm, arbench.Dense{Out: 3}),
		"attention": netOf([]int{2, 3, 6}, convOf(54, 3, 1, 1), arbench.Attention{Heads: 1},
			convOf(12, 3, 1, 1), arbench.Attention{Heads: 4}, arbench.GlobalAvgPool{}),
		"attention of the image": netOf([]int{6, 4, 5}, arbench.Attention{Heads: 2}, arbench.Flatten{}),
		"positions": netOf([]int{3, 4, 2}, arbench.Position{}, convOf(18, 3, 1, 1), arbench.Position{},
			act(arbench.ReLU), arbench.ClassToken{}, convOf(4, 1, 1, 0), arbench.Flatten{}),
		"tokens alone": netOf([]int{5, 2, 2}, arbench.ClassToken{}, arbench.Position{}, arbench.FirstToken{}),
		"first token":  netOf([]int{2, 3, 3}, convOf(5, 3, 1, 1), arbench.FirstToken{}, arbench.Dense{Out: 3}),
	}
}

// transformerNet is a vision transformer with one block.
func transformerNet() *arbench.Network {
	norm, net := arbench.LayerNorm{Eps: 1e-3}, &arbench.Network{Input: []int{2, 4, 6}}
	net.Add("embed", arbench.Conv{Out: 20, Kernel: sq(2), Stride: sq(2), Bias: true})
	net.Add("class", arbench.ClassToken{})
	x := net.Add("place", arbench.Position{})
	net.Add("norm1", norm)
	net.Add("qkv", arbench.Dense{Out: 60, Bias: true})
	net.Add("heads", arbench.Attention{Heads: 2})
	y := net.Add("proj", arbench.Dense{Out: 20, Bias: true})
	x = net.Add("add1", arbench.Add{}, y, x)
	net.Add("norm2", norm)
	net.Add("fc1", arbench.Dense{Out: 33, Bias: true})
	net.Add("gelu", act(arbench.GELU))
	y = net.Add("fc2", arbench.Dense{Out: 20, Bias: true})
	net.Add("add2", arbench.Add{}, y, x)
	net.Add("norm", norm)
	net.Add("first", arbench.FirstToken{})
	net.Add("head", arbench.Dense{Out: 3, Bias: true})
	return net
}

// at returns channel c of token t of row r.
func (a array) at(r, c, t int) float64 { return a.data[(r*a.shape[0]+c)*a.area()+t] }

func refLayerNorm(op arbench.LayerNorm, x array, scale, shift, y []float64, n int) {
	c, area := x.shape[0], x.area()
	for r := range n {
		for t := range area {
			mean, square := 0.0, 0.0
			for k := range c {
				mean += x.at(r, k, t) / float64(c)
			}
			for k := range c {
				square += (x.at(r, k, t) - mean) * (x.at(r, k, t) - mean) / float64(c)
			}
			for k := range c {
				y[(r*c+k)*area+t] = (x.at(r, k, t)-mean)/math.Sqrt(square+op.Eps)*scale[k] + shift[k]
			}
		}
	}
}

// refAttention writes every score and every weight out.
func refAttention(op arbench.Attention, x array, y []float64) {
	width, area := x.shape[0]/3, x.area()
	d := width / op.Heads
	score := func(r, h, i, j int) float64 {
		s := 0.0
		for k := h * d; k < (h+1)*d; k++ {
			s += x.at(r, k, i) * x.at(r, width+k, j)
		}
		return math.Exp(s / math.Sqrt(float64(d)))
	}
	for o := range y {
		r, k, i := o/area/width, o/area%width, o%area
		total := 0.0
		for j := range area {
			w := score(r, k/d, i, j)
			y[o] += w * x.at(r, 2*width+k, j)
			total += w
		}
		y[o] /= total
	}
}

func refClassToken(token []float64, x array, y []float64, n int) {
	c, area := x.shape[0], x.area()
	for r := range n {
		for k := range c {
			row := y[(r*c+k)*(area+1):]
			row[0] = token[k]
			copy(row[1:], x.data[(r*c+k)*area:(r*c+k+1)*area])
		}
	}
}

func refPosition(places []float64, x array, y []float64, n int) {
	c, area := x.shape[0], x.area()
	for r := range n {
		for k := range c {
			for t := range area {
				y[(r*c+k)*area+t] = x.at(r, k, t) + places[t*c+k]
			}
		}
	}
}
