package files

import (
	"archive/tar"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFetchPutsThePublishedFilesInPlace(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(*testing.T) (*Set, map[string][]byte)
		want []string
	}{
		{"out of a tar", tarred, []string{"letters/a.bin", "letters/b.bin"}},
		{"file by file", single, []string{"letters/a.bin.gz", "letters/b.bin"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set, served := tt.make(t)
			srv, home := &server{files: served}, t.TempDir()
			f := serve(t, srv)
			last := map[string]string{}
			f.Tell = func(archive string, done, total int64) { last[archive] = fmt.Sprint(done, "/", total) }
			got, err := f.Fetch(t.Context(), set, home)
			if err != nil {
				t.Fatal(err)
			}
			if got.Title != "Letters" || string(got.Bytes[0]) != contents["a.bin"] {
				t.Errorf("title %q, %d bytes of a.bin", got.Title, len(got.Bytes[0]))
			}
			if diff := cmp.Diff(tt.want, tree(t, home)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			for _, a := range set.Archives {
				if want := fmt.Sprint(a.Size, "/", a.Size); last[a.Base()] != want {
					t.Errorf("%s: progress ended at %q, want %q", a.Base(), last[a.Base()], want)
				}
			}
			asked := len(srv.asks)
			if _, err := f.Fetch(t.Context(), set, home); err != nil || len(srv.asks) != asked {
				t.Errorf("again: error %v and %d requests, want none of either", err, len(srv.asks)-asked)
			}
		})
	}
}

func TestFetchGoesOnAfterABrokenTransfer(t *testing.T) {
	set, served := tarred(t)
	srv, home := &server{files: served, cuts: []int{40, 30}}, t.TempDir()
	if _, err := serve(t, srv).Fetch(t.Context(), set, home); err != nil {
		t.Fatal(err)
	}
	want := []string{"/letters.tar.gz", "/letters.tar.gz bytes=40-", "/letters.tar.gz bytes=70-"}
	if diff := cmp.Diff(want, srv.asks); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestNextFetchGoesOnWhereTheLastOneEnded(t *testing.T) {
	set, served := tarred(t)
	srv, home := &server{files: served, cuts: []int{50, 0}}, t.TempDir()
	f := serve(t, srv)
	_, err := f.Fetch(t.Context(), set, home)
	if err == nil || !strings.Contains(err.Error(), "run the same command again, it goes on") {
		t.Fatalf("error %v, want one that says how to go on", err)
	}
	if _, err := set.Find(filepath.Join(home, "letters")); err == nil {
		t.Error("half of the set is in place")
	}
	if _, err := f.Fetch(t.Context(), set, home); err != nil {
		t.Fatal(err)
	}
	if want, got := "/letters.tar.gz bytes=50-", srv.asks[len(srv.asks)-1]; got != want {
		t.Errorf("last request %q, want %q", got, want)
	}
}

func TestFetchStartsAnewWhereAServerKnowsNoRanges(t *testing.T) {
	set, served := tarred(t)
	srv := &server{files: served, cuts: []int{50}, whole: true}
	if _, err := serve(t, srv).Fetch(t.Context(), set, t.TempDir()); err != nil || len(srv.asks) != 2 {
		t.Errorf("error %v after %d requests, want none after 2", err, len(srv.asks))
	}
}

func TestFetchDropsWhatIsNoPartOfTheArchive(t *testing.T) {
	set, served := tarred(t)
	home := t.TempDir()
	part := filepath.Join(home, ".letters.part")
	if err := os.MkdirAll(part, 0o777); err != nil {
		t.Fatal(err)
	}
	// Of a part longer than the archive the server refuses the range, and the digest is wrong.
	long := append([]byte("x"), served["/letters.tar.gz"]...)
	if err := os.WriteFile(filepath.Join(part, "letters.tar.gz.part"), long, 0o666); err != nil {
		t.Fatal(err)
	}
	f := serve(t, &server{files: served})
	if _, err := f.Fetch(t.Context(), set, home); err == nil || !strings.Contains(err.Error(), "has md5") {
		t.Errorf("error %v, want one of the digest", err)
	}
	if _, err := f.Fetch(t.Context(), set, home); err != nil {
		t.Errorf("after what was wrong is gone: %v", err)
	}
}

func TestFetchRefuses(t *testing.T) {
	a := entry("letters/a.bin", contents["a.bin"], tar.TypeReg)
	link := entry("letters/b.bin", "", tar.TypeSymlink)
	link.head.Linkname = "/etc/passwd"
	for _, tt := range []struct {
		name    string
		entries []tarEntry
		change  func(s *Set, served map[string][]byte)
		want    string
	}{
		{"another archive", nil, func(_ *Set, served map[string][]byte) {
			served["/letters.tar.gz"] = served["/letters.tar.gz"][1:]
		}, "it is not the published file"},
		{"an archive that is not there", nil, func(_ *Set, served map[string][]byte) { clear(served) },
			`the server answers "404 Not Found"`},
		{"more bytes than there should be", nil, func(s *Set, _ map[string][]byte) { s.Archives[0].Size = 9 },
			"sends more than twice the 9 bytes"},
		{"a path that leads out", []tarEntry{a, entry("../b.bin", "labels", tar.TypeReg)}, nil, "leads out"},
		{"an absolute path", []tarEntry{a, entry("/tmp/b.bin", "labels", tar.TypeReg)}, nil, "leads out"},
		{"a path that leads out and in", []tarEntry{a, entry("../letters/b.bin", "labels", tar.TypeReg)}, nil, "leads out"},
		{"a link", []tarEntry{a, link}, nil, "is no file of 6 bytes"},
		{"a file of another size", []tarEntry{a, entry("letters/b.bin", "label", tar.TypeReg)}, nil, "is no file of 6 bytes"},
		{"a file too few", []tarEntry{a}, nil, "the archive has no letters/b.bin"},
		{"other contents", []tarEntry{a, entry("letters/b.bin", "LABELS", tar.TypeReg)}, nil, "Letters (unknown copy)"},
		{"a bomb", []tarEntry{entry("letters/zeros", strings.Repeat("\x00", mostSkipped+1<<20), tar.TypeReg)}, nil,
			"unpacks to more than it should"},
		{"very many entries", many(), nil, "more than 1000 entries"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set, served := tarred(t)
			if tt.entries != nil {
				p := pack(t, tt.entries...)
				served["/letters.tar.gz"] = p
				set.Archives[0].Size, set.Archives[0].MD5 = int64(len(p)), md5Of(p)
			}
			if tt.change != nil {
				tt.change(set, served)
			}
			outer := t.TempDir()
			home := filepath.Join(outer, "home")
			_, err := serve(t, &server{files: served}).Fetch(t.Context(), set, home)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that says %q", err, tt.want)
			}
			for _, name := range tree(t, outer) {
				if !strings.HasPrefix(name, "home/.letters.part/") || tt.name == "another archive" {
					t.Errorf("it left %s", name)
				}
			}
		})
	}
}

func many() []tarEntry {
	var out []tarEntry
	for i := range mostEntries + 1 {
		out = append(out, entry(fmt.Sprint("letters/", i), "", tar.TypeReg))
	}
	return out
}

func TestFetchWithoutANetworkSaysWhatToDo(t *testing.T) {
	set, _ := tarred(t)
	h := httptest.NewServer(&server{})
	h.Close()
	home := t.TempDir()
	_, err := Fetcher{From: h.URL}.Fetch(t.Context(), set, home)
	for _, want := range []string{
		"is there a network", "HTTPS_PROXY", set.Archives[0].URL + " by other means", filepath.Join(home, "letters"),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

func TestFetchEndsWithItsContext(t *testing.T) {
	set, served := tarred(t)
	ctx, cancel := context.WithCancel(t.Context())
	f := serve(t, &server{files: served, cuts: []int{10, 10, 10}})
	f.Tell = func(string, int64, int64) { cancel() }
	if _, err := f.Fetch(ctx, set, t.TempDir()); err == nil {
		t.Error("no error")
	}
}

func TestFetchLeavesOtherFilesAlone(t *testing.T) {
	set, served := tarred(t)
	home := t.TempDir()
	put(t, filepath.Join(home, "letters"), "a.bin", []byte(contents["a.bin"]))
	put(t, filepath.Join(home, "letters"), "b.bin", []byte("mine ! "[:6]))
	_, err := serve(t, &server{files: served}).Fetch(t.Context(), set, home)
	if err == nil || !strings.Contains(err.Error(), "holds Letters (unknown copy); to fetch the published files move ") {
		t.Errorf("error %v, want one that says what is there", err)
	}
}
