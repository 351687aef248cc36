package cmd

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestInterruptEndsGo has a go command that says when it builds and then does not end by itself.
func TestInterruptEndsGo(t *testing.T) {
	dir := t.TempDir()
	temp, bin, fifo := filepath.Join(dir, "tmp"), filepath.Join(dir, "bin"), filepath.Join(dir, "fifo")
	for _, d := range []string{temp, bin} {
		if err := os.Mkdir(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	script := `#!/bin/sh
case "$1" in
env) printf 'linux\namd64\n\n\n' ;;
mod) printf '{"Module":{"Path":"github.com/arbench/arbench"},"Go":"1.26.0"}' ;;
*) echo $$ > '` + fifo + `'; exec sleep 1000 ;;
esac
`
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	t.Setenv("TMPDIR", temp)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		os.ReadFile(fifo) // until go has written
		cancel()
	}()
	var out, errs bytes.Buffer
	args := []string{"build", "--with", "example.net/a@v1.0.0", "--output", filepath.Join(dir, "own"), "--arbench", ".."}
	if code := Run(ctx, args, nil, &out, &errs); code != exitInterrupted {
		t.Errorf("exit code %d, want %d: %s", code, exitInterrupted, &errs)
	}
	if !strings.HasSuffix(errs.String(), "arbench: interrupted; nothing was built\n") {
		t.Errorf("standard error: %s", &errs)
	}
	left, err := os.ReadDir(temp)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestBuildSaysThatGoIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	var out, errs bytes.Buffer
	args := []string{"build", "--with", "example.net/a", "--output", filepath.Join(t.TempDir(), "own")}
	want := "arbench: the go command is needed to build a program, and was not found: install Go, such as go1"
	if code := Run(t.Context(), args, nil, &out, &errs); code != exitUnmeasured || !strings.HasPrefix(errs.String(), want) {
		t.Errorf("exit code %d: %s", code, &errs)
	}
}

func TestParseListSaysWhatIsOfWhichKind(t *testing.T) {
	text := "attacks\n  coin  flips\n  pgd  projected\n\ndatasets\n  digits  of 0 to 9\n"
	want := []string{"attack coin", "attack pgd", "dataset digits"}
	if diff := cmp.Diff(want, parseList(text)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
