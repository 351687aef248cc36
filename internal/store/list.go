package store

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
)

// List yields the ids of the records of one kind, in increasing order. An error comes with an empty
// id and ends the list. The caller may put and delete meanwhile, as may others; whether the
// list shows that is open.
func (s *Store) List(kind string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for path, err := range s.files() {
			if err != nil {
				yield("", err)
				return
			}
			if id, k, ok := parsePath(path); ok && k == kind && !yield(id, nil) {
				return
			}
		}
	}
}

// A Record names a record of a store.
type Record struct {
	ID, Kind string
	Bytes    int64 // on disk, compressed
}

// Records yields every record, in increasing order of ids and, for each id, of kinds. As of List, an
// error ends it.
func (s *Store) Records() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for path, err := range s.files() {
			if err != nil {
				yield(Record{}, err)
				return
			}
			id, kind, ok := parsePath(path)
			if !ok {
				continue
			}
			info, err := os.Stat(path)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				yield(Record{}, fmt.Errorf("measure the store: %w", err))
				return
			}
			if !yield(Record{id, kind, info.Size()}, nil) {
				return
			}
		}
	}
}

// A Stat is how much a store holds of one kind of record.
type Stat struct {
	Records int
	Bytes   int64 // on disk, compressed
}

// Stats returns how much the store holds of each kind that it has.
func (s *Store) Stats() (map[string]Stat, error) {
	stats := make(map[string]Stat)
	for r, err := range s.Records() {
		if err != nil {
			return nil, err
		}
		st := stats[r.Kind]
		stats[r.Kind] = Stat{Records: st.Records + 1, Bytes: st.Bytes + r.Bytes}
	}
	return stats, nil
}

// files yields the paths of the files in the store's directory and in those of its records.
func (s *Store) files() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		top, err := readDir(s.dir)
		if err != nil {
			yield("", err)
			return
		}
		for _, e := range top {
			path := filepath.Join(s.dir, e.Name())
			if !e.IsDir() && !yield(path, nil) || e.IsDir() && !yieldFiles(path, yield) {
				return
			}
		}
	}
}

// yieldFiles yields the paths of the files in dir, and returns whether to go on.
func yieldFiles(dir string, yield func(string, error) bool) bool {
	entries, err := readDir(dir)
	if err != nil {
		yield("", err)
		return false
	}
	for _, e := range entries {
		if !e.IsDir() && !yield(filepath.Join(dir, e.Name()), nil) {
			return false
		}
	}
	return true
}

// readDir lists a directory in order; one that does not exist is empty.
func readDir(dir string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list the store: %w", err)
	}
	return entries, nil
}

// parsePath returns the names of the record in a file, if the file is where a record would be.
func parsePath(path string) (id, kind string, ok bool) {
	id, kind, _ = strings.Cut(filepath.Base(path), ".")
	ok = validID.MatchString(id) && validKind.MatchString(kind) &&
		filepath.Base(filepath.Dir(path)) == id[:2]
	return id, kind, ok
}
