package arbench

import (
	"encoding/json"
	"fmt"
	"slices"
)

// A Network is a declarative net: a directed acyclic graph of named layers. It says what is
// computed; a Backend says how.
type Network struct {
	Input     []int      // shape of one image: channels, height, width
	Normalize *Normalize // applied to the image first; nil means not
	Layers    []Layer    // in topological order; the last one gives the logits
}

// Normalize is an affine change of each input channel: (x - Mean) / Std. It belongs to the net, so
// that attacks always work on images in [0, 1].
type Normalize struct {
	Mean []float64 `toml:"mean"`
	Std  []float64 `toml:"std"`
}

// A Layer is one node of a Network.
type Layer struct {
	// Name is unique in the net and the prefix of the names of the layer's parameters, as in
	// PyTorch's state_dict: layer1.0.conv1 has layer1.0.conv1.weight. The only parameter of a
	// ClassToken or Position has the name itself.
	Name string

	// From names the layers whose outputs it reads; empty means the layer before it, or the image
	// for the first one. The name "" in From is the (normalized) image.
	From []string

	Op Op
}

// An Architecture makes networks.
//
// As for an Attack, its exported fields are its options.
type Architecture interface {
	Info() ArchitectureInfo

	// Network returns the net for images of shape input and that many classes, or an error that
	// says which option does not fit.
	Network(input []int, classes int) (*Network, error)
}

// ArchitectureInfo describes an architecture.
type ArchitectureInfo struct {
	Doc    string // one line, for "arbench list"
	Source string // paper
}

// Add appends a layer and returns its name, so that calls can be chained by name. Without from the
// layer reads the one before it.
func (n *Network) Add(name string, op Op, from ...string) string {
	n.Layers = append(n.Layers, Layer{Name: name, From: from, Op: op})
	return name
}

// Inputs returns the index of each layer that layer i reads; -1 is the image.
func (n *Network) Inputs(i int) ([]int, error) {
	if len(n.Layers[i].From) == 0 {
		return []int{i - 1}, nil
	}
	var at []int
	for _, from := range n.Layers[i].From {
		j := -1
		if from != "" {
			j = slices.IndexFunc(n.Layers[:i], func(l Layer) bool { return l.Name == from })
			if j < 0 {
				return nil, fmt.Errorf("layer %q reads %q, which is not a layer before it",
					n.Layers[i].Name, from)
			}
		}
		at = append(at, j)
	}
	return at, nil
}

// Find returns the indices of the named layers in the order of the net, each once, as a Visit shows them. An
// error says which name is that of no layer.
func (n *Network) Find(layers []string) ([]int, error) {
	var at []int
	for _, name := range layers {
		i := slices.IndexFunc(n.Layers, func(l Layer) bool { return l.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no layer %q in this net", name)
		}
		at = append(at, i)
	}
	slices.Sort(at)
	return slices.Compact(at), nil
}

// Shapes returns the shape of each layer's output for one image. It is the check of the net: an
// error names the layer that does not fit.
func (n *Network) Shapes() ([][]int, error) {
	if len(n.Input) != 3 || Volume(n.Input) <= 0 {
		return nil, fmt.Errorf("input shape %v: want channels, height, width", n.Input)
	}
	if z := n.Normalize; z != nil && (len(z.Mean) != n.Input[0] || len(z.Std) != n.Input[0]) {
		return nil, fmt.Errorf("normalize has %d means and %d deviations for %d channels",
			len(z.Mean), len(z.Std), n.Input[0])
	}
	if len(n.Layers) == 0 {
		return nil, fmt.Errorf("a net without layers")
	}
	shapes, seen := make([][]int, len(n.Layers)), map[string]bool{}
	for i, l := range n.Layers {
		if l.Name == "" || seen[l.Name] {
			return nil, fmt.Errorf("layer %d: name %q is empty or taken", i, l.Name)
		}
		seen[l.Name] = true
		from, err := n.Inputs(i)
		if err != nil {
			return nil, err
		}
		var in [][]int
		for _, j := range from {
			if j < 0 {
				in = append(in, n.Input)
				continue
			}
			in = append(in, shapes[j])
		}
		if shapes[i], err = l.Op.Shape(in); err != nil {
			return nil, fmt.Errorf("layer %q: %w", l.Name, err)
		}
	}
	if out := shapes[len(shapes)-1]; len(out) != 1 {
		return nil, fmt.Errorf("the last layer %q gives shape %v, want one row of logits",
			n.Layers[len(n.Layers)-1].Name, out)
	}
	return shapes, nil
}

// Classes returns the number of logits, 0 if the net does not fit together.
func (n *Network) Classes() int {
	shapes, err := n.Shapes()
	if err != nil {
		return 0
	}
	return shapes[len(shapes)-1][0]
}

// MarshalJSON writes the layer with the kind of its operation, so that two nets have the same JSON
// only if they compute the same.
func (l Layer) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name string
		From []string `json:",omitempty"`
		Kind string
		Op   Op
	}{l.Name, l.From, l.Op.Kind(), l.Op})
}
