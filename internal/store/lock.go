package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// poll is how often a process that waits for a lock tries again.
const poll = 100 * time.Millisecond

// Lock waits until no one else, in this process or another, holds the lock of id, and takes it. It
// is for making a record that takes long: take the lock, look whether the record is there by now,
// make it if not, call unlock. The lock ends with its process, even one that is killed. It keeps no
// one from Get or Put, and the empty file it leaves in the store must stay: others may wait on it.
// Lock fails when ctx is done, and on a store that cannot be written.
func (s *Store) Lock(ctx context.Context, id string) (unlock func(), err error) {
	f, err := s.lockFile(id)
	if err != nil {
		return nil, err
	}
	_, err = f.TryLockContext(ctx, poll)
	if ctx.Err() != nil && err != nil {
		return nil, fmt.Errorf("wait for the lock of %s: %w", id, err)
	}
	if err != nil {
		return nil, writeError(f.Path(), err)
	}
	return func() { f.Unlock() }, nil
}

// TryLock is Lock without the wait: ok is false, and unlock nil, if someone else holds the lock.
func (s *Store) TryLock(id string) (unlock func(), ok bool, err error) {
	f, err := s.lockFile(id)
	if err != nil {
		return nil, false, err
	}
	if ok, err := f.TryLock(); !ok {
		return nil, false, writeError(f.Path(), err)
	}
	return func() { f.Unlock() }, true, nil
}

// lockFile returns the file, not yet locked, that stands for id. It is opened for writing because
// some network file systems lock no other.
func (s *Store) lockFile(id string) (*flock.Flock, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	if err := s.makeStore(); err != nil {
		return nil, err
	}
	dir := filepath.Join(s.dir, lockDir)
	if err := s.makeDir(dir); err != nil {
		return nil, err
	}
	return flock.New(filepath.Join(dir, id),
		flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o666)), nil
}
