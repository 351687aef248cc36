package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/arbench/arbench"
)

func init() { arbench.Probes.Register("features", func() arbench.Probe { return NewFeatures() }) }

// NewFeatures returns the probe with neighbours at most 8/255 away in linf, as the attack "pgd" finds
// them if it is linked into the program, and ten random directions.
func NewFeatures() *Features {
	f := &Features{
		Norm: arbench.Linf, Eps: 8.0 / 255, Directions: 10, Quantiles: []float64{0.05, 0.5, 0.95},
	}
	if _, err := f.Attack.Make("pgd"); err != nil {
		f.Attack = arbench.Use[arbench.Attack]{} // Validate asks for one
	}
	return f
}

// Features is how far the output I of each layer moves when an image x moves to a neighbour x′, with
// D = ‖I(x′) - I(x)‖₂:
//
//   - "feature absolute" is D;
//   - "feature relative" is D / ‖I(x)‖₂;
//   - "feature gain" is D / ‖x′ - x‖₂;
//   - "feature local gain" is D over the distance that the layer's own inputs moved.
//
// The neighbours, which the detail "LAYER/NEIGHBOUR" names, are what the attack finds within the
// threat ("attack"), and two random ones just as far from the image: uniform noise within the same
// linf distance ("noise") and a Gaussian direction of the same l2 length ("gaussian"). Random
// neighbours are not clipped to the box, so that they have that size.
//
// "direction spread" of a layer is std/mean of D over Directions random unit directions times Radius:
// small where the layer moves alike in all directions. Each number is a mean over examples; standard
// deviation and quantiles over examples have names of their own ("feature gain std", "feature gain
// 50 %").
type Features struct {
	Attack     arbench.Use[arbench.Attack] `toml:"attack" doc:"that finds a neighbour within the threat"`
	Norm       arbench.Norm                `toml:"norm" doc:"of the threat"`
	Eps        float64                     `toml:"eps" doc:"of the threat"`
	Directions int                         `toml:"directions" doc:"random, of the spread; 0 leaves it out"`
	Radius     float64                     `toml:"radius" doc:"of the directions, in l2; 0 is that of the threat"`
	Layers     []string                    `toml:"layers" doc:"empty is all with weights and all activations"`
	Quantiles  []float64                   `toml:"quantiles" doc:"over examples, between 0 and 1"`
}

var _ arbench.Fitter = (*Features)(nil)

// Info implements [arbench.Probe].
func (*Features) Info() arbench.MeasureInfo {
	return arbench.MeasureInfo{
		Doc:    "how far each layer's output moves when the image moves",
		Source: "Wen, Li & Jia, ICML 2020, section 4",
	}
}

// Validate reports options that make no sense.
func (p *Features) Validate() error {
	errs := []error{p.threat().Validate(), p.validAttack()}
	if p.Eps == 0 {
		errs = append(errs, errors.New("eps 0 leaves no neighbour but the image itself"))
	}
	if p.Directions < 0 || p.Directions == 1 {
		errs = append(errs, fmt.Errorf("directions %d: want 0 or at least 2", p.Directions))
	}
	if p.Radius < 0 {
		errs = append(errs, fmt.Errorf("radius %v must not be negative", p.Radius))
	}
	for _, q := range p.Quantiles {
		if !(q > 0 && q < 1) {
			errs = append(errs, fmt.Errorf("quantiles %v: want numbers between 0 and 1", p.Quantiles))
			break
		}
	}
	return errors.Join(errs...)
}

func (p *Features) validAttack() error {
	a := p.Attack.It
	if a == nil {
		return errors.New(`attack is missing: say attack = { use = "…" }`)
	}
	if _, staged := a.(arbench.Staged); staged {
		return fmt.Errorf("attack %q is a cascade: use one of its stages", p.Attack.Name)
	}
	if _, crafted := a.(arbench.Crafted); crafted {
		return fmt.Errorf("attack %q needs training examples, which a probe has not", p.Attack.Name)
	}
	if info := a.Info(); p.Norm != "" && !slices.Contains(info.Norms, p.Norm) {
		return fmt.Errorf("attack %q cannot bound %s, only %v", p.Attack.Name, p.Norm, info.Norms)
	}
	return nil
}

// Fits implements [arbench.Fitter].
func (p *Features) Fits(n *arbench.Network) error {
	_, err := newWatch(n, p.Layers, 0)
	return err
}

func (p *Features) threat() arbench.Threat { return arbench.Threat{Norm: p.Norm, Eps: p.Eps} }

// Probe implements [arbench.Probe].
func (p *Features) Probe(ctx context.Context, s arbench.Subject) ([]arbench.Quantity, error) {
	model, ok := s.Model.(arbench.Observable)
	if !ok {
		return nil, errors.New("features: the model does not show the activations inside it: " +
			"use a backend whose models do")
	}
	if s.Network == nil {
		return nil, errors.New("features: the layers of the model are not known")
	}
	w, err := newWatch(s.Network, p.Layers, len(neighbours)+p.Directions)
	if err != nil {
		return nil, fmt.Errorf("features: %w", err)
	}
	group := max(1, s.Batch/(1+len(neighbours)+p.Directions))
	for ids := range slices.Chunk(s.IDs, group) {
		b := arbench.ReadBatch(s.Data, s.Shape, ids)
		x, err := p.surround(ctx, s, b)
		if err != nil {
			return nil, fmt.Errorf("features: %w", err)
		}
		if err := w.see(ctx, model, b.X, x); err != nil {
			return nil, fmt.Errorf("features: %w", err)
		}
	}
	return p.quantities(sample{s.Split, s.Level}, w), nil
}

// quantities reduces what w saw.
func (p *Features) quantities(s sample, w *watch) []arbench.Quantity {
	var out []arbench.Quantity
	for _, layer := range w.layers {
		for k, neighbour := range neighbours {
			detail := layer + "/" + neighbour
			c := w.changes(layer, k)
			out = append(out, s.summary("feature absolute", detail, c.absolute, p.Quantiles)...)
			out = append(out, s.summary("feature relative", detail, c.relative, p.Quantiles)...)
			out = append(out, s.summary("feature gain", detail, c.gain, p.Quantiles)...)
			out = append(out, s.summary("feature local gain", detail, c.local, p.Quantiles)...)
		}
		if p.Directions > 0 {
			spread := w.spread(layer, len(neighbours))
			out = append(out, s.summary("direction spread", layer, spread, p.Quantiles)...)
		}
	}
	return out
}
