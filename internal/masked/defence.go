package masked

import (
	"maps"
	"math"
	"slices"

	"github.com/arbench/arbench"
)

// Defences lists the defences in order.
func Defences() []string { return slices.Sorted(maps.Keys(defences)) }

// defences are those that there are, by name. "none" is for nets that are what they are by their training.
var defences = map[string]defence{
	"none":        {},
	"quantise":    {image: always(around{quantise, zero})},
	"thermometer": {image: always(around{thermometer, thermometerBack})},
	"detached":    {image: always(around{mixed, mixedBack})},
	"transform":   {image: transform},
	"scale":       {logits: scaled},
	"softmax":     {logits: around{softmax, softmaxBack}},
	"k-winners":   {hidden: winners},
	"dropout":     {hidden: dropout},
}

func always(a around) func(uint64) around { return func(uint64) around { return a } }

// levels is how many values a pixel has after quantisation.
const levels = 4

// quantise rounds pixels to few levels (Xu et al., Feature Squeezing, NDSS 2018). Its derivative is 0.
func quantise(x, out []float32) {
	for j, v := range x {
		out[j] = float32(math.Round(float64(v)*(levels-1)) / (levels - 1))
	}
}

func zero(_, _, out []float32) { clear(out) }

// steep is how steep the steps of a thermometer code are.
const steep = 200

// thermometer is the mean of the code 1/(1 + exp(-steep (x - k/levels))), k = 1 … levels - 1, that the
// first layer sums up (Buckman et al., Thermometer Encoding, ICLR 2018): almost steps, with an exact
// derivative.
func thermometer(x, out []float32) {
	for j, v := range x {
		s := 0.0
		for k := 1; k < levels; k++ {
			s += 1 / (1 + math.Exp(-steep*(float64(v)-(float64(k)-0.5)/(levels-1))))
		}
		out[j] = float32(s / (levels - 1))
	}
}

func thermometerBack(x, g, out []float32) {
	for j, v := range x {
		s := 0.0
		for k := 1; k < levels; k++ {
			p := 1 / (1 + math.Exp(-steep*(float64(v)-(float64(k)-0.5)/(levels-1))))
			s += steep * p * (1 - p)
		}
		out[j] = g[j] * float32(s/(levels-1))
	}
}

// share is the part of a mixed image that the derivative goes through.
const share = 0.05

// mixed adds a little of the mirrored image to the image, of which the derivative is cut: that of the
// mirrored part alone is left.
func mixed(x, out []float32) {
	for j := range x {
		out[j] = (1-share)*x[j] + share*x[len(x)-1-j]
	}
}

func mixedBack(_, g, out []float32) {
	for j := range g {
		out[len(g)-1-j] = share * g[j]
	}
}

// transform adds other noise in each pass and zooms the grey values at random (Xie et al., Mitigating
// Adversarial Effects Through Randomization, ICLR 2018).
func transform(pass uint64) around {
	return around{
		f: func(x, out []float32) {
			r := arbench.KeyedRand(pass, "masked", 0)
			zoom := float32(0.8 + 0.4*r.Float64())
			for j, v := range x {
				out[j] = min(max(zoom*v+float32(0.2*r.NormFloat64()), 0), 1)
			}
		},
		back: func(x, g, out []float32) {
			r := arbench.KeyedRand(pass, "masked", 0)
			zoom := float32(0.8 + 0.4*r.Float64())
			for j, v := range x {
				out[j] = 0
				if y := zoom*v + float32(0.2*r.NormFloat64()); y > 0 && y < 1 {
					out[j] = zoom * g[j]
				}
			}
		},
	}
}

// large is what logits are multiplied by.
const large = 1000

// scaled makes the derivative of the cross-entropy vanish (Carlini & Wagner, 2017, of distillation). It is
// its own derivative.
var scaled = around{
	f: func(x, out []float32) {
		for j, v := range x {
			out[j] = large * v
		}
	},
	back: func(_, g, out []float32) {
		for j, v := range g {
			out[j] = large * v
		}
	},
}

// softmax gives probabilities for logits.
func softmax(x, out []float32) {
	p := make([]float64, len(x))
	arbench.Softmax(x, p)
	for j, v := range p {
		out[j] = float32(v)
	}
}

func softmaxBack(x, g, out []float32) {
	p := make([]float64, len(x))
	arbench.Softmax(x, p)
	s := 0.0
	for j, v := range p {
		s += v * float64(g[j])
	}
	for j, v := range p {
		out[j] = float32(v * (float64(g[j]) - s))
	}
}

// winners leaves the greatest fifth of the activations (Xiao, Zhong & Zheng, k-Winners-Take-All, ICLR 2020).
func winners(_ uint64, h []float64) {
	sorted := slices.Sorted(slices.Values(h))
	least := sorted[len(h)-len(h)/5]
	for j, v := range h {
		if v < least {
			h[j] = 0
		}
	}
}

// dropout sets a third of the activations to 0, others in each pass.
func dropout(pass uint64, h []float64) {
	r := arbench.KeyedRand(pass, "dropout", len(h))
	for j := range h {
		if r.IntN(3) == 0 {
			h[j] = 0
		}
	}
}
