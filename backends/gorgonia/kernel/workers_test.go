package kernel

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestPoolHandsOutEveryIndexOnce(t *testing.T) {
	for _, threads := range []int{0, 1, 2, 3, 8, 64} {
		p := NewPool(threads)
		if want := max(threads, 1); p.Threads() != want {
			t.Errorf("%d threads, want %d", p.Threads(), want)
		}
		for _, n := range []int{0, 1, 2, 7, 100} {
			for range 20 {
				counts := make([]atomic.Int32, n)
				busy := make([]atomic.Int32, p.Threads())
				err := p.Do(n, func(worker, i int) {
					if busy[worker].Add(1) != 1 {
						t.Errorf("worker %d has two calls at a time", worker)
					}
					counts[i].Add(1)
					busy[worker].Add(-1)
				})
				if err != nil {
					t.Fatal(err)
				}
				for i := range counts {
					if c := counts[i].Load(); c != 1 {
						t.Fatalf("%d threads: index %d of %d handed out %d times", threads, i, n, c)
					}
				}
			}
		}
		p.Close()
	}
}

// All workers take part: every call waits for all the others.
func TestPoolUsesItsWorkers(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		p := NewPool(threads)
		var all sync.WaitGroup
		all.Add(threads)
		err := p.Do(threads, func(worker, i int) {
			all.Done()
			all.Wait()
		})
		if err != nil {
			t.Error(err)
		}
		p.Close()
	}
}

// A limit holds for the calls that come after it.
func TestPoolKeepsToItsLimit(t *testing.T) {
	p := NewPool(4)
	defer p.Close()
	limit := 0
	p.Limit(func() int { return limit })
	for _, limit = range []int{3, 1, -1, 9, 2} {
		want := max(min(limit, 4), 1)
		var all sync.WaitGroup
		all.Add(want)
		counts := make([]atomic.Int32, want)
		err := p.Do(want, func(worker, i int) {
			if worker >= want {
				t.Errorf("limit %d: worker %d", limit, worker)
			}
			counts[i].Add(1)
			all.Done()
			all.Wait()
		})
		if err != nil {
			t.Error(err)
		}
		for i := range counts {
			if c := counts[i].Load(); c != 1 {
				t.Errorf("limit %d: index %d handed out %d times", limit, i, c)
			}
		}
	}
}

// Results of workers are visible to the caller and to later jobs, from asleep or awake.
func TestPoolPublishesResults(t *testing.T) {
	p := NewPool(3)
	defer p.Close()
	sum := make([]int, 50) // not atomic: the race detector watches
	for round := range 200 {
		if round%50 == 0 {
			asleep(t, p)
		}
		if err := p.Do(len(sum), func(_, i int) { sum[i]++ }); err != nil {
			t.Fatal(err)
		}
		for i, s := range sum {
			if s != round+1 {
				t.Fatalf("round %d: sum[%d] = %d", round, i, s)
			}
		}
	}
}

// asleep returns when all helpers sleep, which they must.
func asleep(t *testing.T, p *Pool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for _, h := range p.helpers {
		for !h.asleep.Load() {
			if time.Now().After(deadline) {
				t.Fatal("an idle helper does not go to sleep")
			}
			runtime.Gosched()
		}
	}
}

func TestPoolReturnsPanics(t *testing.T) {
	for _, threads := range []int{1, 2, 8} {
		p := NewPool(threads)
		for _, bad := range []int{0, 3, 999} {
			var calls atomic.Int32
			err := p.Do(1000, func(_, i int) {
				if i == bad {
					panic("the value")
				}
				calls.Add(1)
			})
			if err == nil || !strings.Contains(err.Error(), "the value") {
				t.Errorf("%d threads: error %v, want the panic's value", threads, err)
			}
			if err := p.Do(10, func(_, i int) {}); err != nil {
				t.Errorf("%d threads: the next job fails: %v", threads, err)
			}
		}
		p.Close()
	}
}

func TestPoolSharedByGoroutines(t *testing.T) {
	p := NewPool(3)
	var total atomic.Int64
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 50 {
				if err := p.Do(10, func(_, i int) { total.Add(int64(i)) }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	callers.Wait()
	p.Close()
	if got := total.Load(); got != 8*50*45 {
		t.Errorf("total %d, want %d", got, 8*50*45)
	}
}

func TestPoolClose(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 10 {
		p := NewPool(8)
		if err := p.Do(20, func(_, i int) {}); err != nil {
			t.Error(err)
		}
		p.Close()
		p.Close()
		if err := p.Do(1, func(_, i int) {}); !errors.Is(err, ErrClosed) {
			t.Errorf("error %v, want ErrClosed", err)
		}
	}
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		runtime.Gosched()
	}
}

// The same images on any number of workers give the same bits.
func TestConvBitsDoNotDependOnWorkers(t *testing.T) {
	g := Geometry{6, 6, 16, 20, 3, 3, 1, 1, 1, 1, 1, 1}
	lx, ly := g.Layouts()
	c, err := NewConv(g, lx, ly)
	if err != nil {
		t.Fatal(err)
	}
	onEveryPath(t, func(t *testing.T) {
		r := source(1)
		panel := make([]float32, c.PanelLen())
		c.Pack(randoms(r, c.weightLen()), panel)
		const n = 20
		x := make([]float32, n*lx.Size())
		for i := range n {
			FromNCHW(Image{lx, x[i*lx.Size():]}, randoms(r, g.C*g.H*g.W), g.C)
		}
		var first []float32
		for _, threads := range []int{1, 2, 3, 8} {
			p := NewPool(threads)
			y := make([]float32, n*ly.Size())
			err := p.Do(n, func(_, i int) {
				c.Forward(x[i*lx.Size():], panel, y[i*ly.Size():], &Epilogue{ReLU: true})
			})
			if err != nil {
				t.Fatal(err)
			}
			p.Close()
			if first == nil {
				first = y
			}
			sameBits(t, "y", y, first)
		}
	})
}
