package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
	"github.com/arbench/arbench/internal/machine"
	"github.com/arbench/arbench/internal/suite"
)

// A bench is what "arbench bench" was asked for.
type bench struct {
	nets, cells []string
	backend     string
	set         []string // options of the backend
	batch       int      // 0 means each net's own
	threads     int
	seconds     float64
	windows     int
	format      string
}

func newBench() *cobra.Command {
	b := &bench{}
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure how many images a second a backend does",
		Long: `bench measures images a second of whole passes through the public interface of models, on
random images that are in memory: forward (logits), igrad (derivative of the loss in the images),
train (a step of SGD with momentum and decay), pgd10_train (ten steps of PGD and a training step, for
each image trained), pgd20 (random start and twenty steps, for each image attacked) and, if asked for,
pgd20_steps (the same with a call for every step, as attacks of one's own go). Each number is
the median of several windows; their range tells how quiet the machine was. In brackets is the share
of what the machine's multiply-adds reach; faster algorithms of convolution can exceed it. Memory is
that of a net's model and images after all its cells.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return b.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringSliceVar(&b.nets, "nets", []string{"mlp", "cnn", "resnet20"}, "of "+strings.Join(netNames(), ", "))
	f.StringSliceVar(&b.cells, "cells", benchCells, "of "+strings.Join(allCells, ", "))
	f.StringVar(&b.backend, "backend", "gorgonia", "the backend to measure")
	f.StringArrayVar(&b.set, "set", nil, "an option `key=value` of the backend, such as numerics=direct; repeatable")
	f.IntVar(&b.batch, "batch", 0, "images in a batch; 0 means 128, of the large nets 64")
	f.IntVar(&b.threads, "threads", 0, "for all of the work; 0 means one for each core")
	f.Float64Var(&b.seconds, "seconds", 0.5, "length of a window")
	f.IntVar(&b.windows, "windows", 5, "windows for each cell")
	f.StringVar(&b.format, "format", "table", "table or json")
	return c
}

func netNames() []string {
	var out []string
	for _, n := range benchNets {
		out = append(out, n.name)
	}
	return out
}

// A speed is one measured cell, in images a second.
type speed struct {
	Median float64 `json:"img_s"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// A benchReport is what bench found; its JSON is what it prints.
type benchReport struct {
	Table    map[string]map[string]float64 `json:"table_img_s"` // by net and cell: the medians
	Speeds   map[string]map[string]speed   `json:"cells"`
	Share    map[string]map[string]float64 `json:"share"`                 // of the peak, by net and cell
	Peak     float64                       `json:"peak_gflops,omitempty"` // of the CPU backend's machine
	Memory   map[string]float64            `json:"memory_mib"`            // of a net's model and images, after its cells
	Backend  string                        `json:"backend"`
	Batch    map[string]int                `json:"batch"` // images, by net
	Numerics string                        `json:"numerics"`
	Kernels  string                        `json:"kernels,omitempty"` // the CPU backend's: avx512, avx2 or portable
	Threads  int                           `json:"threads"`
	CPU      string                        `json:"cpu"` // with its instruction sets
	Go       string                        `json:"go"`
}

// check refuses what bench does not know.
func (b *bench) check() error {
	for _, n := range b.nets {
		if !slices.Contains(netNames(), n) {
			return fmt.Errorf("unknown net %q%s", n, suite.DidYouMean(n, netNames()))
		}
	}
	for _, c := range b.cells {
		if !slices.Contains(allCells, c) {
			return fmt.Errorf("unknown cell %q%s", c, suite.DidYouMean(c, allCells))
		}
	}
	if b.seconds <= 0 || b.windows < 1 || b.threads < 0 || b.batch < 0 {
		return fmt.Errorf("--seconds must be above 0, --windows at least 1, --threads and --batch not negative")
	}
	if b.format != "table" && b.format != "json" {
		return fmt.Errorf("unknown --format %q: want table or json", b.format)
	}
	return nil
}

func (b *bench) run(ctx context.Context, out, progress io.Writer) error {
	if err := b.check(); err != nil {
		return err
	}
	backend, err := arbench.Backends.New(b.backend)
	if err != nil {
		return err
	}
	if err := suite.SetOptions(backend, b.set); err != nil {
		return err
	}
	if b.threads == 0 {
		b.threads = runtime.NumCPU()
	}
	// The work beside the model's, such as moving images and collecting garbage, has no more threads either.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(min(b.threads, runtime.NumCPU())))
	r := b.report(backend.Info())
	for _, n := range benchNets {
		if !slices.Contains(b.nets, n.name) {
			continue
		}
		if b.batch > 0 {
			n.batch = b.batch
		}
		before := heldMiB()
		m, err := openBench(ctx, backend, n, b.threads)
		if err != nil {
			return coded(exitUnmeasured, fmt.Errorf("%s: %w", n.name, err))
		}
		r.Table[n.name], r.Speeds[n.name] = map[string]float64{}, map[string]speed{}
		r.Share[n.name], r.Batch[n.name] = map[string]float64{}, n.batch
		for _, c := range b.cells {
			s, err := b.measure(ctx, m, c)
			if err != nil {
				return coded(exitUnmeasured, fmt.Errorf("%s, %s: %w", n.name, c, err))
			}
			fmt.Fprintf(progress, "arbench: %s %s: %.0f images/s\n", n.name, c, s.Median)
			r.Table[n.name][c], r.Speeds[n.name][c] = s.Median, s
			if r.Peak > 0 {
				r.Share[n.name][c] = s.Median * m.cost.of(c) / 1e9 / r.Peak
			}
		}
		r.Memory[n.name] = heldMiB() - before
		runtime.KeepAlive(m)
	}
	return coded(exitUnmeasured, b.print(out, r))
}

// report returns a report without measurements.
func (b *bench) report(info arbench.BackendInfo) *benchReport {
	r := &benchReport{
		Table: map[string]map[string]float64{}, Speeds: map[string]map[string]speed{},
		Share: map[string]map[string]float64{}, Memory: map[string]float64{}, Batch: map[string]int{},
		Backend: b.backend, Numerics: info.Numerics, Threads: b.threads, CPU: machine.Processor(), Go: runtime.Version(),
	}
	if b.backend == "gorgonia" { // what others run on is not known here
		r.Peak, r.Kernels = kernel.Peak(b.threads)/1e9, kernel.Name()
	}
	return r
}

// heldMiB returns the memory that the process holds on to.
func heldMiB() float64 {
	runtime.GC()
	runtime.GC() // the first one ends the workers of a model that nobody holds
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return float64(s.HeapAlloc) / (1 << 20)
}

// measure returns the speed of one cell, after passes that warm it up.
func (b *bench) measure(ctx context.Context, m *benchModel, cell string) (speed, error) {
	window := time.Duration(b.seconds * float64(time.Second))
	var found []float64
	for w := -1; w < b.windows; w++ { // the first one warms up
		start, n := time.Now(), 0
		for time.Since(start) < window || n == 0 {
			if err := m.cell(ctx, cell); err != nil {
				return speed{}, err
			}
			n++
		}
		if w >= 0 {
			found = append(found, float64(n*m.benchNet.batch)/time.Since(start).Seconds())
		}
	}
	slices.Sort(found)
	return speed{Median: found[len(found)/2], Min: found[0], Max: found[len(found)-1]}, nil
}

func (b *bench) print(w io.Writer, r *benchReport) error {
	if b.format == "json" {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(r)
	}
	fmt.Fprintf(w, "%s, %s, ", r.Backend, r.Numerics)
	if r.Kernels != "" {
		fmt.Fprintf(w, "%s kernels, ", r.Kernels)
	}
	fmt.Fprintf(w, "%d threads, %s, %s\n", r.Threads, r.CPU, r.Go)
	if r.Peak > 0 {
		fmt.Fprintf(w, "multiply-adds reach %.0f GF/s; shares count convolutions as what defines them\n", r.Peak)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "images/s\t%s\tmemory\t\n", strings.Join(b.cells, "\t"))
	for _, n := range b.nets {
		fmt.Fprintf(t, "%s\t", n)
		for _, c := range b.cells {
			fmt.Fprintf(t, "%.0f", r.Table[n][c])
			if r.Peak > 0 {
				fmt.Fprintf(t, " (%.0f%%)", 100*r.Share[n][c])
			}
			fmt.Fprint(t, "\t")
		}
		fmt.Fprintf(t, "%.0f MiB\t\n", r.Memory[n])
	}
	return t.Flush()
}
