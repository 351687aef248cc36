// Package bench measures how many images a second a backend does: whole passes through the public
// interface of models, on random images that are in memory.
package bench

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/wording"
)

// Options say what to measure, and for how long. Nothing is measured of the zero value.
type Options struct {
	Nets    []string // of Nets
	Cells   []string // of AllCells
	Batch   int      // images; 0 means each net's own
	Threads int      // for all of the work; 0 means one for each core
	Seconds float64  // length of a window, above 0
	Windows int      // for each cell, at least 1
}

// Check refuses what Run does not know or cannot do. Its errors name the flags of "arbench bench".
func (o Options) Check() error {
	for _, n := range o.Nets {
		if !slices.Contains(Nets(), n) {
			return fmt.Errorf("unknown net %q%s", n, wording.DidYouMean(n, Nets()))
		}
	}
	for _, c := range o.Cells {
		if !slices.Contains(AllCells, c) {
			return fmt.Errorf("unknown cell %q%s", c, wording.DidYouMean(c, AllCells))
		}
	}
	if o.Seconds <= 0 || o.Windows < 1 || o.Threads < 0 || o.Batch < 0 {
		return fmt.Errorf("--seconds must be above 0, --windows at least 1, --threads and --batch not negative")
	}
	return nil
}

// A Speed is one measured cell, in images a second.
type Speed struct {
	Median float64 `json:"img_s"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`

	// Moved is the bytes copied to a device and back for each image; 0 of a backend that counts none.
	Moved float64 `json:"moved_bytes,omitempty"`
}

// Run measures every cell of every net on a backend, which the report calls by name, net after net in
// the order of Nets, and tells each speed when it is there. Meanwhile the program has no more
// processors than threads. The options must be such as Check takes; errors name the net and the cell.
func Run(
	ctx context.Context, name string, b arbench.Backend, o Options, tell func(net, cell string, s Speed),
) (*Report, error) {
	if o.Threads == 0 {
		o.Threads = runtime.NumCPU()
	}
	// The work beside the model's, such as moving images and collecting garbage, has no more threads either.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(min(o.Threads, runtime.NumCPU())))
	r := newReport(name, b.Info(), o)
	for _, n := range nets {
		if !slices.Contains(o.Nets, n.name) {
			continue
		}
		if o.Batch > 0 {
			n.batch = o.Batch
		}
		before := heldMiB()
		m, err := open(ctx, b, n, o.Threads)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n.name, err)
		}
		r.add(n)
		for _, c := range o.Cells {
			s, err := o.measure(ctx, m, c)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", n.name, c, err)
			}
			tell(n.name, c, s)
			r.Table[n.name][c], r.Speeds[n.name][c] = s.Median, s
			if r.Peak > 0 {
				r.Share[n.name][c] = s.Median * m.cost.of(c) / 1e9 / r.Peak
			}
		}
		r.Memory[n.name] = heldMiB() - before
		runtime.KeepAlive(m)
	}
	return r, nil
}

// heldMiB returns the memory that the process holds on to.
func heldMiB() float64 {
	runtime.GC()
	runtime.GC() // the first one ends the workers of a model that nobody holds
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return float64(s.HeapAlloc) / (1 << 20)
}

// measure returns the speed of one cell, after a window that warms it up.
func (o Options) measure(ctx context.Context, m *model, cell string) (s Speed, err error) {
	var found []float64
	for w := -1; w < o.Windows; w++ {
		speed, moved, err := o.window(ctx, m, cell)
		if err != nil {
			return Speed{}, err
		}
		if w >= 0 {
			found = append(found, speed)
		}
		s.Moved = moved
	}
	slices.Sort(found)
	s.Median, s.Min, s.Max = found[len(found)/2], found[0], found[len(found)-1]
	return s, nil
}

// window does one cell again and again, at least once, and returns images a second and the bytes moved for each
// image.
func (o Options) window(ctx context.Context, m *model, cell string) (speed, moved float64, err error) {
	length := time.Duration(o.Seconds * float64(time.Second))
	start, before, images := time.Now(), m.moved(), 0.0
	for time.Since(start) < length || images == 0 {
		if err := m.cell(ctx, cell); err != nil {
			return 0, 0, err
		}
		images += float64(m.net.batch)
	}
	return images / time.Since(start).Seconds(), float64(m.moved()-before) / images, nil
}
