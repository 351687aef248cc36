package store

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// A record's file is two lines of text and the data as a zstd frame:
//
//	arbench
//	1 <id> <kind> <length of the data> <SHA-256 of the data>
//
// The number is the format's version, and comes first in every version.
const magic = "arbench\n"

const (
	maxHeader = 256      // bytes, of the two lines
	maxLength = 16 << 30 // bytes, of the data of a record
	window    = 4 << 20  // bytes, how far back zstd looks
)

var encoder = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithWindowSize(window), zstd.WithEncoderCRC(false))
})

// header returns what a record's file starts with.
func header(id, kind string, data []byte) []byte {
	return fmt.Appendf(nil, "%s%d %s %s %d %x\n",
		magic, version, id, kind, len(data), sha256.Sum256(data))
}

// encode returns the content of a record's file.
func encode(id, kind string, data []byte) ([]byte, error) {
	if int64(len(data)) > maxLength {
		return nil, fmt.Errorf("record %s.%s has %d bytes: want at most %d",
			id, kind, len(data), int64(maxLength))
	}
	e, err := encoder()
	if err != nil {
		return nil, fmt.Errorf("start zstd: %w", err)
	}
	return e.EncodeAll(data, header(id, kind, data)), nil
}

// decode is the inverse of encode. It fails, and never panics, on everything that encode cannot
// have written for this id and kind.
func decode(id, kind string, b []byte) ([]byte, error) {
	line, err := cutHeader(b)
	if err != nil {
		return nil, err
	}
	var length int64
	if _, err := fmt.Sscanf(string(line[len(magic):]), "%d %s %s %d",
		new(int), new(string), new(string), &length); err != nil {
		return nil, damaged("its header is not that of a record")
	}
	data, err := inflate(b[len(line):], length)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(line, header(id, kind, data)) {
		return nil, damaged("its name, length or checksum is not that of its content")
	}
	return data, nil
}

// cutHeader returns the two lines that b starts with, if they are of a version that we read.
func cutHeader(b []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(b, []byte(magic))
	if !ok {
		return nil, damaged("it does not start as a record does")
	}
	rest = rest[:min(len(rest), maxHeader-len(magic))]
	var v uint64
	if _, err := fmt.Sscanf(string(rest), "%d ", &v); err != nil {
		return nil, damaged("its header has no version")
	}
	if v > version {
		return nil, newerError(v)
	}
	end := bytes.IndexByte(rest, '\n')
	if end < 0 {
		return nil, damaged("its header is cut short")
	}
	return b[:len(magic)+end+1], nil
}

// inflate decompresses exactly length bytes. What it allocates follows from what the frame really
// holds, not from the lengths that a damaged file may claim.
func inflate(frame []byte, length int64) ([]byte, error) {
	if length < 0 || length > maxLength {
		return nil, damaged("its header claims an impossible length")
	}
	d, err := zstd.NewReader(bytes.NewReader(frame),
		zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(window))
	if err != nil {
		return nil, damaged(err.Error())
	}
	defer d.Close()
	var data bytes.Buffer
	data.Grow(int(min(length, 8*int64(len(frame)))) + bytes.MinRead)
	if _, err := io.Copy(&data, io.LimitReader(d, length+1)); err != nil {
		return nil, damaged(err.Error())
	}
	if int64(data.Len()) != length {
		return nil, damaged("its data is longer or shorter than its header says")
	}
	return data.Bytes(), nil
}

func damaged(why string) error {
	return fmt.Errorf("%w (%s): delete it, it will be made again", ErrDamaged, why)
}
