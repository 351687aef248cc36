// Package cifar holds the datasets "cifar10" and "cifar100": 60,000 colour images of 32×32 pixels
// each, in the binary layout of their authors.
package cifar

import (
	"context"
	"fmt"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/dataset/files"
)

func init() {
	for _, s := range sources {
		arbench.Datasets.Register(s.set.Name, func() arbench.Dataset { return &Dataset{source: s} })
	}
}

// Dataset is a dataset in CIFAR's binary layout and its options.
type Dataset struct {
	Dir string `toml:"dir" doc:"folder of the files; empty looks where data sets are kept"`

	source source
}

// A source is a set with what is known about it. Its last file is the test split.
type source struct {
	set    *files.Set
	info   arbench.DatasetInfo
	labels int // bytes before the pixels of an image, of which the last is its class
}

var _ files.Published = (*Dataset)(nil)

const (
	side   = 32
	pixels = 3 * side * side
)

var sources = []source{
	{
		labels: 1,
		info: about("60,000 colour images of 32×32 pixels in 10 classes", 10,
			"https://www.cs.toronto.edu/~kriz/cifar.html"),
		set: &files.Set{
			Name: "cifar10", Title: "CIFAR-10", Folder: "cifar-10-batches-bin",
			// MD5 digests: of the files in the published archive.
			Files: []files.File{
				{Name: "data_batch_1.bin", Size: 30730000, MD5: "5dd7e06a14cb22eb9f671a540d1b7c25"},
				{Name: "data_batch_2.bin", Size: 30730000, MD5: "5ea93a67294ea407fff1d09f752e9692"},
				{Name: "data_batch_3.bin", Size: 30730000, MD5: "942cd6a4bcdd0dd3c604fbe906cb4421"},
				{Name: "data_batch_4.bin", Size: 30730000, MD5: "ae636b3ba5c66a11e91e8cb52e771fcb"},
				{Name: "data_batch_5.bin", Size: 30730000, MD5: "53f37980c15c3d472c316c40844f3f0d"},
				{Name: "test_batch.bin", Size: 30730000, MD5: "803d5f7f4d78ea53de84dbe85f74fb6d"},
			},
			// Pixels that went through JPEG 4:2:0, in an order of their own.
			Copies: map[string]string{
				"00ac24f959dce70e394f114c9fcc98c7c319e4a60b9cfe4bf850520057993bc0": "CIFAR-10 (JPEG copy)",
			},
			Archives: []files.Archive{{
				URL:  "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
				Size: 170052171, MD5: "c32a1d4ab5d03f1284b67883e8d87530",
			}},
		},
	},
	{
		labels: 2, // coarse, fine
		info: about("60,000 colour images of 32×32 pixels in 100 classes, the fine ones", 100,
			"https://www.cs.toronto.edu/~kriz/cifar.html"),
		set: &files.Set{
			Name: "cifar100", Title: "CIFAR-100", Folder: "cifar-100-binary",
			Files: []files.File{
				{Name: "train.bin", Size: 153700000, MD5: "6172c7755cfe09b2fe270c85cebc1b15"},
				{Name: "test.bin", Size: 30740000, MD5: "4499cfba6c016c1be1438163640a0898"},
			},
			Archives: []files.Archive{{
				URL:  "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
				Size: 168513733, MD5: "03b5dce01913d631647c71ecec9e9cb8",
			}},
		},
	},
}

func about(doc string, classes int, source string) arbench.DatasetInfo {
	return arbench.DatasetInfo{
		Doc: doc, Shape: []int{3, side, side}, Classes: classes,
		Licence: "none stated; cite Krizhevsky 2009", Source: source,
	}
}

// Info implements [arbench.Dataset].
func (d *Dataset) Info() arbench.DatasetInfo { return d.source.info }

// Published implements [files.Published].
func (d *Dataset) Published() *files.Set { return d.source.set }

// Open implements [arbench.Dataset].
func (d *Dataset) Open(ctx context.Context) (*arbench.Data, error) {
	s := d.source
	c, err := s.set.Open(ctx, d.Dir)
	if err != nil {
		return nil, err
	}
	var train, test files.Images
	for i, b := range c.Bytes {
		to := &train
		if i == len(c.Bytes)-1 {
			to = &test
		}
		if err := add(to, b, s.labels, s.info.Classes); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", c.Folder, s.set.Files[i].Name, err)
		}
		c.Bytes[i] = nil // its pixels are copied
	}
	return &arbench.Data{Title: c.Title, CopyOf: c.CopyOf, Digest: c.Digest, Train: &train, Test: &test}, nil
}

// add appends the images of a file: for each so many labels, of which the last is its class, then
// the red, the green and the blue plane.
func add(to *files.Images, b []byte, labels, classes int) error {
	record := labels + pixels
	if len(b)%record != 0 {
		return fmt.Errorf("%d bytes, want a multiple of %d", len(b), record)
	}
	for i := 0; i < len(b); i += record {
		to.Labels = append(to.Labels, b[i+labels-1])
		to.Pixels = append(to.Pixels, b[i+labels:i+record]...)
	}
	return to.Check(pixels, classes)
}
