// Package files finds, reads, tells apart and downloads the files of published data sets.
//
// What a file is, the digest of its contents decides, decompressed: a copy in another wrapper is
// the published data set, a file of the same name with other contents is not and is named so.
package files

import (
	"fmt"
	"path"

	"github.com/arbench/arbench"
)

// A Set is a published data set: its files and where they come from.
type Set struct {
	Name     string            // of the dataset in the registry, and of its folder
	Title    string            // as reports name it, if the files are the published ones
	Folder   string            // in which its archive holds the files; empty if it has none
	Files    []File            // in the order in which they are read
	Copies   map[string]string // titles of other known contents by [Contents.Digest]
	System   string            // folder in which a package of a distribution installs it; or empty
	Package  string            // that package, such as "Debian's dataset-fashion-mnist"
	Archives []Archive         // what to download, official addresses
}

// A File is one file of a set. It may lie about as it is or, with .gz behind its name, compressed.
type File struct {
	Name   string
	Size   int64  // in bytes, decompressed
	SHA256 string // of the decompressed contents, hexadecimal; empty if it is not known
	MD5    string // of the decompressed contents, where only that is known; see also [Archive.MD5]
}

// An Archive is a file to download: one of the set's files, as it is or with .gz behind its name,
// or a .tar.gz of all of them.
type Archive struct {
	URL  string
	Size int64  // in bytes: for progress, and twice as much is refused
	MD5  string // as published, hexadecimal
}

// Base returns the last element of the address.
func (a Archive) Base() string { return path.Base(a.URL) }

// A Published dataset is one whose files are those of a set.
type Published interface {
	arbench.Dataset

	// Published returns the set. Nobody changes it.
	Published() *Set
}

// Size returns how many bytes there are to download.
func (s *Set) Size() int64 {
	var n int64
	for _, a := range s.Archives {
		n += a.Size
	}
	return n
}

// title returns what contents of that digest are called; published says that they are those of the
// set.
func (s *Set) title(digest string, published bool) string {
	if published {
		return s.Title
	}
	if t, ok := s.Copies[digest]; ok {
		return t
	}
	return fmt.Sprintf("%s (unknown copy)", s.Title)
}
