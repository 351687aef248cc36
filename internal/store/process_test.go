package store

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The tests of this file start this test program again as another process, which then plays a part.
const (
	partEnv = "STORE_TEST_PART" // which part
	dirEnv  = "STORE_TEST_DIR"  // the store to play it on
)

// parts are what another process may do. It reports by lines on out, and ends when in does.
var parts = map[string]func(s *Store, in io.Reader, out io.Writer) error{
	"put":           putForever,
	"die-in-create": func(s *Store, _ io.Reader, _ io.Writer) error { return putAndDie(s, "create") },
	"die-in-write":  func(s *Store, _ io.Reader, _ io.Writer) error { return putAndDie(s, "write") },
	"die-in-sync":   func(s *Store, _ io.Reader, _ io.Writer) error { return putAndDie(s, "sync") },
	"die-in-close":  func(s *Store, _ io.Reader, _ io.Writer) error { return putAndDie(s, "close") },
	"lock":          lockUntilTold,
}

func TestMain(m *testing.M) {
	part, ok := parts[os.Getenv(partEnv)]
	if !ok {
		os.Exit(m.Run())
	}
	s, err := Open(os.Getenv(dirEnv))
	if err == nil {
		err = part(s, os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A process is another one that plays a part.
type process struct {
	*exec.Cmd
	lines *bufio.Reader
	tell  io.WriteCloser
	errs  *bytes.Buffer
}

func start(t *testing.T, part string, s *Store) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), partEnv+"="+part, dirEnv+"="+s.dir)
	p := &process{Cmd: cmd, errs: new(bytes.Buffer)}
	cmd.Stderr = p.errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewReader(out)
	if p.tell, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	return p
}

// await returns the next line that the process reports.
func (p *process) await(t *testing.T) string {
	t.Helper()
	line, err := p.lines.ReadString('\n')
	if err != nil {
		p.Wait()
		t.Fatalf("the other process stopped (%v): %s", err, p.errs)
	}
	return strings.TrimSuffix(line, "\n")
}

// kill ends the process at once and returns what it had reported until then.
func (p *process) kill(t *testing.T) []string {
	t.Helper()
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(p.lines)
	p.Wait()
	lines := strings.Split(string(rest), "\n")
	return lines[:len(lines)-1]
}

// killedIDs are the records that putForever writes in turn.
var killedIDs = []string{idA, idB, idC}

// putForever puts numbered records and reports the number of each that is finished, from the
// highest that the store has.
func putForever(s *Store, _ io.Reader, out io.Writer) error {
	first := 0
	for _, id := range killedIDs {
		if data, ok, err := s.Get(id, "part"); err != nil {
			return err
		} else if ok {
			n, err := numberOf(data)
			if err != nil {
				return err
			}
			first = max(first, n+1)
		}
	}
	for i := first; ; i++ {
		if err := s.Put(killedIDs[i%len(killedIDs)], "part", numbered(0, i)); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, i); err != nil {
			return err
		}
	}
}

// numberOf returns which record of putForever the data is, byte for byte.
func numberOf(data []byte) (int, error) {
	n := len(data)
	words := strings.Fields(string(data[max(0, n-8):]))
	if len(words) == 0 {
		return 0, errors.New("no number")
	}
	i, err := strconv.Atoi(words[len(words)-1])
	if err == nil && !bytes.Equal(data, numbered(0, i)) {
		err = fmt.Errorf("%d bytes are not record %d", n, i)
	}
	return i, err
}

func TestKillAtAnyMomentLeavesWholeRecords(t *testing.T) {
	s := open(t)
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 20 {
		p := start(t, "put", s)
		last := ""
		for range 1 + r.IntN(4) {
			last = p.await(t)
		}
		for spin := r.IntN(2_000_000); spin > 0; spin-- { // up to about a millisecond
		}
		if lines := p.kill(t); len(lines) > 0 {
			last = lines[len(lines)-1]
		}
		finished, err := strconv.Atoi(last)
		if err != nil {
			t.Fatal(err)
		}
		checkKilled(t, s, round, finished)
	}
}

// checkKilled checks that the store holds the last three records that were finished, or later ones.
func checkKilled(t *testing.T, s *Store, round, finished int) {
	t.Helper()
	for i := max(0, finished-len(killedIDs)+1); i <= finished; i++ {
		id := killedIDs[i%len(killedIDs)]
		n, err := numberOf(mustGet(t, s, id, "part"))
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if n != i && n != finished+1 {
			t.Errorf("round %d: record %d is there, want %d or %d", round, n, i, finished+1)
		}
	}
}

// dying is a file that kills its process in one of its methods.
type dying struct {
	file
	method string
}

func die() {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	if err == nil {
		select {}
	}
	panic(err)
}

func (f dying) Write(b []byte) (int, error) {
	if f.method == "write" {
		f.file.Write(b[:len(b)/2])
		die()
	}
	return f.file.Write(b)
}

func (f dying) Sync() error {
	if f.method == "sync" {
		die()
	}
	return f.file.Sync()
}

func (f dying) Close() error {
	if f.method == "close" {
		die()
	}
	return f.file.Close()
}

// putAndDie is killed in the middle of a Put.
func putAndDie(s *Store, method string) error {
	s.create = func(path string) (file, error) {
		f, err := createFile(path)
		if method == "create" {
			die()
		}
		return dying{f, method}, err
	}
	return s.Put(idA, "model", []byte("new"))
}

func TestKillInsidePutKeepsTheOldRecord(t *testing.T) {
	for _, method := range []string{"create", "write", "sync", "close"} {
		t.Run(method, func(t *testing.T) {
			s := open(t)
			mustPut(t, s, idA, "model", []byte("old"))
			p := start(t, "die-in-"+method, s)
			if err := p.Wait(); err == nil || p.errs.Len() > 0 {
				t.Fatalf("the other process was not killed: %v, %s", err, p.errs)
			}
			if got := mustGet(t, s, idA, "model"); string(got) != "old" {
				t.Errorf("got %q", got)
			}
			if diff := cmp.Diff([]string{idA}, mustList(t, s, "model")); diff != "" {
				t.Errorf("models (-want +got):\n%s", diff)
			}
			temp := 0
			for _, name := range tree(t, s.dir) {
				if strings.Contains(name, tempPrefix) {
					temp++
				}
			}
			if temp != 1 {
				t.Errorf("%d temporary files after the kill, want 1", temp)
			}
			mustPut(t, s, idA, "model", []byte("new"))
			if got := mustGet(t, s, idA, "model"); string(got) != "new" {
				t.Errorf("after another Put, got %q", got)
			}
		})
	}
}

func TestTwoProcessesPutOneRecord(t *testing.T) {
	s := open(t) // which both of them make
	a, b := start(t, "put", s), start(t, "put", s)
	for range 10 {
		a.await(t)
		b.await(t)
		for _, id := range mustList(t, s, "part") {
			if _, err := numberOf(mustGet(t, s, id, "part")); err != nil {
				t.Error(err)
			}
		}
	}
	a.kill(t)
	b.kill(t)
	if n := len(mustList(t, s, "part")); n != len(killedIDs) {
		t.Errorf("%d records, want %d", n, len(killedIDs))
	}
}
