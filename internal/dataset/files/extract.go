package files

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// mostEntries bounds the entries of an archive, and mostSkipped the bytes of those that are not
// files of the set.
const (
	mostEntries = 1000
	mostSkipped = 16 << 20
)

// extract unpacks the files of the set from a .tar.gz into the folder to, under the names they have
// in the set. Other entries are passed over; one that leads out of the archive's folder, or is not
// as large as it should be, makes the whole an error.
func (s *Set) extract(archive, to string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return err
	}
	want := map[string]int64{}
	most := int64(mostSkipped)
	for _, file := range s.Files {
		want[path.Join(s.Folder, file.Name)] = file.Size
		most += file.Size
	}
	r := tar.NewReader(&bounded{r: z, left: most})
	for range mostEntries {
		h, err := r.Next()
		if err == io.EOF {
			return missing(want)
		}
		if err != nil {
			return err
		}
		size, ok := want[path.Clean(h.Name)]
		switch {
		case !filepath.IsLocal(h.Name):
			return fmt.Errorf("the entry %q leads out of the archive: it is not the published file", h.Name)
		case !ok:
			continue
		case h.Typeflag != tar.TypeReg || h.Size != size:
			return fmt.Errorf("the entry %q is no file of %d bytes: it is not the published one", h.Name, size)
		}
		if err := write(filepath.Join(to, path.Base(h.Name)), r); err != nil {
			return err
		}
		delete(want, path.Clean(h.Name))
	}
	return fmt.Errorf("more than %d entries: it is not the published file", mostEntries)
}

// missing reports the files that an archive did not have.
func missing(want map[string]int64) error {
	var names []string
	for name := range want {
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("the archive has no %s: it is not the published file", strings.Join(names, ", "))
}

// write makes a new file of what r holds, on the disk when it returns.
func write(name string, r io.Reader) (err error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.Copy(f, r); err != nil {
		return err
	}
	return f.Sync()
}

// bounded reads so many bytes and no more.
type bounded struct {
	r    io.Reader
	left int64
}

// Read implements [io.Reader].
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errors.New("it unpacks to more than it should: it is not the published file")
	}
	return n, err
}
