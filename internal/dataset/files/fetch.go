package files

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// A Fetcher downloads sets. The zero value downloads from the official addresses.
type Fetcher struct {
	Client *http.Client // nil is one that gives up where a server does not answer
	From   string       // address of a folder with the archives, instead of the official ones; or empty

	// Tell is told how many bytes of an archive are there, of how many; total is 0 if that is not
	// known. It may be nil.
	Tell func(archive string, done, total int64)
}

// Fetch downloads the set's archives, checks them and puts the files into the set's folder in home.
// It appears there whole or not at all. What was downloaded before a failure is kept, and the next
// Fetch goes on from there. If the set is there already, nothing is downloaded.
func (f Fetcher) Fetch(ctx context.Context, s *Set, home string) (*Contents, error) {
	target := filepath.Join(home, s.Name)
	if _, err := s.Find(target); err == nil {
		return s.present(ctx, target)
	}
	work := filepath.Join(home, "."+s.Name+".part")
	if err := os.MkdirAll(work, 0o777); err != nil {
		return nil, fmt.Errorf("no place for %s: %w: choose another folder with --data", s.Title, err)
	}
	lock := flock.New(filepath.Join(work, "lock"))
	if ok, err := lock.TryLock(); err != nil || !ok {
		return nil, errors.Join(err, fmt.Errorf("another process is fetching into %s: wait for it", home))
	}
	defer lock.Close()
	defer removeIdle(work, lock.Path())
	for _, a := range s.Archives {
		if err := f.download(ctx, a, filepath.Join(work, a.Base())); err != nil {
			return nil, fmt.Errorf("%w\nor get %s by other means and put it, unpacked if it is a tar, into %s",
				err, a.URL, target)
		}
	}
	stage := filepath.Join(work, "ready")
	if err := s.unpack(ctx, work, stage); err != nil {
		return nil, err
	}
	if err := os.Rename(stage, target); err != nil {
		return nil, fmt.Errorf("%w: move away what is in %s", err, target)
	}
	if err := os.RemoveAll(work); err != nil {
		return nil, err
	}
	return s.Open(ctx, target)
}

// removeIdle removes the folder work if the lock is all that is in it: nothing was kept.
func removeIdle(work, lock string) {
	if all, err := os.ReadDir(work); err == nil && len(all) == 1 && all[0].Name() == filepath.Base(lock) {
		os.RemoveAll(work)
	}
}

// present returns what is in the set's folder, if it is what Fetch would put there.
func (s *Set) present(ctx context.Context, target string) (*Contents, error) {
	c, err := s.Open(ctx, target)
	if err == nil && c.Title != s.Title {
		err = fmt.Errorf("%s holds %s", target, c.Title)
	}
	if err != nil {
		return nil, fmt.Errorf("%w; to fetch the published files move %s away", err, target)
	}
	return c, nil
}

// unpack puts the files of the archives in work into the new folder stage, and checks them.
func (s *Set) unpack(ctx context.Context, work, stage string) error {
	if err := os.RemoveAll(stage); err != nil {
		return err
	}
	if err := os.MkdirAll(stage, 0o777); err != nil {
		return err
	}
	for _, a := range s.Archives {
		from, to := filepath.Join(work, a.Base()), filepath.Join(stage, a.Base())
		var err error
		if strings.HasSuffix(a.Base(), ".tar.gz") {
			err = s.extract(from, stage)
		} else if os.Link(from, to) != nil { // where there are no links
			err = os.Rename(from, to)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", a.Base(), err)
		}
	}
	c, err := s.Open(ctx, stage)
	if err != nil {
		return err
	}
	if c.Title != s.Title {
		return fmt.Errorf("%s has the right digest, but what is in it is not %s but %s",
			s.Archives[0].URL, s.Title, c.Title)
	}
	return nil
}
