// Package store keeps answers on disk under the hash of their question.
//
// A store is a directory of records. A record is bytes under two names: an id, the hash of the
// question, and a kind, such as "model" or "outcome". A record is whole or absent, whatever happens
// to the process that writes it, and several processes may use one store at the same time:
//
//	DIR/format                the line "arbench store 1"
//	DIR/3f/3f0c….outcome      the record of id 3f0c… and kind outcome
//	DIR/3f/.tmp-…             a record that is being written, or that a killed process left
//	DIR/locks/3f0c…           an empty file that a process locks while it works on 3f0c…
package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Errors that the errors of Open and of Store wrap. Their messages name the file and say what to do
// about it.
var (
	ErrDamaged = errors.New("damaged file")               // cut short, altered, or not ours
	ErrNewer   = errors.New("written by a newer arbench") // in a format that this one cannot read
)

// version is the number of the format of stores and of records that this package writes. It reads
// no other: there is none older.
const version = 1

const (
	formatFile   = "format"
	formatPrefix = "arbench store "
	lockDir      = "locks"
	tempPrefix   = ".tmp-"
)

var (
	validID   = regexp.MustCompile(`^[0-9a-f]{16,64}$`)
	validKind = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
)

// A Store is a directory of records. Its methods may be called from several goroutines, and other
// processes may read and write the same directory.
type Store struct {
	dir    string
	create func(path string) (file, error) // opens a new file for writing
}

// Open returns the store in dir. The directory need not exist: it is made by the first Put or Lock,
// and until then the store is empty. Open refuses a store of a newer format (ErrNewer), and a
// directory that holds other things than a store.
func Open(dir string) (*Store, error) {
	if dir == "" {
		return nil, errors.New("the name of the store is empty: name a directory with --store")
	}
	if _, err := hasFormat(dir); err != nil {
		return nil, err
	}
	return &Store{dir: dir, create: createFile}, nil
}

// Get returns the data of a record, which the caller owns; ok is false if there is none. The error
// of a record that cannot be trusted wraps ErrDamaged or ErrNewer.
func (s *Store) Get(id, kind string) (data []byte, ok bool, err error) {
	path, err := s.path(id, kind)
	if err != nil {
		return nil, false, err
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read the record: %w", err)
	}
	data, err = decode(id, kind, b)
	if err != nil {
		return nil, false, fmt.Errorf("record %q: %w", path, err)
	}
	return data, true, nil
}

// Has reports whether there is a record. It does not read it: Get may yet find it damaged.
func (s *Store) Has(id, kind string) (bool, error) {
	path, err := s.path(id, kind)
	if err != nil {
		return false, err
	}
	_, err = os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Delete removes a record. It is no error if there is none.
func (s *Store) Delete(id, kind string) error {
	path, err := s.path(id, kind)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete the record: %w", err)
	}
	return nil
}

// path returns the name of a record's file.
func (s *Store) path(id, kind string) (string, error) {
	if !validKind.MatchString(kind) {
		return "", fmt.Errorf("record kind %q: want up to 32 of a-z, 0-9 and -", kind)
	}
	if err := checkID(id); err != nil {
		return "", err
	}
	return filepath.Join(s.dir, id[:2], id+"."+kind), nil
}

func checkID(id string) error {
	if !validID.MatchString(id) {
		return fmt.Errorf("record id %q: want 16 to 64 lower-case hexadecimal digits", id)
	}
	return nil
}

// hasFormat reports whether dir is a store. False means that it may become one: it is missing, or
// has nothing but hidden files. The directory is listed before its format file is read, because
// another process may be making the store, and makes that file first.
func hasFormat(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("store %q cannot be read, use another --store: %w", dir, err)
	}
	path := filepath.Join(dir, formatFile)
	line, err := os.ReadFile(path)
	if err == nil {
		return true, checkFormat(path, string(line))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("store %q cannot be read, use another --store: %w", dir, err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			return false, fmt.Errorf("%q is not a store: it holds %q but no file %q; "+
				"use a new or empty directory as --store", dir, e.Name(), formatFile)
		}
	}
	return false, nil
}

// checkFormat judges the content of a format file.
func checkFormat(path, line string) error {
	number, _ := strings.CutPrefix(strings.TrimSuffix(line, "\n"), formatPrefix)
	v, err := strconv.ParseUint(number, 10, 31)
	switch {
	case line != formatLine(v) || err != nil || v < version:
		return fmt.Errorf("%q: %w: want the line %q; put it back or use another --store",
			path, ErrDamaged, strings.TrimSpace(formatLine(version)))
	case v > version:
		return fmt.Errorf("store %q: %w", filepath.Dir(path), newerError(v))
	}
	return nil
}

func formatLine(v uint64) string { return fmt.Sprintf("%s%d\n", formatPrefix, v) }

func newerError(v uint64) error {
	return fmt.Errorf("%w (format %d, this one reads format %d): upgrade arbench or use another "+
		"--store", ErrNewer, v, version)
}
