package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// file is what a record is written to.
type file interface {
	io.WriteCloser
	Sync() error
}

func createFile(path string) (file, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

// Put writes a record, in the place of one that is there. When it returns without an error the
// record is on the disk; before that, and if it fails, readers find what was there before. Of
// several Puts of one record at the same time one wins. At most 16 GiB of data fit.
func (s *Store) Put(id, kind string, data []byte) error {
	path, err := s.path(id, kind)
	if err != nil {
		return err
	}
	b, err := encode(id, kind, data)
	if err != nil {
		return err
	}
	err = s.write(path, b)
	if errors.Is(err, fs.ErrNotExist) {
		// Something was deleted while we wrote: the store, or our temporary file because this
		// process was suspended for an hour and another one swept. All that is needed is here.
		err = s.write(path, b)
	}
	return err
}

// write makes the directories that a file in the store needs, and the file.
func (s *Store) write(path string, b []byte) error {
	if err := s.makeStore(); err != nil {
		return err
	}
	if err := s.makeDir(filepath.Dir(path)); err != nil {
		return err
	}
	return s.replace(path, b)
}

// makeStore makes the store's directory and its format file unless they exist.
func (s *Store) makeStore() error {
	exists, err := hasFormat(s.dir)
	if exists || err != nil {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o777); err != nil {
		return writeError(s.dir, err)
	}
	return s.replace(filepath.Join(s.dir, formatFile), []byte(formatLine(version)))
}

// makeDir makes a directory of the store unless it exists.
func (s *Store) makeDir(dir string) error {
	err := os.Mkdir(dir, 0o777)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		err = syncDir(s.dir)
	}
	return writeError(dir, err)
}

// replace makes path hold b, and afterwards no other file is there, whether it fails or not.
func (s *Store) replace(path string, b []byte) error {
	temp := filepath.Join(filepath.Dir(path), tempPrefix+rand.Text())
	err := s.writeTemp(temp, b)
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		os.Remove(temp)
		return writeError(path, err)
	}
	return writeError(path, syncDir(filepath.Dir(path)))
}

// writeTemp writes a new file and returns when the disk has it.
func (s *Store) writeTemp(path string, b []byte) error {
	f, err := s.create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// syncDir returns when the disk has the names in dir. Windows and some network file systems cannot
// be asked for that; there a crash of the machine may lose the last records, whole.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// writeError says what can be done about an error from writing path. It passes nil on.
func writeError(path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("write %q: the disk is full; what was finished is kept, "+
			"so make room and run again: %w", path, err)
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS):
		return fmt.Errorf("write %q: the store cannot be written, use another --store: %w",
			path, err)
	}
	return fmt.Errorf("write %q: %w", path, err)
}

// abandoned is the age at which a temporary file is taken for one that a killed process left.
const abandoned = time.Hour

// Sweep removes the temporary files that killed processes left more than an hour ago, and returns
// their number. It disturbs no one who is using the store.
func (s *Store) Sweep() (removed int, err error) {
	for path, err := range s.files() {
		if err != nil {
			return removed, err
		}
		if !strings.HasPrefix(filepath.Base(path), tempPrefix) {
			continue
		}
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && time.Since(info.ModTime()) < abandoned {
			continue
		}
		if err == nil {
			err = os.Remove(path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return removed, fmt.Errorf("sweep the store: %w", err)
		}
		removed++
	}
	return removed, nil
}
