package arbench

import "fmt"

// Tokens are the pixels of an image [width, rows, columns], in the order of rows: so patches of an
// image, which a convolution embeds, are tokens as they are.

// LayerNorm normalizes each token by the mean and the biased variance of its channels (a vector is
// one token), then scales and shifts each channel (Ba, Kiros & Hinton 2016). Its parameters are
// weight and bias, each [channels].
type LayerNorm struct {
	Eps float64 // added to the variance
}

// Attention is multi-head self-attention between the tokens of an image (Vaswani et al. 2017,
// section 3.2) without its linear maps: of 3 width channels, which are queries, keys and values, it
// makes width channels. Each third is split into Heads slices of d channels; each head gives
// softmax(Q Kᵀ / √d) V. It has no parameters.
type Attention struct {
	Heads int
}

// ClassToken puts a learned token before those of an image: [width, rows, columns] becomes
// [width, 1, 1 + rows·columns]. Its parameter is called like the layer and has shape [1, 1, width].
type ClassToken struct{}

// Position adds a learned vector to each token, one for each place. Its parameter is called like
// the layer and has shape [1, tokens, width].
type Position struct{}

// FirstToken gives the first token of an image as a vector.
type FirstToken struct{}

// Kind implements [Op].
func (LayerNorm) Kind() string { return "layer-norm" }

// Kind implements [Op].
func (Attention) Kind() string { return "attention" }

// Kind implements [Op].
func (ClassToken) Kind() string { return "class-token" }

// Kind implements [Op].
func (Position) Kind() string { return "position" }

// Kind implements [Op].
func (FirstToken) Kind() string { return "first-token" }

// Shape implements [Op].
func (l LayerNorm) Shape(in [][]int) ([]int, error) {
	if l.Eps <= 0 {
		return nil, fmt.Errorf("eps %v must be positive", l.Eps)
	}
	return one(in, 0)
}

// Shape implements [Op].
func (a Attention) Shape(in [][]int) ([]int, error) {
	x, err := one(in, 3)
	if err != nil {
		return nil, err
	}
	if x[0]%3 != 0 {
		return nil, fmt.Errorf("reads %d channels, want queries, keys and values of equal width", x[0])
	}
	if a.Heads < 1 || x[0]/3%a.Heads != 0 {
		return nil, fmt.Errorf("%d heads do not divide %d channels", a.Heads, x[0]/3)
	}
	return []int{x[0] / 3, x[1], x[2]}, nil
}

// Shape implements [Op].
func (ClassToken) Shape(in [][]int) ([]int, error) {
	x, err := one(in, 3)
	if err != nil {
		return nil, err
	}
	return []int{x[0], 1, 1 + x[1]*x[2]}, nil
}

// Shape implements [Op].
func (Position) Shape(in [][]int) ([]int, error) { return one(in, 3) }

// Shape implements [Op].
func (FirstToken) Shape(in [][]int) ([]int, error) {
	x, err := one(in, 3)
	if err != nil {
		return nil, err
	}
	return []int{x[0]}, nil
}
