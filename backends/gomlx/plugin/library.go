package plugin

import (
	"crypto/sha256"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Build returns eight hexadecimal digits that tell a shared library from other builds of it, by the places and
// sizes of its parts; the code in it is neither read nor loaded. A library of which a part is missing is an
// error: to load it would end the process.
func Build(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	f, err := elf.NewFile(file)
	if err != nil {
		return "", fmt.Errorf("it is no shared library, or not all of it is there: %w", err)
	}
	h := sha256.New()
	for _, p := range f.Progs {
		if end := p.Off + p.Filesz; end > uint64(info.Size()) {
			return "", fmt.Errorf("not all of it is there: it has %d bytes, want at least %d", info.Size(), end)
		}
		fmt.Fprintln(h, p.Off, p.Vaddr, p.Filesz, p.Memsz)
	}
	for _, s := range f.Sections {
		fmt.Fprintln(h, s.Name, s.Offset, s.Addr, s.Size)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:4]), nil
}

// check reports, without loading it, a file that is no plug-in: no whole library, or one that does not offer PJRT's
// function.
func check(path string) error {
	if _, err := Build(path); err != nil {
		return err
	}
	f, err := elf.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	symbols, err := f.DynamicSymbols()
	if err != nil { // its sections were removed: loading it tells
		return nil
	}
	if !slices.ContainsFunc(symbols, func(s elf.Symbol) bool { return s.Name == "GetPjrtApi" && s.Section != elf.SHN_UNDEF }) {
		return errors.New("it has no function GetPjrtApi, so it is no PJRT plug-in")
	}
	return nil
}

// userFlags is XLA_FLAGS as this process was given it: prepareCUDA adds to it.
var userFlags = strings.Join(strings.Fields(os.Getenv("XLA_FLAGS")), " ")

// Flags returns what the user has in XLA_FLAGS, which XLA reads on every platform: some of them give results
// other bits.
func Flags() string { return userFlags }
