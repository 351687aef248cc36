package cmd_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/cmd"
	"github.com/arbench/arbench/internal/dataset/files"
)

// letters is a data set of one file, "hello", at an address that leads nowhere.
type letters struct{}

var lettersFile = []byte("hello")

func init() {
	arbench.Datasets.Register("letters", func() arbench.Dataset { return &letters{} })
}

func (*letters) Info() arbench.DatasetInfo {
	return arbench.DatasetInfo{Doc: "one word", Shape: []int{1, 1, 1}, Classes: 2, Licence: "CC0"}
}

func (*letters) Published() *files.Set {
	sum := md5.Sum(lettersFile)
	return &files.Set{
		Name: "letters", Title: "Letters",
		Files: []files.File{{Name: "hello.txt", Size: 5, MD5: hex.EncodeToString(sum[:])}},
		Archives: []files.Archive{
			{URL: "http://192.0.2.1/hello.txt", Size: 5, MD5: hex.EncodeToString(sum[:])},
		},
	}
}

func (l *letters) Open(ctx context.Context) (*arbench.Data, error) {
	c, err := l.Published().Open(ctx, "")
	if err != nil {
		return nil, err
	}
	m := &files.Images{Pixels: c.Bytes[0], Labels: make([]uint8, 5)}
	return &arbench.Data{Title: c.Title, Digest: c.Digest, Train: m, Test: m}, nil
}

const lettersSuite = `
schema = 1
backend.use = "linear"
dataset.use = "letters"
models.m.arch.use = "linear"
`

// TestDataIsFetchedListedVerifiedAndUsed does so one after the other, from a server of this machine.
func TestDataIsFetchedListedVerifiedAndUsed(t *testing.T) {
	dir, suite := t.TempDir(), filepath.Join(t.TempDir(), "letters.toml")
	t.Setenv(files.Variable, "") // --data sets it: it is put back at the end
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	if err := os.WriteFile(suite, []byte(lettersSuite), 0o666); err != nil {
		t.Fatal(err)
	}
	served := []byte("jello")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(served) }))
	defer srv.Close()
	place := filepath.Join(dir, "letters")
	step := func(code int, want string, args ...string) {
		t.Helper()
		var out bytes.Buffer
		if got := cmd.Run(t.Context(), args, nil, &out, &out); got != code || !strings.Contains(out.String(), want) {
			t.Errorf("%q: exit code %d, want %d and %q in:\n%s", args, got, code, want, &out)
		}
	}
	step(0, "CC0                                missing: arbench data fetch letters\n", "data", "list", "--data", dir)
	step(3, "run \"arbench data fetch letters\"", "data", "verify", "letters", "--data", dir)
	step(2, "arbench data fetch letters", "validate", suite, "--data", dir)
	step(3, "it is not the published file", "data", "fetch", "letters", "--data", dir, "--from", srv.URL)
	served = lettersFile
	step(0, "arbench: hello.txt: 5 bytes of 5 bytes\n", "data", "fetch", "letters", "--data", dir, "--from", srv.URL)
	step(0, "letters: Letters in "+place+"\n", "data", "fetch", "letters", "--data", dir, "--from", "http://127.0.0.1:1")
	step(0, "CC0                                "+place+"\n", "data", "list", "--data", dir)
	step(0, "hello.txt  as published\n", "data", "verify", "--data", dir)
	step(0, "suite letters on Letters\n", "validate", suite, "--data", dir)
	if err := os.WriteFile(filepath.Join(place, "hello.txt"), []byte("jello"), 0o666); err != nil {
		t.Fatal(err)
	}
	step(3, "letters: not as published: hello.txt", "data", "verify", "--data", dir)
	step(0, "suite letters on Letters (unknown copy)\n", "validate", suite, "--data", dir)
}
