package files

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// patience is how long a server may send nothing.
const patience = time.Minute

// errBroken is wrapped by errors of a transfer that may go on from where it ended.
var errBroken = errors.New("the transfer broke off")

// download makes a file of the archive, whose digest is right. While it is not complete it has
// .part behind its name, and is gone on with.
func (f Fetcher) download(ctx context.Context, a Archive, name string) error {
	if f.From != "" {
		a.URL = strings.TrimSuffix(f.From, "/") + "/" + a.Base()
	}
	if sum, err := md5OfFile(name); err == nil && sum == a.MD5 {
		return nil
	}
	part := name + ".part"
	for {
		before := sizeOf(part)
		err := f.transfer(ctx, a, part)
		if err == nil {
			break
		}
		if !errors.Is(err, errBroken) || sizeOf(part) <= before || ctx.Err() != nil {
			return err
		}
	}
	sum, err := md5OfFile(part)
	if err != nil {
		return err
	}
	if sum != a.MD5 {
		return errors.Join(os.Remove(part), fmt.Errorf("%s has md5 %s, want %s: "+
			"it is not the published file; try again, or with --from another place", a.URL, sum, a.MD5))
	}
	return os.Rename(part, name)
}

// transfer appends to part what it lacks of the archive, in one request.
func (f Fetcher) transfer(ctx context.Context, a Archive, part string) (err error) {
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	have, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := time.AfterFunc(patience, func() {
		cancel(fmt.Errorf("%s: no answer for %s: run the same command again, it goes on", a.URL, patience))
	})
	defer idle.Stop()
	resp, err := f.ask(ctx, a.URL, have)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && have > 0:
		return nil // nothing is lacking: the digest tells
	case resp.StatusCode == http.StatusPartialContent &&
		strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)):
	case resp.StatusCode == http.StatusOK:
		have = 0
	default:
		return fmt.Errorf("%s: the server answers %q: try later, or --from another place",
			a.URL, resp.Status)
	}
	if err := file.Truncate(have); err != nil {
		return err
	}
	if _, err := file.Seek(have, io.SeekStart); err != nil {
		return err
	}
	return f.copy(ctx, a, file, resp, have, idle)
}

// ask requests an address from byte have on.
func (f Fetcher) ask(ctx context.Context, url string, have int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "identity")
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	client := f.Client
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, fmt.Errorf("%w: is there a network, or a proxy to name in HTTPS_PROXY?", err)
	}
	return resp, nil
}

// copy appends the body of an answer to file, which has that many bytes.
func (f Fetcher) copy(ctx context.Context, a Archive, file io.Writer, resp *http.Response, have int64,
	idle *time.Timer) error {
	total := int64(0)
	if resp.ContentLength >= 0 {
		total = have + resp.ContentLength
	}
	most := 2*a.Size - have
	buf := make([]byte, 64<<10)
	for {
		n, err := resp.Body.Read(buf)
		if most -= int64(n); most < 0 {
			return fmt.Errorf("%s sends more than twice the %d bytes of the published file: "+
				"try --from another place", a.URL, a.Size)
		}
		if _, err := file.Write(buf[:n]); err != nil {
			return err
		}
		have += int64(n)
		idle.Reset(patience)
		if f.Tell != nil && n > 0 {
			f.Tell(a.Base(), have, total)
		}
		if err == io.EOF {
			return nil
		}
		if cause := context.Cause(ctx); err != nil && cause != nil {
			return cause
		}
		if err != nil {
			return fmt.Errorf("%s: %w: %w: run the same command again, it goes on", a.URL, errBroken, err)
		}
	}
}

func sizeOf(name string) int64 {
	info, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return info.Size()
}

func md5OfFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := md5.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
