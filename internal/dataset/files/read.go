package files

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Contents are the files of a set, read.
type Contents struct {
	Folder string   // in which they are
	Title  string   // what they are: the set's title, or one that says they are a copy
	CopyOf string   // title of the set, if they are a copy with other contents; else empty
	Digest string   // SHA-256 of the lines "SHA256  NAME" of all files
	Bytes  [][]byte // of each file of the set, decompressed
	SHA256 []string // of each of Bytes
	Known  []bool   // which of Bytes are those of the published file
}

// Open reads the files of the set from the folder that [Set.Find] finds. It is an error if one is
// missing or has another size than it should.
func (s *Set) Open(ctx context.Context, dir string) (*Contents, error) {
	folder, err := s.Find(dir)
	if err != nil {
		return nil, err
	}
	c := &Contents{Folder: folder}
	published, lines := true, sha256.New()
	for _, f := range s.Files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p, err := locate(folder, f.Name)
		if err != nil {
			return nil, fmt.Errorf("%w: %s", err, s.advice(dir))
		}
		b, raw, err := read(p, f.Size)
		if err != nil {
			return nil, fmt.Errorf("%s: %w: it is not %s of %s: %s", p, err, f.Name, s.Title, s.advice(dir))
		}
		sum := sha256.Sum256(b)
		text := hex.EncodeToString(sum[:])
		known := s.published(f, text, b, raw, filepath.Base(p))
		published = published && known
		fmt.Fprintf(lines, "%s  %s\n", text, f.Name)
		c.Bytes, c.SHA256, c.Known = append(c.Bytes, b), append(c.SHA256, text), append(c.Known, known)
	}
	c.Digest = hex.EncodeToString(lines.Sum(nil))
	c.Title = s.title(c.Digest, published)
	if !published {
		c.CopyOf = s.Title
	}
	return c, nil
}

// published reports whether contents, whose SHA-256 is sum, are those of file f as published; raw is
// what lies on the disk under the given name.
func (s *Set) published(f File, sum string, contents, raw []byte, name string) bool {
	if f.SHA256 != "" {
		return strings.EqualFold(f.SHA256, sum)
	}
	if f.MD5 != "" {
		return f.MD5 == md5Of(contents)
	}
	for _, a := range s.Archives {
		if a.Base() == name {
			return a.MD5 == md5Of(raw)
		}
	}
	return false
}

func md5Of(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

// read returns a file that has that many bytes, decompressed if its name ends in .gz, and what lies
// on the disk.
func read(name string, size int64) (contents, raw []byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	most := size
	packed := strings.HasSuffix(name, ".gz")
	if packed {
		most += size/8 + 1<<16 // more than what no compression can shrink
	}
	if raw, err = readMost(f, most, size); err != nil || !packed {
		return raw, raw, err
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, nil, err
	}
	contents, err = readMost(z, size, size)
	return contents, raw, err
}

// readMost reads all of r, which has at most that many bytes; with want equal to most, exactly so
// many.
func readMost(r io.Reader, most, want int64) ([]byte, error) {
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(r, most+1))
	switch {
	case err != nil:
		return nil, err
	case n > most:
		return nil, fmt.Errorf("more than %d bytes, want %d", most, want)
	case most == want && n < want:
		return nil, fmt.Errorf("%d bytes, want %d", n, want)
	}
	return b.Bytes(), nil
}
