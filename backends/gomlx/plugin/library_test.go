package plugin

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBuild tells this program from the command go, and whole files from others.
func TestBuild(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	other, err := exec.LookPath("go")
	if err != nil {
		t.Skip(err)
	}
	a, err := Build(self)
	if err != nil {
		t.Skipf("programs are no ELF files here: %v", err)
	}
	if again, err := Build(self); again != a || len(a) != 8 || err != nil {
		t.Errorf("this program is %q, then %q, %v, want eight digits", a, again, err)
	}
	if b, err := Build(other); a == b || err != nil {
		t.Errorf("%s and %s are both %q, %v", self, other, b, err)
	}
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "cpu.so")
	for _, n := range []int{0, 4, 64, 5000, len(data) / 2} {
		if err := os.WriteFile(path, data[:n], 0o666); err != nil {
			t.Fatal(err)
		}
		if got, err := Build(path); err == nil || !strings.Contains(err.Error(), "not all of it is there") {
			t.Errorf("its first %d bytes: %q, %v, want an error", n, got, err)
		}
	}
	if _, err := Build(filepath.Dir(path)); err == nil {
		t.Error("a folder has a build")
	}
}
