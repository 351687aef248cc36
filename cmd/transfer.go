package cmd

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// transfers returns what shows the progress of downloads on w, and what ends it: a bar for each on
// a terminal, else lines.
func transfers(w io.Writer) (tell func(archive string, done, total int64), end func()) {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		return transferBar(w)
	}
	return transferLines(w, 10*time.Second), func() {}
}

// transferLines shows the beginning and the end of each download, and where it is every so often.
func transferLines(w io.Writer, every time.Duration) func(string, int64, int64) {
	told := map[string]time.Time{}
	return func(archive string, done, total int64) {
		if done != total && time.Since(told[archive]) < every {
			return
		}
		told[archive] = time.Now()
		of := ""
		if total > 0 {
			of = " of " + size(total)
		}
		fmt.Fprintf(w, "arbench: %s: %s%s\n", archive, size(done), of)
	}
}

func transferBar(w io.Writer) (tell func(string, int64, int64), end func()) {
	var bar *progressbar.ProgressBar
	var now string
	end = func() {
		if bar != nil {
			fmt.Fprintln(w)
		}
		bar, now = nil, ""
	}
	return func(archive string, done, total int64) {
		if archive != now {
			end()
			now = archive
			bar = progressbar.NewOptions64(max(total, -1),
				progressbar.OptionSetWriter(w), progressbar.OptionFullWidth(),
				progressbar.OptionSetDescription(archive), progressbar.OptionShowBytes(true),
				progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionUseANSICodes(true))
		}
		bar.Set64(done)
	}, end
}

// size returns a number of bytes as people write it.
func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1e6:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
