package arbench

import "context"

// A Split names a part of a dataset.
type Split string

// The splits of every dataset.
const (
	Train Split = "train"
	Test  Split = "test"
)

// A Batch is a group of labelled examples: row i of X has class Y[i] and is example ID[i] of its
// split. IDs key all randomness, so that no result depends on how examples are grouped.
type Batch struct {
	X  Tensor
	Y  []int
	ID []int
}

// Len returns the number of examples.
func (b Batch) Len() int { return len(b.Y) }

// Gather returns a copy of the examples of b that rows names, in that order.
func (b Batch) Gather(rows []int) Batch {
	out := Batch{X: b.X.Gather(rows), Y: make([]int, len(rows)), ID: make([]int, len(rows))}
	for i, r := range rows {
		out.Y[i], out.ID[i] = b.Y[r], b.ID[r]
	}
	return out
}

// A Dataset is a source of labelled images.
//
// As for an Attack, its exported fields are its options.
type Dataset interface {
	// Info describes the dataset. It reads no file.
	Info() DatasetInfo

	// Open reads and checks the data. An error says which file is missing or wrong and how to get
	// a right one.
	Open(ctx context.Context) (*Data, error)
}

// DatasetInfo describes a dataset.
type DatasetInfo struct {
	Doc     string // one line, for "arbench list"
	Shape   []int  // of one example: channels, height, width
	Classes int
	Licence string
	Source  string // where it is published
}

// Data is an opened dataset. It is read by several goroutines at once.
type Data struct {
	Title  string // what it is, as reports name it; tells a re-encoded copy from the original
	Digest string // of the contents: it is part of the identity of every result

	// CopyOf names the published data that these are a copy of, with other contents; empty if they
	// are the published ones, or were never published.
	CopyOf string

	Train Examples
	Test  Examples
}

// Split returns the examples of one split.
func (d *Data) Split(s Split) Examples {
	if s == Train {
		return d.Train
	}
	return d.Test
}

// A Path is an option that names a file. A suite names it from the folder of the suite file; the
// plugin gets it as os.Open takes it.
type Path string

// Examples are labelled images in a fixed order, of which any can be read at any time, by several
// goroutines at once.
type Examples interface {
	Len() int

	// Read fills x, whose length is that of one image, with the pixels of example i in [0, 1] and
	// returns its class. 0 ≤ i < Len().
	Read(i int, x []float32) (class int)
}

// ReadBatch returns the examples with the given ids as a batch of images of the given shape.
func ReadBatch(e Examples, shape []int, ids []int) Batch {
	b := Batch{
		X:  NewTensor(append([]int{len(ids)}, shape...)...),
		Y:  make([]int, len(ids)),
		ID: append([]int(nil), ids...),
	}
	for i, id := range ids {
		b.Y[i] = e.Read(id, b.X.Row(i))
	}
	return b
}
