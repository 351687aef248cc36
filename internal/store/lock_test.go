package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"
)

// lockUntilTold takes the lock of idA, reports it, and gives it back when it is told a line.
func lockUntilTold(s *Store, in io.Reader, out io.Writer) error {
	unlock, err := s.Lock(context.Background(), idA)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "locked")
	r := bufio.NewReader(in)
	if _, err := r.ReadString('\n'); err != nil {
		return err
	}
	if err := s.Put(idA, "model", []byte("made by the first")); err != nil {
		return err
	}
	unlock()
	fmt.Fprintln(out, "unlocked")
	_, err = r.ReadString('\n')
	return err
}

func TestSecondProcessWaitsForTheFirst(t *testing.T) {
	s := open(t)
	p := start(t, "lock", s)
	p.await(t)
	if _, ok, err := s.TryLock(idA); ok || err != nil {
		t.Fatalf("TryLock while another process holds it: ok %v, error %v", ok, err)
	}
	unlockB, ok, err := s.TryLock(idB)
	if !ok || err != nil {
		t.Fatalf("TryLock of another id: ok %v, error %v", ok, err)
	}
	unlockB()
	fmt.Fprintln(p.tell, "go on")
	unlock, err := s.Lock(t.Context(), idA)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if got := mustGet(t, s, idA, "model"); string(got) != "made by the first" {
		t.Errorf("got %q", got)
	}
}

func TestKilledProcessGivesItsLockBack(t *testing.T) {
	s := open(t)
	p := start(t, "lock", s)
	p.await(t)
	got := make(chan error)
	go func() {
		unlock, err := s.Lock(t.Context(), idA)
		if err == nil {
			unlock()
		}
		got <- err
	}()
	p.kill(t)
	if err := <-got; err != nil {
		t.Error(err)
	}
	if _, ok, err := s.Get(idA, "model"); ok || err != nil {
		t.Errorf("Get: ok %v, error %v", ok, err)
	}
}

func TestLockExcludesGoroutines(t *testing.T) {
	s := open(t)
	unlock, err := s.Lock(t.Context(), idA)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.TryLock(idA); ok || err != nil {
		t.Errorf("TryLock of a lock that is held: ok %v, error %v", ok, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := s.Lock(ctx, idA); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Lock of a lock that is held: error %v, want the context's", err)
	}
	unlock()
	unlock()
	again, ok, err := s.TryLock(idA)
	if !ok || err != nil {
		t.Fatalf("TryLock after unlock: ok %v, error %v", ok, err)
	}
	unlock() // of the first, which must not open the second's
	if _, ok, _ := s.TryLock(idA); ok {
		t.Error("a second unlock gave back someone else's lock")
	}
	again()
	if _, err := s.Lock(t.Context(), "x"); err == nil {
		t.Error("Lock of an impossible id: no error")
	}
}
