// Package arrays is the dataset "arrays": labelled images out of the user's own files, of NumPy's
// .npz or of safetensors.
package arrays

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/arbench/arbench"
)

func init() {
	arbench.Datasets.Register("arrays", func() arbench.Dataset { return &Dataset{} })
}

// Dataset is the dataset "arrays" and its options. Each file holds x, images [N, C, H, W] as bytes
// or as float32 in [0, 1], and y, N whole numbers from 0 to below Classes.
type Dataset struct {
	Files   Files `toml:"files" doc:"test and, to train on, train: each a .npz or .safetensors with x and y"`
	Shape   []int `toml:"shape" doc:"of an image: channels, height, width"`
	Classes int   `toml:"classes" doc:"number of classes"`
}

// Files names the file of each split. Without Train there is nothing to train on.
type Files struct {
	Test  arbench.Path `toml:"test"`
	Train arbench.Path `toml:"train"`
}

var _ arbench.Dataset = (*Dataset)(nil)

// Info implements [arbench.Dataset].
func (d *Dataset) Info() arbench.DatasetInfo {
	return arbench.DatasetInfo{
		Doc:   "images and labels of your own, in .npz or .safetensors files",
		Shape: d.Shape, Classes: d.Classes,
	}
}

// Validate reports options that make no sense.
func (d *Dataset) Validate() error {
	var errs []error
	if d.Files.Test == "" {
		errs = append(errs, errors.New(`files: no test file, say files = { test = "test.npz", train = "train.npz" }`))
	}
	if len(d.Shape) != 3 || slices.Min(d.Shape) < 1 {
		errs = append(errs, fmt.Errorf("shape %v: want channels, height and width, such as [3, 32, 32]", d.Shape))
	}
	if d.Classes < 2 {
		errs = append(errs, fmt.Errorf("classes %d: want at least 2", d.Classes))
	}
	return errors.Join(errs...)
}

// Open implements [arbench.Dataset].
func (d *Dataset) Open(ctx context.Context) (*arbench.Data, error) {
	data := &arbench.Data{Title: filepath.Base(string(d.Files.Test)), Train: &images{}}
	test, err := d.split(string(d.Files.Test))
	if err != nil {
		return nil, err
	}
	data.Test, data.Digest = test, test.digest()
	if d.Files.Train == "" {
		return data, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	train, err := d.split(string(d.Files.Train))
	if err != nil {
		return nil, err
	}
	data.Train = train
	data.Title = filepath.Base(string(d.Files.Train)) + " and " + data.Title
	data.Digest = train.digest() + "/" + data.Digest
	return data, nil
}

// split reads a file of images and labels.
func (d *Dataset) split(name string) (*images, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%w: files names .npz or .safetensors files, beside the suite file", err)
	}
	read := readSafetensors
	switch {
	case strings.HasSuffix(name, ".npz"):
		read = readNPZ
	case !strings.HasSuffix(name, ".safetensors"):
		return nil, fmt.Errorf("%s: want a file that ends in .npz or .safetensors", name)
	}
	x, err := read(b, "x")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	y, err := read(b, "y")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	m, err := newImages(x, y, d.Shape, d.Classes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// newImages returns the examples of two arrays, after checks of both.
func newImages(x, y array, shape []int, classes int) (*images, error) {
	if len(y.shape) != 1 {
		return nil, fmt.Errorf("y has shape %v, want one dimension", y.shape)
	}
	n := y.shape[0]
	if want := append([]int{n}, shape...); !slices.Equal(x.shape, want) {
		return nil, fmt.Errorf("x has shape %v, want %v: one image of the option shape for each of y", x.shape, want)
	}
	if x.kind != uint8s && x.kind != float32s {
		return nil, fmt.Errorf("x is of %s, want uint8 or float32", x.kind)
	}
	m := &images{x: x, labels: make([]int, n), size: arbench.Volume(shape)}
	for i := range m.labels {
		label, ok := y.integer(i)
		if !ok {
			return nil, fmt.Errorf("y is of %s, want whole numbers", y.kind)
		}
		if label < 0 || label >= int64(classes) {
			return nil, fmt.Errorf("y[%d] is %d, want 0 to %d", i, label, classes-1)
		}
		m.labels[i] = int(label)
	}
	if x.kind == float32s {
		for i := range n * m.size {
			if v := x.float(i); !(v >= 0 && v <= 1) {
				return nil, fmt.Errorf("x[%d] has a pixel %v, want 0 to 1", i/m.size, v)
			}
		}
	}
	return m, nil
}
