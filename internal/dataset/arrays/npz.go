package arrays

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// readNPZ returns an array of an .npz file: a zip archive with a file NAME.npy for each array.
func readNPZ(b []byte, name string) (array, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return array{}, fmt.Errorf("not an .npz file: %w", err)
	}
	var names []string
	for _, f := range z.File {
		if f.Name != name+".npy" {
			names = append(names, strings.TrimSuffix(f.Name, ".npy"))
			continue
		}
		r, err := f.Open()
		if err != nil {
			return array{}, fmt.Errorf("%s: %w", f.Name, err)
		}
		defer r.Close()
		a, err := readNPY(r, name)
		if err != nil {
			return array{}, fmt.Errorf("%s: %w", f.Name, err)
		}
		return a, nil
	}
	return array{}, fmt.Errorf("no array %s, only %q", name, names)
}

// kinds are NumPy's names of the kinds, which are those of one byte or little-endian.
var kinds = map[string]kind{
	"|u1": uint8s, "|i1": int8s, "<u2": uint16s, "<i2": int16s, "<u4": uint32s, "<i4": int32s,
	"<u8": uint64s, "<i8": int64s, "<f4": float32s,
}

// The entries of the head of an .npy file, a Python dictionary.
var (
	descr   = regexp.MustCompile(`'descr': *'([^']*)'`)
	fortran = regexp.MustCompile(`'fortran_order': *True`)
	shape   = regexp.MustCompile(`'shape': *\(([0-9, ]*)\)`)
)

// readNPY reads an .npy file of format 1, 2 or 3 (numpy.lib.format).
func readNPY(r io.Reader, name string) (array, error) {
	head, err := readHead(r)
	if err != nil {
		return array{}, err
	}
	d, s := descr.FindStringSubmatch(head), shape.FindStringSubmatch(head)
	if d == nil || s == nil {
		return array{}, fmt.Errorf("the head %.200q names no type or shape", head)
	}
	if fortran.MatchString(head) {
		return array{}, errors.New("the array is in Fortran order: save numpy.ascontiguousarray of it")
	}
	k, ok := kinds[d[1]]
	if !ok {
		return array{}, fmt.Errorf(
			"the array is of type %q, want uint8 or float32 for x and whole numbers for y", d[1])
	}
	var dims []int
	for text := range strings.SplitSeq(s[1], ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return array{}, err
		}
		dims = append(dims, n)
	}
	want, err := volume(k, dims)
	if err != nil {
		return array{}, fmt.Errorf("%s %w", name, err)
	}
	var data bytes.Buffer
	if _, err := io.Copy(&data, io.LimitReader(r, want+1)); err != nil {
		return array{}, err
	}
	return newArray(name, k, dims, data.Bytes())
}

// readHead returns the text before the data.
func readHead(r io.Reader) (string, error) {
	var start [8]byte
	if _, err := io.ReadFull(r, start[:]); err != nil || string(start[:6]) != "\x93NUMPY" {
		return "", errors.New("it is not an .npy file")
	}
	wide := 4
	if start[6] == 1 {
		wide = 2
	}
	var length [4]byte
	if _, err := io.ReadFull(r, length[:wide]); err != nil {
		return "", err
	}
	n := binary.LittleEndian.Uint32(length[:])
	if n > 1<<16 {
		return "", fmt.Errorf("a head of %d bytes, want at most %d", n, 1<<16)
	}
	text := make([]byte, n)
	_, err := io.ReadFull(r, text)
	return string(text), err
}
