package backendtest

import (
	"math"

	"github.com/arbench/arbench"
)

// tokens returns the pixels of an image, or the one of a vector, each with its channels.
func tokens(x []float64, channels int) [][]float64 {
	area := len(x) / channels
	out := make([][]float64, area)
	for i, v := range x {
		out[i%area] = append(out[i%area], v)
	}
	return out
}

// fromTokens is the inverse of tokens.
func fromTokens(ts [][]float64) []float64 {
	x := make([]float64, len(ts)*len(ts[0]))
	for t, channels := range ts {
		for c, v := range channels {
			x[c*len(ts)+t] = v
		}
	}
	return x
}

// layerNorm normalizes each token, then scales and shifts its channels.
func layerNorm(op arbench.LayerNorm, x []float64, channels int, scale, shift []float64) []float64 {
	ts := tokens(x, channels)
	for _, t := range ts {
		mean, variance := moments([][]float64{t}, 0, channels)
		for c := range t {
			t[c] = scale[c]*(t[c]-mean)/math.Sqrt(variance+op.Eps) + shift[c]
		}
	}
	return fromTokens(ts)
}

// attention is the mean of values, weighted by the softmax of queries times keys over √d, head by head.
func attention(op arbench.Attention, x []float64, width int) []float64 {
	in, d := tokens(x, 3*width), width/op.Heads
	out := make([][]float64, len(in))
	for i, query := range in {
		for h := 0; h < width; h += d {
			weights, total := make([]float64, len(in)), 0.0
			for j, key := range in {
				score := 0.0
				for c := h; c < h+d; c++ {
					score += query[c] * key[width+c]
				}
				weights[j] = math.Exp(score / math.Sqrt(float64(d)))
				total += weights[j]
			}
			for c := h; c < h+d; c++ {
				mean := 0.0
				for j, value := range in {
					mean += weights[j] / total * value[2*width+c]
				}
				out[i] = append(out[i], mean)
			}
		}
	}
	return fromTokens(out)
}

// classToken puts a token before those of an image.
func classToken(x, token []float64) []float64 {
	return fromTokens(append([][]float64{token}, tokens(x, len(token))...))
}

// position adds a vector to each token; the vectors follow each other.
func position(x, places []float64, width int) []float64 {
	ts := tokens(x, width)
	for t := range ts {
		ts[t] = sum([][]float64{ts[t], places[t*width : (t+1)*width]})
	}
	return fromTokens(ts)
}
