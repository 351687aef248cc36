package suite_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/arbench/arbench/internal/suite"
)

func TestLoadPrefersFiles(t *testing.T) {
	small := readFile(t, "testdata/small.toml")
	embedded := fstest.MapFS{"digits.toml": {Data: []byte("title = 'built in'\n" + small)}}
	t.Chdir(t.TempDir())
	if err := os.Mkdir("digits", 0o755); err != nil { // no file: it hides nothing
		t.Fatal(err)
	}
	for _, tt := range []struct{ file, write, title, name string }{
		{"digits", "", "built in", "digits"},
		{"digits.toml", "", "built in", "digits"},
		{"digits.toml", "digits.toml", "file", "digits"},
		{filepath.Join("digits", "mine.toml"), filepath.Join("digits", "mine.toml"), "file", "mine"},
	} {
		if tt.write != "" {
			if err := os.WriteFile(tt.write, []byte("title = 'file'\n"+small), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		s, err := suite.Load(tt.file, embedded, nil)
		if err != nil {
			t.Fatal(err)
		}
		diff(t, []string{tt.title, tt.name}, []string{s.Title, s.Name})
	}
}

func TestLoadNamesWhatThereIs(t *testing.T) {
	embedded := fstest.MapFS{"digits.toml": {}, "fashion.toml": {}}
	for _, tt := range []struct {
		file, want string
	}{
		{"digit", `no file and no built-in suite is called "digit": did you mean "digits"? (built in: digits, fashion)`},
		{"imagenet", `no file and no built-in suite is called "imagenet": built in: digits, fashion`},
		{"there/digits.toml", `open there/digits.toml: no such file or directory`},
	} {
		_, err := suite.Load(tt.file, embedded, nil)
		if err == nil {
			t.Fatalf("%s: no error", tt.file)
		}
		diff(t, tt.want, err.Error())
	}
	if _, err := suite.Load("digits", nil, nil); err == nil {
		t.Error("no error without embedded suites")
	}
}

func TestMatchTakesSlashesForCharacters(t *testing.T) {
	for _, tt := range []struct {
		pattern, name string
		want          bool
	}{
		{"*", "at/8-255", true},
		{"at/*", "at/8-255", true},
		{"at*", "at/8-255", true},
		{"at?8-255", "at/8-255", true},
		{"at", "at/8-255", false},
		{"[", "[", false},
	} {
		if got := suite.Match([]string{"none", tt.pattern}, tt.name); got != tt.want {
			t.Errorf("Match(%q, %q) = %v", tt.pattern, tt.name, got)
		}
	}
}
