// Package idx holds the datasets "mnist", "kmnist" and "fashion-mnist": 70,000 grey images of 28×28
// pixels each, in files of LeCun's IDX format.
package idx

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/dataset/files"
)

func init() {
	for _, s := range sets {
		arbench.Datasets.Register(s.set.Name, func() arbench.Dataset { return &Dataset{source: s} })
	}
}

// Dataset is a dataset in IDX files and its options.
type Dataset struct {
	Dir string `toml:"dir" doc:"folder of the files; empty looks where data sets are kept"`

	source source
}

// A source is a set with what is known about it.
type source struct {
	set  *files.Set
	info arbench.DatasetInfo
}

var _ files.Published = (*Dataset)(nil)

const (
	side    = 28
	classes = 10

	imagesMagic = 0x00000803 // unsigned bytes in three dimensions
	labelsMagic = 0x00000801 // in one
	imagesHead  = 16         // bytes before the first pixel
	labelsHead  = 8
)

// Info implements [arbench.Dataset].
func (d *Dataset) Info() arbench.DatasetInfo { return d.source.info }

// Published implements [files.Published].
func (d *Dataset) Published() *files.Set { return d.source.set }

// Open implements [arbench.Dataset].
func (d *Dataset) Open(ctx context.Context) (*arbench.Data, error) {
	s := d.source.set
	c, err := s.Open(ctx, d.Dir)
	if err != nil {
		return nil, err
	}
	data := &arbench.Data{Title: c.Title, CopyOf: c.CopyOf, Digest: c.Digest}
	for i, split := range []*arbench.Examples{&data.Train, &data.Test} {
		m, err := parse(c.Bytes[2*i], c.Bytes[2*i+1])
		if err != nil {
			return nil, fmt.Errorf("%s: %s and %s: %w", c.Folder, s.Files[2*i].Name, s.Files[2*i+1].Name, err)
		}
		*split = m
	}
	return data, nil
}

// parse returns the examples of a file of images and one of labels. They keep both.
func parse(images, labels []byte) (*files.Images, error) {
	n, err := head(images, imagesMagic, imagesHead)
	if err != nil {
		return nil, fmt.Errorf("images: %w", err)
	}
	for i, at := range []int{8, 12} {
		if size := binary.BigEndian.Uint32(images[at:]); size != side {
			return nil, fmt.Errorf("images: dimension %d is %d, want %d", i+1, size, side)
		}
	}
	k, err := head(labels, labelsMagic, labelsHead)
	if err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	m := &files.Images{Pixels: images[imagesHead:], Labels: labels[labelsHead:]}
	if n != k || k != len(m.Labels) {
		return nil, fmt.Errorf("%d images, %d labels and %d bytes of labels, want as many of each",
			n, k, len(m.Labels))
	}
	return m, m.Check(side*side, classes)
}

// head checks the magic number of a file and that it has so many bytes, and returns the count in it.
func head(b []byte, magic uint32, bytes int) (int, error) {
	if len(b) < bytes {
		return 0, fmt.Errorf("%d bytes, want a head of %d", len(b), bytes)
	}
	if got := binary.BigEndian.Uint32(b); got != magic {
		return 0, fmt.Errorf("magic number %#08x, want %#08x", got, magic)
	}
	return int(binary.BigEndian.Uint32(b[4:])), nil
}
