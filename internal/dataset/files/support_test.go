package files

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The files of the sets of these tests.
var contents = map[string]string{"a.bin": strings.Repeat("images ", 3000), "b.bin": "labels"}

// tarred returns a set of a.bin and b.bin in a tar, and what a server has of it.
func tarred(t *testing.T) (*Set, map[string][]byte) {
	t.Helper()
	packed := pack(t, entry("letters/", "", tar.TypeDir), entry("letters/readme", "hello", tar.TypeReg),
		entry("letters/a.bin", contents["a.bin"], tar.TypeReg), entry("letters/b.bin", contents["b.bin"], tar.TypeReg))
	s := &Set{Name: "letters", Title: "Letters", Folder: "letters", Files: known("a.bin", "b.bin")}
	s.Archives = []Archive{{URL: "http://192.0.2.1/letters.tar.gz", Size: int64(len(packed)), MD5: md5Of(packed)}}
	return s, map[string][]byte{"/letters.tar.gz": packed}
}

// single returns a set of a.bin and b.bin, the first compressed, whose digests are only known of
// what is to be downloaded.
func single(t *testing.T) (*Set, map[string][]byte) {
	t.Helper()
	s := &Set{Name: "letters", Title: "Letters", Files: known("a.bin", "b.bin")}
	served := map[string][]byte{"/a.bin.gz": zipped(t, contents["a.bin"]), "/b.bin": []byte(contents["b.bin"])}
	for i, name := range []string{"/a.bin.gz", "/b.bin"} {
		s.Files[i].SHA256 = ""
		b := served[name]
		s.Archives = append(s.Archives, Archive{URL: "http://192.0.2.1" + name, Size: int64(len(b)), MD5: md5Of(b)})
	}
	return s, served
}

func known(names ...string) []File {
	var out []File
	for _, name := range names {
		sum := sha256.Sum256([]byte(contents[name]))
		out = append(out, File{Name: name, Size: int64(len(contents[name])), SHA256: hex.EncodeToString(sum[:])})
	}
	return out
}

type tarEntry struct {
	head tar.Header
	text string
}

func entry(name, text string, kind byte) tarEntry {
	return tarEntry{tar.Header{Name: name, Typeflag: kind, Size: int64(len(text)), Mode: 0o644}, text}
}

// pack returns a .tar.gz.
func pack(t *testing.T, entries ...tarEntry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		if err := w.WriteHeader(&e.head); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return zipped(t, b.String())
}

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A server serves files, breaking off its first answers after so many bytes.
type server struct {
	files map[string][]byte
	cuts  []int
	whole bool // it knows no ranges

	mu   sync.Mutex
	asks []string // "PATH RANGE" of each request
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asks = append(s.asks, strings.TrimSpace(r.URL.Path+" "+r.Header.Get("Range")))
	cut := -1
	if len(s.cuts) > 0 {
		cut, s.cuts = s.cuts[0], s.cuts[1:]
	}
	s.mu.Unlock()
	b, ok := s.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if s.whole {
		r.Header.Del("Range")
	}
	if cut >= 0 {
		w = &cutter{w, cut}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
}

// cutter breaks a connection off after so many bytes of the body.
type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	if len(p) <= c.left {
		c.left -= len(p)
		return c.ResponseWriter.Write(p)
	}
	c.ResponseWriter.Write(p[:c.left])
	c.ResponseWriter.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// serve starts a server and returns a Fetcher from it.
func serve(t *testing.T, s *server) Fetcher {
	t.Helper()
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return Fetcher{Client: h.Client(), From: h.URL}
}

// tree returns the names of all files below a folder.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	out := []string{}
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, name)
			out = append(out, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
