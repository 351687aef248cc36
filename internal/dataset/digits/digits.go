// Package digits is the dataset "digits": 1,797 handwritten digits of 8×8 pixels, held inside the
// program, so that a suite of it runs anywhere.
//
// It is the test set of Optical Recognition of Handwritten Digits (Alpaydin & Kaynak 1998) as
// scikit-learn packages it. The file holds fourteen filled-in forms one after another, each with the
// same run of digits. The first nine forms (rows 0 to 1156) are the training split and the other
// five (rows 1157 to 1796) the test split, so that no form is in both: a net is tested on sheets,
// and as far as is known on writers, that it never saw. Accuracies are therefore lower than those
// of a random split.
package digits

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Datasets.Register("digits", func() arbench.Dataset { return &Dataset{} })
}

// Dataset is the dataset "digits". It has no options.
type Dataset struct{}

var _ arbench.Dataset = (*Dataset)(nil)

const (
	side    = 8
	pixels  = side * side
	classes = 10
	level   = 16   // the greatest value of a pixel in the file
	split   = 1157 // row at which the tenth form begins
	title   = "UCI handwritten digits (8×8, scikit-learn)"
	digest  = "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8" // sha256 of the CSV
)

//go:embed digits.csv.gz
var archive []byte

// Info implements [arbench.Dataset].
func (*Dataset) Info() arbench.DatasetInfo {
	return arbench.DatasetInfo{
		Doc:     "1,797 handwritten digits of 8×8 pixels, inside the program",
		Shape:   []int{1, side, side},
		Classes: classes,
		Licence: "CC BY 4.0 (UCI), packaged under BSD-3-Clause (scikit-learn)",
		Source:  "https://doi.org/10.24432/C50P49",
	}
}

// Open implements [arbench.Dataset].
func (*Dataset) Open(context.Context) (*arbench.Data, error) {
	all, err := read(archive)
	if err != nil {
		return nil, fmt.Errorf("digits: %w: the program is damaged, build it again", err)
	}
	return &arbench.Data{
		Title:  title,
		Digest: fmt.Sprintf("%s/%d", digest, split),
		Train:  all[:split],
		Test:   all[split:],
	}, nil
}

// A row is one image, as grey levels from 0 to 16, and its class.
type row struct {
	pixel [pixels]uint8
	class int
}

// rows are examples in the order of the file.
type rows []row

// Len implements [arbench.Examples].
func (r rows) Len() int { return len(r) }

// Read implements [arbench.Examples].
func (r rows) Read(i int, x []float32) int {
	for j, v := range r[i].pixel {
		x[j] = float32(v) / level
	}
	return r[i].class
}

// read unpacks the compressed CSV file, of 64 grey levels and the class in each line.
func read(packed []byte) (rows, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != digest {
		return nil, fmt.Errorf("sha256 %x of the data, want %s", sum, digest)
	}
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return nil, err
	}
	all := make(rows, len(lines))
	for i, line := range lines {
		if all[i], err = parse(line); err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
	}
	return all, nil
}

func parse(line []string) (row, error) {
	var r row
	if len(line) != pixels+1 {
		return r, fmt.Errorf("%d fields, want %d", len(line), pixels+1)
	}
	for j, field := range line {
		v, err := strconv.Atoi(field)
		switch {
		case err != nil:
			return r, err
		case j == pixels && v >= 0 && v < classes:
			r.class = v
		case j < pixels && v >= 0 && v <= level:
			r.pixel[j] = uint8(v)
		default:
			return r, fmt.Errorf("field %d is %d, out of range", j, v)
		}
	}
	return r, nil
}
