//go:build gomlx

package gomlx

import (
	"encoding/binary"
	"hash/maphash"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/arbench/arbench"
)

// mostImages is how many batches of images an engine keeps on the device: in adversarial training those of a step and
// the next one, which may be brought first, and what the attack made of this and of the one before.
const mostImages = 4

// An imageKey tells images apart by their bits: two batches with one digest of 64 bits are taken for the same.
type imageKey struct {
	digest uint64
	shape  [3]int // of an image
	filled int    // rows that are images, of
	rows   int    // those of the execution
}

// staged is an entry of an engine's cache of images.
type staged = entry[imageKey, compute.Buffer]

// bring returns the images of a part of x on the device, where they are copied if they are not there. The caller
// releases them.
func (m *Model) bring(p part, x arbench.Tensor) (*staged, error) {
	at := m.engine.images.acquire(keyOf(p, x))
	err := at.make(func() (compute.Buffer, error) { return upload(m.engine, fill(p, x), m.plan.image(p.rows)...) })
	if err != nil {
		m.engine.images.release(at)
		return nil, err
	}
	return at, nil
}

// keep makes a buffer, which holds the images of a part of x, the cache's.
func (m *Model) keep(p part, x arbench.Tensor, b compute.Buffer) {
	at, kept := m.engine.images.acquire(keyOf(p, x)), false
	defer m.engine.images.release(at)
	_ = at.make(func() (compute.Buffer, error) { kept = true; return b, nil })
	if !kept {
		free(b)
	}
}

// Stage implements [arbench.Stager].
func (m *Model) Stage(x arbench.Tensor) {
	if m.Info().CheckShape(x) != nil || x.Len() == 0 {
		return
	}
	if at, err := m.bring(part{0, x.Len(), x.Len()}, x); err == nil { // else the pass that needs them says so
		m.engine.images.release(at)
	}
}

// seed is that of this process's digests.
var seed = maphash.MakeSeed()

// keyOf returns the key of a part of x.
func keyOf(p part, x arbench.Tensor) imageKey {
	data := x.Rows(p.lo, p.hi).Data
	sums := make([]uint64, (len(data)+piece-1)/piece)
	arbench.EachRow(len(sums), piece, func(i int) {
		sums[i] = maphash.Bytes(seed, dtypes.UnsafeByteSliceFromAny(pieceOf(data, i)))
	})
	var all []byte
	for _, s := range sums {
		all = binary.LittleEndian.AppendUint64(all, s)
	}
	return imageKey{maphash.Bytes(seed, all), [3]int(x.Shape[1:]), p.hi - p.lo, p.rows}
}
