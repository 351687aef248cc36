package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func put(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestOpenTellsWhatTheFilesAre(t *testing.T) {
	const digestOfCopy = "7990fdbdb27abfd22d6b0d15c277bce21c2e1f909261886b2319f556e4596990" // by sha256sum
	set, _ := tarred(t)
	set.Copies = map[string]string{digestOfCopy: "Letters (blurred copy)"}
	for _, tt := range []struct {
		name, title string
		a, b        string
		zip         bool
	}{
		{"plain", "Letters", contents["a.bin"], contents["b.bin"], false},
		{"compressed", "Letters", contents["a.bin"], contents["b.bin"], true},
		{"a known copy", "Letters (blurred copy)", contents["a.bin"], "Labels", false},
		{"a known copy, compressed", "Letters (blurred copy)", contents["a.bin"], "Labels", true},
		{"another copy", "Letters (unknown copy)", contents["a.bin"], "LABELS", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, "b.bin", []byte(tt.b))
			if tt.zip {
				put(t, dir, "a.bin.gz", zipped(t, tt.a))
			} else {
				put(t, dir, "a.bin", []byte(tt.a))
			}
			got, err := set.Open(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			if got.Title != tt.title {
				t.Errorf("title %q of digest %s, want %q", got.Title, got.Digest, tt.title)
			}
			if copied := tt.title != "Letters"; copied != (got.CopyOf == "Letters") {
				t.Errorf("it is a copy of %q", got.CopyOf)
			}
			if diff := cmp.Diff([]string{tt.a, tt.b}, []string{string(got.Bytes[0]), string(got.Bytes[1])}); diff != "" {
				t.Errorf("contents (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]bool{true, tt.b == contents["b.bin"]}, got.Known); diff != "" {
				t.Errorf("known (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOpenRefusesWhatIsNotWhole(t *testing.T) {
	whole := zipped(t, contents["a.bin"])
	for _, tt := range []struct {
		name string
		file string
		b    []byte
		want string
	}{
		{"a short file", "a.bin", []byte(contents["a.bin"][1:]), "20999 bytes, want 21000"},
		{"a long file", "a.bin", []byte(contents["a.bin"] + "!"), "more than 21000 bytes"},
		{"a compressed file cut short", "a.bin.gz", whole[:len(whole)/2], "unexpected EOF"},
		{"a compressed file too long", "a.bin.gz", zipped(t, contents["a.bin"]+"!"), "more than 21000 bytes"},
		{"no compressed file", "a.bin.gz", []byte("hello, this is no gzip"), "invalid header"},
		{"a missing file", "readme", nil, `has neither a.bin nor a.bin.gz`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set, _ := tarred(t)
			dir := t.TempDir()
			put(t, dir, "b.bin", []byte(contents["b.bin"]))
			put(t, dir, tt.file, tt.b)
			_, err := set.Open(t.Context(), dir)
			for _, want := range []string{tt.want, "put a.bin, b.bin, plain or .gz, into " + dir} {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want one that says %q", err, want)
				}
			}
		})
	}
}

// Each round takes away the folder that was found, and the next in order is found.
func TestFindLooksInOrder(t *testing.T) {
	data, user, system := t.TempDir(), t.TempDir(), t.TempDir()
	t.Setenv(Variable, data)
	t.Setenv("XDG_DATA_HOME", user)
	set, _ := tarred(t)
	set.System, set.Package = system, "a package"
	order := []string{
		filepath.Join(data, "letters"), filepath.Join(data, "letters", "letters"),
		filepath.Join(user, "arbench", "letters"), filepath.Join(user, "arbench", "letters", "letters"), system,
	}
	for _, dir := range order {
		put(t, dir, "b.bin", nil)
	}
	for _, want := range order {
		if got, err := set.Find(""); got != want {
			t.Errorf("found %s, %v, want %s", got, err, want)
		}
		if err := os.Remove(filepath.Join(want, "b.bin")); err != nil {
			t.Fatal(err)
		}
	}
	_, err := set.Find("")
	for _, want := range []string{
		`run "arbench data fetch letters"`, "or install a package", "into " + filepath.Join(data, "letters"), system,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

func TestHomeIsThatOfTheEnvironment(t *testing.T) {
	for _, tt := range []struct{ name, data, xdg, home, want string }{
		{"the variable", "/data", "/xdg", "/home/u", "/data"},
		{"XDG", "", "/xdg", "/home/u", "/xdg/arbench"},
		{"a relative XDG, which counts for nothing", "", "xdg", "/home/u", "/home/u/.local/share/arbench"},
		{"neither", "", "", "/home/u", "/home/u/.local/share/arbench"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(Variable, tt.data)
			t.Setenv("XDG_DATA_HOME", tt.xdg)
			t.Setenv("HOME", tt.home)
			if got, err := Home(); got != tt.want {
				t.Errorf("%s, %v, want %s", got, err, tt.want)
			}
		})
	}
}

func TestCheckRefusesLabelsAndSizes(t *testing.T) {
	for _, tt := range []struct {
		name string
		m    Images
		want string
	}{
		{"a class too large", Images{make([]uint8, 8), []uint8{9, 10}}, "image 1 has class 10, want less than 10"},
		{"too few pixels", Images{make([]uint8, 7), []uint8{9, 1}}, "7 bytes of pixels for 2 labels, want 4"},
	} {
		if err := tt.m.Check(4, 10); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one that says %q", tt.name, err, tt.want)
		}
	}
}
