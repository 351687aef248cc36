//go:build gomlx

package gomlx

import (
	"context"
	"errors"
	"slices"

	"github.com/gomlx/compute"

	"github.com/arbench/arbench"
)

// part makes a pass of a part of the rows.
func (r *round) part(ctx context.Context, p part, derive bool) error {
	what := purpose{kind: "pass", rows: p.rows, batch: r.batch, update: r.update}
	if derive {
		what.dx, what.dparams = r.dx, r.dparams
		what.tails = tailsOf(r.aims)
	}
	images, err := r.bring(p, r.call.X)
	if err != nil {
		return advise(err, what)
	}
	defer r.engine.images.release(images)
	var own buffers
	defer func() { own.free() }()
	var out []compute.Buffer
	err = r.engine.use(ctx, r.plan.key, what, r.plan.pass(what), func(program *program) error {
		in, err := r.inputs(p, what, images, &own)
		if err != nil {
			return err
		}
		if out, err = program.run(in); err != nil && what.dparams {
			free(r.sums) // if they are left
			r.sums = nil
			return errors.Join(err, r.zero(&r.sums))
		}
		return err
	})
	if err != nil {
		return err
	}
	own = append(own, out[0])
	next := 1
	if what.dx {
		next += len(what.tails)
		own = append(own, out[1:next]...)
	}
	if what.dparams {
		r.sums, r.summed = out[next], true
		next++
	}
	if what.update {
		free(r.moved)
		r.moved = out[next]
	}
	return r.take(p, what, out)
}

// buffers are to be freed together.
type buffers []compute.Buffer

func (bs buffers) free() { free(bs...) }

// put uploads data for one execution.
func (bs *buffers) put(e *engine, data []float32, dims ...int) (input, error) {
	b, err := upload(e, data, dims...)
	if err == nil {
		*bs = append(*bs, b)
	}
	return input{Buffer: b}, err
}

// weights returns the parameters as this call sees them.
func (r *round) weights() []input {
	if r.moved != nil {
		return borrowed(r.values, r.moved)
	}
	return borrowed(r.values, r.statistics)
}

// inputs returns those of a pass. What is made for it alone becomes own's.
func (r *round) inputs(p part, what purpose, images *staged, own *buffers) ([]input, error) {
	in := append(r.weights(), borrowed(images.value)...)
	add := func(data []float32, dims ...int) error {
		b, err := own.put(r.engine, data, dims...)
		in = append(in, b)
		return err
	}
	k := r.plan.classes()
	for _, a := range r.aims[:len(what.tails)] {
		t := make([]float32, p.rows*k)
		a.fill(t, p.lo, p.hi)
		if err := add(t, p.rows, k); err != nil {
			return nil, err
		}
	}
	if !what.dparams {
		return in, nil
	}
	if err := add(r.weight[p.lo:p.hi], p.rows, 1); err != nil { // of parts that nothing fills up
		return nil, err
	}
	count, err := upload(r.engine, []bool{r.summed})
	if err != nil {
		return nil, err
	}
	*own = append(*own, count)
	in = append(in, borrowed(count)...)
	return append(in, handed(r.sums)...), nil
}

// fill returns the rows of a part of x. The last one is repeated where there are too few: unlike zeros it is
// an image that the net can take.
func fill(p part, x arbench.Tensor) []float32 {
	rows := x.Rows(p.lo, p.hi)
	if p.hi-p.lo == p.rows {
		return rows.Data
	}
	data := slices.Grow(slices.Clone(rows.Data), (p.rows-rows.Len())*len(rows.Row(0)))
	for range p.rows - rows.Len() {
		data = append(data, rows.Row(rows.Len()-1)...)
	}
	return data
}

// take copies logits and derivatives in the images to the host.
func (r *round) take(p part, what purpose, out []compute.Buffer) error {
	if err := r.fetch(p, out[0], r.out.Logits); err != nil {
		return err
	}
	if firstBad(r.out.Logits.Rows(p.lo, p.hi).Data, 1) >= 0 {
		return errNotFinite
	}
	if !what.dx {
		return nil
	}
	for k, dx := range r.out.DX {
		if err := r.fetch(p, out[1+k], dx); err != nil {
			return err
		}
		if firstBad(dx.Rows(p.lo, p.hi).Data, 1) >= 0 {
			return errNotFinite
		}
	}
	return nil
}

// fetch copies what b holds of the rows of a part to those of t.
func (m *Model) fetch(p part, b compute.Buffer, t arbench.Tensor) error {
	rows := t.Rows(p.lo, p.hi)
	if p.hi-p.lo == p.rows {
		return download(m.engine, b, rows.Data)
	}
	all := make([]float32, p.rows*len(t.Row(p.lo)))
	err := download(m.engine, b, all)
	copy(rows.Data, all)
	return err
}
