// Package svhn holds the dataset "svhn": digits of house numbers, colour images of 32×32 pixels, in
// MATLAB files.
package svhn

import (
	"context"
	"fmt"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/dataset/files"
)

func init() {
	arbench.Datasets.Register("svhn", func() arbench.Dataset { return &Dataset{set: published} })
}

// Dataset is the dataset "svhn" and its options.
type Dataset struct {
	Dir string `toml:"dir" doc:"folder of the files; empty looks where data sets are kept"`

	set *files.Set
}

var _ files.Published = (*Dataset)(nil)

const (
	side    = 32
	colours = 3
	classes = 10
)

var published = &files.Set{
	Name: "svhn", Title: "SVHN",
	Files: []files.File{
		{Name: "train_32x32.mat", Size: 182040794, MD5: "e26dedcc434d2e4c54c9b2d4a06d8373"},
		{Name: "test_32x32.mat", Size: 64275384, MD5: "eb5a983be6a315427106f1b164d9cef3"},
	},
	Archives: []files.Archive{
		{
			URL:  "http://ufldl.stanford.edu/housenumbers/train_32x32.mat",
			Size: 182040794, MD5: "e26dedcc434d2e4c54c9b2d4a06d8373",
		},
		{
			URL:  "http://ufldl.stanford.edu/housenumbers/test_32x32.mat",
			Size: 64275384, MD5: "eb5a983be6a315427106f1b164d9cef3",
		},
	},
}

// Info implements [arbench.Dataset].
func (*Dataset) Info() arbench.DatasetInfo {
	return arbench.DatasetInfo{
		Doc:     "99,289 digits of house numbers, colour images of 32×32 pixels",
		Shape:   []int{colours, side, side},
		Classes: classes,
		Licence: "for non-commercial use only",
		Source:  "Netzer et al. 2011, http://ufldl.stanford.edu/housenumbers",
	}
}

// Published implements [files.Published].
func (d *Dataset) Published() *files.Set { return d.set }

// Open implements [arbench.Dataset].
func (d *Dataset) Open(ctx context.Context) (*arbench.Data, error) {
	c, err := d.set.Open(ctx, d.Dir)
	if err != nil {
		return nil, err
	}
	data := &arbench.Data{Title: c.Title, CopyOf: c.CopyOf, Digest: c.Digest}
	for i, split := range []*arbench.Examples{&data.Train, &data.Test} {
		m, err := parse(c.Bytes[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", c.Folder, d.set.Files[i].Name, err)
		}
		c.Bytes[i], *split = nil, m
	}
	return data, nil
}

// parse returns the examples of a MATLAB file with the arrays X, of rows, columns, colours and
// images, and y of labels 1 to 10, where 10 stands for the digit 0.
func parse(file []byte) (*files.Images, error) {
	arrays, err := readMat(file)
	if err != nil {
		return nil, err
	}
	x, y := arrays["X"], arrays["y"]
	n := len(y.data)
	if want := []int{side, side, colours, n}; !same(x.dims, want) {
		return nil, fmt.Errorf("array X has dimensions %v, want %v for the labels of y", x.dims, want)
	}
	m := &files.Images{Pixels: make([]uint8, len(x.data)), Labels: make([]uint8, n)}
	for i := range n {
		label := y.data[i]
		if label < 1 || label > classes {
			return nil, fmt.Errorf("y of image %d is %d, want 1 to %d", i, label, classes)
		}
		m.Labels[i] = label % classes
		size := side * side * colours
		image := x.data[i*size : (i+1)*size]
		to := m.Pixels[i*size : (i+1)*size]
		for j, v := range image { // the row runs fastest, then the column
			plane, row, column := j/(side*side), j%side, j/side%side
			to[(plane*side+row)*side+column] = v
		}
	}
	return m, nil
}

// same reports whether dims are those wanted; the last may be left out where it is one.
func same(dims, want []int) bool {
	if len(dims) == len(want)-1 {
		dims = append(dims[:len(dims):len(dims)], 1)
	}
	if len(dims) != len(want) {
		return false
	}
	for i := range dims {
		if dims[i] != want[i] {
			return false
		}
	}
	return true
}
