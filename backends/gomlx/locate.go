//go:build gomlx

package gomlx

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/arbench/arbench"
)

// locate makes the pass of a call again, with the outputs of all layers, and returns an error that names the
// layer where the first NaN or infinity appears.
func (r *round) locate() error {
	for _, p := range r.parts() {
		if err := r.search(p); err != nil {
			return err
		}
	}
	return fmt.Errorf("logits or derivatives have a NaN or an infinity that no layer alone gives")
}

// search does so for a part of the rows. Nil means that it found nothing.
func (r *round) search(p part) error {
	var layers []int // that the logits depend on
	for i, live := range r.plan.live {
		if live {
			layers = append(layers, i)
		}
	}
	what := purpose{kind: "search", rows: p.rows, dx: r.dx}
	if r.dx && !slices.ContainsFunc(r.aims, func(a aim) bool { return a.fill == nil }) {
		what.tails = tailsOf(r.aims)
	}
	program, err := compile(r.engine, "search of a NaN", func(g *graph.Graph) []*graph.Node {
		ws := r.plan.declare(g)
		x := graph.Parameter(g, "images", float(r.plan.image(p.rows)...))
		l := r.plan.lower(x, ws, r.batch)
		nodes := pick(l.values, layers)
		outs := nodes
		for k, t := range what.tails {
			z := l.logits()
			dz := tail(t).gradient(z, graph.Parameter(g, fmt.Sprint("target ", k), z.Shape()))
			outs = append(outs, back(z, dz, append(nodes[:len(layers):len(layers)], l.image)...)...)
		}
		return outs
	})
	if err != nil {
		return err
	}
	defer program.drop() // this is no pass that anybody repeats
	images, err := r.bring(p, r.call.X)
	if err != nil {
		return err
	}
	defer r.engine.images.release(images)
	var own buffers
	defer func() { own.free() }()
	in, err := r.inputs(p, what, images, &own)
	if err != nil {
		return err
	}
	out, err := program.run(in)
	if err != nil {
		return err
	}
	own = append(own, out...)
	return r.blame(p, layers, out)
}

// blame returns the error of the first output that is not finite: those of layers, then for each loss the
// derivatives by them and by the image.
func (r *round) blame(p part, layers []int, out []compute.Buffer) error {
	for k, i := range layers {
		row, err := r.bad(p, out[k], r.plan.shapes[i])
		if err != nil {
			return err
		}
		if row >= 0 {
			return fmt.Errorf("layer %q gives a NaN or an infinity in row %d", r.plan.net.Layers[i].Name, row)
		}
	}
	for loss := 0; (loss+1)*(len(layers)+1) < len(out); loss++ {
		of := out[len(layers)+loss*(len(layers)+1):]
		for k := len(layers); k >= 0; k-- {
			name, shape, at := "", r.plan.net.Input, of[len(layers)] // the image, last
			if k > 0 {
				name, shape, at = r.plan.net.Layers[layers[k-1]].Name, r.plan.shapes[layers[k-1]], of[k-1]
			}
			row, err := r.bad(p, at, shape)
			if err != nil {
				return err
			}
			if row >= 0 {
				return fmt.Errorf("the derivative of loss %d by the output of layer %q has a NaN or an infinity in row %d",
					loss, name, row)
			}
		}
	}
	return nil
}

// bad returns the first row of the call in which b is not finite, -1 if there is none.
func (r *round) bad(p part, b compute.Buffer, shape []int) (int, error) {
	t := arbench.NewTensor(append([]int{r.n}, shape...)...)
	if err := r.fetch(p, b, t); err != nil {
		return -1, err
	}
	return firstBad(t.Data, arbench.Volume(shape)), nil
}
