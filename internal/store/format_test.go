package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefusesWhatIsNoStore(t *testing.T) {
	for _, tt := range []struct {
		name, file, content, open string
		wraps                     error
		says                      string
	}{
		{"newer", "s/format", "arbench store 2\n", "s", ErrNewer, "upgrade arbench"},
		{"far newer", "s/format", "arbench store 31\n", "s", ErrNewer, "another --store"},
		{"version 0", "s/format", "arbench store 0\n", "s", ErrDamaged, `"arbench store 1"`},
		{"no version", "s/format", "arbench store \n", "s", ErrDamaged, `"arbench store 1"`},
		{"empty marker", "s/format", "", "s", ErrDamaged, `"arbench store 1"`},
		{"no end of line", "s/format", "arbench store 1", "s", ErrDamaged, `"arbench store 1"`},
		{"leading zero", "s/format", "arbench store 01\n", "s", ErrDamaged, "put it back"},
		{"endless version", "s/format", "arbench store " + strings.Repeat("9", 99) + "\n", "s",
			ErrDamaged, "put it back"},
		{"other things", "s/thesis.tex", "x", "s", nil, `holds "thesis.tex"`},
		{"a file", "s", "x", "s", nil, "another --store"},
		{"below a file", "s", "x", "s/store", nil, "another --store"},
		{"marker is a directory", "s/format/x", "x", "s", nil, "another --store"},
		{"no name", "s/x", "x", "", nil, "--store"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, tt.file, tt.content)
			_, err := Open(tt.open)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("error %v, want one that says %q", err, tt.says)
			}
			if tt.wraps != nil && !errors.Is(err, tt.wraps) {
				t.Errorf("error %q does not wrap %q", err, tt.wraps)
			}
		})
	}
}

func TestOpenTakesEmptyDirectory(t *testing.T) {
	dir := t.TempDir()
	// What a process leaves that is killed while it makes a store, and what a desktop does.
	write(t, filepath.Join(dir, tempPrefix+"X"), "arben")
	write(t, filepath.Join(dir, ".DS_Store"), "x")
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, s, idA, "model", []byte("A"))
	if _, err := Open(dir); err != nil {
		t.Error(err)
	}
}

func TestPutNoticesThatTheStoreBecameNewer(t *testing.T) {
	s := open(t)
	mustPut(t, s, idA, "model", []byte("A"))
	write(t, filepath.Join(s.dir, formatFile), "arbench store 2\n")
	if err := s.Put(idB, "model", nil); !errors.Is(err, ErrNewer) {
		t.Errorf("Put: error %v, want %q", err, ErrNewer)
	}
	if _, _, err := s.TryLock(idB); !errors.Is(err, ErrNewer) {
		t.Errorf("TryLock: error %v, want %q", err, ErrNewer)
	}
}

func TestPutMakesADeletedStoreAgain(t *testing.T) {
	s := open(t)
	mustPut(t, s, idA, "model", []byte("A"))
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	mustPut(t, s, idA, "model", []byte("A"))
	again, err := Open(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := mustGet(t, again, idA, "model"); string(got) != "A" {
		t.Errorf("got %q", got)
	}
}
