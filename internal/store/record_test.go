package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// small is a record's file that zstd compresses: a text followed by what repeats.
func small(t testing.TB) (data, content []byte) {
	t.Helper()
	data = append([]byte("logits of 64 examples"), bytes.Repeat([]byte{1, 2, 3, 4}, 64)...)
	content, err := encode(idA, "outcome", data)
	if err != nil {
		t.Fatal(err)
	}
	return data, content
}

func TestTruncatedRecordIsDamaged(t *testing.T) {
	_, content := small(t)
	for n := range content {
		if _, err := decode(idA, "outcome", content[:n]); !errors.Is(err, ErrDamaged) {
			t.Errorf("first %d of %d bytes: error %v, want %q", n, len(content), err, ErrDamaged)
		}
	}
}

func TestFlippedBitNeverGivesOtherData(t *testing.T) {
	data, content := small(t)
	refused := 0
	for i := range 8 * len(content) {
		bad := bytes.Clone(content)
		bad[i/8] ^= 1 << (i % 8)
		got, err := decode(idA, "outcome", bad)
		switch {
		case err == nil && !bytes.Equal(data, got):
			t.Errorf("bit %d of byte %d: other data, no error", i%8, i/8)
		case err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewer):
			t.Errorf("bit %d of byte %d: error %q wraps neither sentinel", i%8, i/8, err)
		case err != nil:
			refused++
		}
	}
	// Nearly all bits matter: every one of the header, and all but a few flags of the frame.
	if min := 8*len(content) - 16; refused < min {
		t.Errorf("%d of %d flipped bits refused, want at least %d", refused, 8*len(content), min)
	}
}

func TestRecordUnderAnotherNameIsDamaged(t *testing.T) {
	_, content := small(t)
	if _, err := decode(idB, "outcome", content); !errors.Is(err, ErrDamaged) {
		t.Errorf("another id: error %v", err)
	}
	if _, err := decode(idA, "model", content); !errors.Is(err, ErrDamaged) {
		t.Errorf("another kind: error %v", err)
	}
}

func TestGetSaysWhatToDoAboutABadRecord(t *testing.T) {
	_, content := small(t)
	body := string(content[bytes.IndexByte(content[len(magic):], '\n')+len(magic)+1:])
	zeros := strings.Repeat("0", 64)
	for _, tt := range []struct {
		name, content string
		wraps         error
		says          string
	}{
		{"empty", "", ErrDamaged, "delete it, it will be made again"},
		{"a picture", "\x89PNG\r\n\x1a\n", ErrDamaged, "delete it, it will be made again"},
		{"cut short", string(content[:len(content)-1]), ErrDamaged, "delete it"},
		{"more after it", string(content) + "\x00", ErrDamaged, "delete it"},
		{"wrong checksum", magic + "1 " + idA + " outcome 277 " + zeros + "\n" + body,
			ErrDamaged, "checksum"},
		{"wrong length", magic + "1 " + idA + " outcome 276 " + zeros + "\n" + body,
			ErrDamaged, "longer or shorter"},
		{"negative length", magic + "1 " + idA + " outcome -1 " + zeros + "\n" + body,
			ErrDamaged, "impossible length"},
		{"17 GiB", magic + "1 " + idA + " outcome 18253611008 " + zeros + "\n" + body,
			ErrDamaged, "impossible length"},
		{"16 GiB that are not there", magic + "1 " + idA + " outcome 17179869184 " + zeros + "\n" +
			body, ErrDamaged, "longer or shorter"},
		{"header without end", magic + "1 " + strings.Repeat("x", 1000), ErrDamaged, "cut short"},
		{"version 0", magic + "0 " + string(content[len(magic)+2:]), ErrDamaged, "delete it"},
		{"newer", magic + "2 \xff\xfe other header", ErrNewer, "upgrade arbench"},
		{"far newer", magic + "1000000 " + idA + "\n", ErrNewer, "format 1000000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t)
			mustPut(t, s, idA, "outcome", nil)
			path := filepath.Join(s.dir, "00", idA+".outcome")
			if err := os.WriteFile(path, []byte(tt.content), 0o666); err != nil {
				t.Fatal(err)
			}
			data, ok, err := s.Get(idA, "outcome")
			if data != nil || ok || !errors.Is(err, tt.wraps) {
				t.Fatalf("got %d bytes, ok %v, error %v; want %q", len(data), ok, err, tt.wraps)
			}
			for _, want := range []string{tt.says, path} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			mustPut(t, s, idA, "outcome", []byte("made again"))
			if got := mustGet(t, s, idA, "outcome"); string(got) != "made again" {
				t.Errorf("after another Put, got %q", got)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, data := range [][]byte{{}, {0}, make([]byte, 1000), noise(300, 3)} {
		content, err := encode(idA, "outcome", data)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
		f.Add(content[:len(content)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		data, err := decode(idA, "outcome", b)
		switch {
		case err == nil:
			roundTrip(t, data)
		case !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewer):
			t.Errorf("error %q wraps neither sentinel", err)
		}
		roundTrip(t, b)
	})
}

func roundTrip(t *testing.T, data []byte) {
	t.Helper()
	content, err := encode(idA, "outcome", data)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decode(idA, "outcome", content)
	if err != nil || !bytes.Equal(data, got) {
		t.Errorf("%d bytes came back as %d, error %v", len(data), len(got), err)
	}
}
