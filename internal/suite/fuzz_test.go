package suite_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench/internal/suite"
)

// FuzzParse checks that no file makes Parse panic, and that TOML reads back to the suite that it
// was written from.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*.toml", "../../suites/*.toml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("no files like %s: %v", pattern, err)
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data, "recipe.epochs=3")
		}
	}
	f.Add([]byte(head+"[attacks.\"a\\u0000\\\"'=\"]\nuse='steps'\nlimit=1_0.0e-3"), `models."a".clip=1/3`)
	f.Fuzz(func(t *testing.T, data []byte, set string) {
		s, err := suite.Parse("test.toml", data, []string{set})
		if err != nil {
			return
		}
		text := s.TOML()
		again, err := suite.Parse("test.toml", []byte(text), nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if d := cmp.Diff(s, again); d != "" {
			t.Errorf("mismatch (-want +got):\n%s\n%s", d, text)
		}
		if d := cmp.Diff(text, again.TOML()); d != "" {
			t.Errorf("mismatch (-want +got):\n%s", d)
		}
	})
}
