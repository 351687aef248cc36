package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	idA = "00112233445566778899aabbccddeeff"
	idB = "00ffffffffffffff"
	idC = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
)

// open returns a store in a directory that does not exist yet.
func open(t testing.TB) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "new", "store"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustPut(t testing.TB, s *Store, id, kind string, data []byte) {
	t.Helper()
	if err := s.Put(id, kind, data); err != nil {
		t.Fatal(err)
	}
}

// mustGet returns a record that must be there.
func mustGet(t testing.TB, s *Store, id, kind string) []byte {
	t.Helper()
	data, ok, err := s.Get(id, kind)
	if err != nil || !ok {
		t.Fatalf("Get(%s, %s): ok %v, error %v", id, kind, ok, err)
	}
	return data
}

func mustList(t testing.TB, s *Store, kind string) []string {
	t.Helper()
	var ids []string
	for id, err := range s.List(kind) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

// tree returns the names of all files below dir, "/" for the separator.
func tree(t testing.TB, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// noise returns n bytes that do not compress.
func noise(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, 0, n+8)
	for len(b) < n {
		b = binary.LittleEndian.AppendUint64(b, r.Uint64())
	}
	return b[:n]
}

func TestGetReturnsWhatWasPut(t *testing.T) {
	for _, tt := range []struct {
		name string
		data []byte
	}{
		{"nothing", []byte{}},
		{"one byte", []byte{7}},
		{"zeros", make([]byte, 1<<20)},
		{"noise", noise(100_000, 1)},
		{"more zeros than the window of zstd", make([]byte, 3*window+1)},
		{"more noise than the window of zstd", noise(window+window/2, 2)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t)
			mustPut(t, s, idA, "outcome", []byte("an older record"))
			mustPut(t, s, idA, "outcome", tt.data)
			if got := mustGet(t, s, idA, "outcome"); !bytes.Equal(tt.data, got) {
				t.Errorf("got %d other bytes than the %d put", len(got), len(tt.data))
			}
			again, err := Open(s.dir)
			if err != nil {
				t.Fatal(err)
			}
			if got := mustGet(t, again, idA, "outcome"); !bytes.Equal(tt.data, got) {
				t.Errorf("opened again, got %d other bytes than the %d put", len(got), len(tt.data))
			}
			want := []string{"00/" + idA + ".outcome", "format"}
			if diff := cmp.Diff(want, tree(t, s.dir)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAbsentStoreIsEmptyAndIsNotMade(t *testing.T) {
	s := open(t)
	if _, ok, err := s.Get(idA, "model"); ok || err != nil {
		t.Errorf("Get: ok %v, error %v", ok, err)
	}
	if has, err := s.Has(idA, "model"); has || err != nil {
		t.Errorf("Has: %v, error %v", has, err)
	}
	if err := s.Delete(idA, "model"); err != nil {
		t.Errorf("Delete: %v", err)
	}
	if ids := mustList(t, s, "model"); len(ids) != 0 {
		t.Errorf("List: %v", ids)
	}
	if stats, err := s.Stats(); len(stats) != 0 || err != nil {
		t.Errorf("Stats: %v, error %v", stats, err)
	}
	if n, err := s.Sweep(); n != 0 || err != nil {
		t.Errorf("Sweep: %d, error %v", n, err)
	}
	if _, err := os.Stat(s.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory was made (error %v)", err)
	}
}

func TestKindsAndIdsAreSeparate(t *testing.T) {
	s := open(t)
	mustPut(t, s, idC, "model", []byte("C"))
	mustPut(t, s, idB, "model", []byte("B"))
	mustPut(t, s, idA, "model", []byte("A"))
	mustPut(t, s, idA, "checkpoint", []byte("epoch 3"))

	if diff := cmp.Diff([]string{idA, idB, idC}, mustList(t, s, "model")); diff != "" {
		t.Errorf("models (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{idA}, mustList(t, s, "checkpoint")); diff != "" {
		t.Errorf("checkpoints (-want +got):\n%s", diff)
	}
	if err := s.Delete(idA, "model"); err != nil {
		t.Fatal(err)
	}
	if has, err := s.Has(idA, "model"); has || err != nil {
		t.Errorf("Has after Delete: %v, error %v", has, err)
	}
	if has, err := s.Has(idA, "checkpoint"); !has || err != nil {
		t.Errorf("Has of another kind after Delete: %v, error %v", has, err)
	}
	if got := mustGet(t, s, idA, "checkpoint"); string(got) != "epoch 3" {
		t.Errorf("got %q", got)
	}
	if diff := cmp.Diff([]string{idB, idC}, mustList(t, s, "model")); diff != "" {
		t.Errorf("models after Delete (-want +got):\n%s", diff)
	}
}

func TestListEndsWhenAsked(t *testing.T) {
	s := open(t)
	mustPut(t, s, idA, "model", nil)
	mustPut(t, s, idC, "model", nil)
	n := 0
	for range s.List("model") {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d ids after the first", n-1)
	}
}

func TestListNamesOnlyRecords(t *testing.T) {
	s := open(t)
	mustPut(t, s, idA, "model", []byte("A"))
	unlock, _, err := s.TryLock(idB)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	for _, name := range []string{"README.model", "00/notes.txt", "00/" + idC + ".model",
		"00/" + idB + ".Model", "00/" + idB, "00/" + tempPrefix + "X", idB + ".model"} {
		if err := os.WriteFile(filepath.Join(s.dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{idA}, mustList(t, s, "model")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	stats, err := s.Stats()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(s.dir, "00", idA+".model"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Stat{"model": {Records: 1, Bytes: info.Size()}}
	if diff := cmp.Diff(want, stats); diff != "" {
		t.Errorf("Stats (-want +got):\n%s", diff)
	}
}

func TestImpossibleNamesAreRefused(t *testing.T) {
	for _, tt := range []struct{ name, id, kind, want string }{
		{"short id", "0011", "model", `record id "0011"`},
		{"long id", idC + "0", "model", "16 to 64"},
		{"upper case", "00112233445566FF", "model", "lower-case"},
		{"path in id", "../../../../etc/passwd", "model", "record id"},
		{"newline in id", idA + "\n", "model", "record id"},
		{"no kind", idA, "", `record kind ""`},
		{"dot in kind", idA, "a.b", "record kind"},
		{"path in kind", idA, "../x", "record kind"},
		{"long kind", idA, strings.Repeat("k", 33), "up to 32"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t)
			_, _, getErr := s.Get(tt.id, tt.kind)
			_, hasErr := s.Has(tt.id, tt.kind)
			for verb, err := range map[string]error{"Put": s.Put(tt.id, tt.kind, nil),
				"Get": getErr, "Has": hasErr, "Delete": s.Delete(tt.id, tt.kind)} {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%s: error %v, want one about %q", verb, err, tt.want)
				}
			}
			if _, err := os.Stat(s.dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the directory was made (error %v)", err)
			}
		})
	}
}
