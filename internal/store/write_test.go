package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// failing is a file that fails in one of its methods.
type failing struct {
	file
	method string
	err    error
}

// Write writes half of what it is given before it fails, as a disk that fills up does.
func (f failing) Write(b []byte) (int, error) {
	if f.method != "write" {
		return f.file.Write(b)
	}
	n, err := f.file.Write(b[:len(b)/2])
	return n, errors.Join(f.err, err)
}

func (f failing) Sync() error {
	if f.method == "sync" {
		return f.err
	}
	return f.file.Sync()
}

func (f failing) Close() error {
	err := f.file.Close()
	if f.method == "close" {
		return f.err
	}
	return err
}

// failIn returns a Store.create whose files fail in a method.
func failIn(method string, err error) func(string) (file, error) {
	return func(path string) (file, error) {
		if method == "create" {
			return nil, &os.PathError{Op: "open", Path: path, Err: err}
		}
		f, e := createFile(path)
		return failing{f, method, err}, e
	}
}

func TestFailedPutKeepsTheOldRecordAndLeavesNothing(t *testing.T) {
	for _, method := range []string{"create", "write", "sync", "close"} {
		for _, tt := range []struct {
			err  error
			says string
		}{
			{syscall.ENOSPC, "what was finished is kept"},
			{syscall.EDQUOT, "what was finished is kept"},
			{syscall.EROFS, "another --store"},
			{syscall.EACCES, "another --store"},
			{syscall.EIO, "input/output error"},
		} {
			t.Run(method+"/"+tt.err.Error(), func(t *testing.T) {
				s := open(t)
				mustPut(t, s, idA, "model", []byte("old"))
				before := tree(t, s.dir)
				s.create = failIn(method, tt.err)
				err := s.Put(idA, "model", noise(1000, 4))
				checkFailure(t, err, tt.err, tt.says, idA+".model")
				err = s.Put(idB, "model", noise(1000, 5))
				checkFailure(t, err, tt.err, tt.says, idB+".model")
				if diff := cmp.Diff(before, tree(t, s.dir)); diff != "" {
					t.Errorf("files (-want +got):\n%s", diff)
				}
				if got := mustGet(t, s, idA, "model"); string(got) != "old" {
					t.Errorf("got %d other bytes", len(got))
				}
				s.create = createFile
				mustPut(t, s, idA, "model", []byte("new"))
			})
		}
	}
}

func checkFailure(t *testing.T, err, wraps error, says ...string) {
	t.Helper()
	if !errors.Is(err, wraps) {
		t.Fatalf("error %v, want %v", err, wraps)
	}
	for _, want := range says {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
}

func TestFailureToMakeTheStoreLeavesAnEmptyOne(t *testing.T) {
	s := open(t)
	s.create = failIn("write", syscall.ENOSPC)
	checkFailure(t, s.Put(idA, "model", nil), syscall.ENOSPC, "what was finished is kept")
	if got := tree(t, s.dir); len(got) != 0 {
		t.Errorf("left %v", got)
	}
	s.create = createFile
	mustPut(t, s, idA, "model", nil)
}

func TestPutCannotReplaceADirectory(t *testing.T) {
	s := open(t)
	mustPut(t, s, idB, "model", nil)
	write(t, filepath.Join(s.dir, "00", idA+".model", "x"), "x")
	before := tree(t, s.dir)
	if err := s.Put(idA, "model", []byte("A")); err == nil {
		t.Error("no error")
	}
	if _, ok, err := s.Get(idA, "model"); ok || err == nil {
		t.Errorf("Get: ok %v, error %v", ok, err)
	}
	if diff := cmp.Diff(before, tree(t, s.dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// vanishing is a file that another process deletes after it was written.
type vanishing struct {
	file
	path string
}

func (f vanishing) Close() error { return errors.Join(f.file.Close(), os.Remove(f.path)) }

func TestPutSurvivesTheLossOfItsTemporaryFile(t *testing.T) {
	s := open(t)
	mustPut(t, s, idB, "model", nil)
	made := 0
	s.create = func(path string) (file, error) {
		f, err := createFile(path)
		if made++; made == 1 {
			return vanishing{f, path}, err
		}
		return f, err
	}
	mustPut(t, s, idA, "model", []byte("A"))
	if got := mustGet(t, s, idA, "model"); string(got) != "A" || made != 2 {
		t.Errorf("got %q in %d attempts, want 2", got, made)
	}
}

func TestSweepRemovesOnlyAbandonedFiles(t *testing.T) {
	s := open(t)
	mustPut(t, s, idA, "model", []byte("A"))
	unlock, _, err := s.TryLock(idA)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	for name, age := range map[string]time.Duration{
		"00/" + tempPrefix + "OLD": 61 * time.Minute,
		"00/" + tempPrefix + "NEW": 59 * time.Minute,
		tempPrefix + "OLD":         24 * time.Hour,
		"00/" + idA + ".model":     1000 * time.Hour,
		"locks/" + idA:             1000 * time.Hour,
		"format":                   1000 * time.Hour,
	} {
		path, then := filepath.Join(s.dir, name), time.Now().Add(-age)
		if strings.Contains(name, tempPrefix) {
			write(t, path, "half")
		}
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
	}
	n, err := s.Sweep()
	if n != 2 || err != nil {
		t.Errorf("removed %d, error %v; want 2", n, err)
	}
	want := []string{"00/" + tempPrefix + "NEW", "00/" + idA + ".model", "format", "locks/" + idA}
	if diff := cmp.Diff(want, tree(t, s.dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestConcurrentPutsOfOneRecordAreWhole(t *testing.T) {
	s := open(t)
	const writers, puts = 4, 8
	written := make(map[string]bool)
	for w := range writers {
		for i := range puts {
			written[string(numbered(w, i))] = true
		}
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range puts {
				if err := s.Put(idA, "checkpoint", numbered(w, i)); err != nil {
					t.Error(err)
				}
				data, ok, err := s.Get(idA, "checkpoint")
				if err != nil || !ok || !written[string(data)] {
					t.Errorf("read %d bytes that no one wrote, ok %v, error %v", len(data), ok, err)
				}
			}
		})
	}
	wg.Wait()
	want := []string{"00/" + idA + ".checkpoint", "format"}
	if diff := cmp.Diff(want, tree(t, s.dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// numbered returns the data of a writer's i-th record: long, and no two alike.
func numbered(writer, i int) []byte {
	return fmt.Appendf(noise(20_000+i, uint64(writer)), "writer %d, record %d", writer, i)
}
