package cmd_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/arbench/arbench/cmd"
	_ "github.com/arbench/arbench/cmd/standard"
)

// The suite that the README shows is one that this program plans.
func TestReadmeShowsAValidSuite(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(readme), "```toml\n")
	text, _, end := strings.Cut(after, "```")
	if !ok || !end {
		t.Fatal("the README shows no suite")
	}
	file := filepath.Join(t.TempDir(), "mine.toml")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := cmd.Run(context.Background(), []string{"validate", file}, nil, &out, &errs); code != 0 {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	for _, want := range []string{"at/0.1", "at/0.2", "standard", "pgd-20"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the plan does not mention %s:\n%s", want, &out)
		}
	}
}
