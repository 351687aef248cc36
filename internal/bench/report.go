package bench

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
	"github.com/arbench/arbench/internal/program"
	"github.com/arbench/arbench/internal/wording"
)

// A Report is what was measured, and on what. Its JSON is what "arbench bench" prints.
type Report struct {
	Table    map[string]map[string]float64 `json:"table_img_s"` // by net and cell: the medians
	Speeds   map[string]map[string]Speed   `json:"cells"`
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

	asked Options
}

// newReport returns a report without measurements.
func newReport(backend string, info arbench.BackendInfo, o Options) *Report {
	r := &Report{
		Table: map[string]map[string]float64{}, Speeds: map[string]map[string]Speed{},
		Share: map[string]map[string]float64{}, Memory: map[string]float64{}, Batch: map[string]int{},
		Backend: backend, Numerics: info.Numerics, Threads: o.Threads, CPU: program.Processor(), Go: runtime.Version(),
		asked: o,
	}
	if backend == "gorgonia" { // what others run on is not known here
		r.Peak, r.Kernels = kernel.Peak(o.Threads)/1e9, kernel.Name()
	}
	return r
}

// add makes room for the cells of a net.
func (r *Report) add(n net) {
	r.Table[n.name], r.Speeds[n.name] = map[string]float64{}, map[string]Speed{}
	r.Share[n.name], r.Batch[n.name] = map[string]float64{}, n.batch
}

// Text writes the report as a table for people, with nets and cells in the order in which they were
// asked for. Its errors are those of w.
func (r *Report) Text(w io.Writer) error {
	fmt.Fprintf(w, "%s, %s, ", r.Backend, r.Numerics)
	if r.Kernels != "" {
		fmt.Fprintf(w, "%s kernels, ", r.Kernels)
	}
	fmt.Fprintf(w, "%s, %s, %s\n", wording.Counted(r.Threads, "thread"), r.CPU, r.Go)
	if r.Peak > 0 {
		fmt.Fprintf(w, "multiply-adds reach %.0f GF/s; shares count convolutions as what defines them\n", r.Peak)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "images/s\t%s\tmemory\t\n", strings.Join(r.asked.Cells, "\t"))
	for _, n := range r.asked.Nets {
		fmt.Fprintf(t, "%s\t", n)
		for _, c := range r.asked.Cells {
			fmt.Fprintf(t, "%.0f", r.Table[n][c])
			if r.Peak > 0 {
				fmt.Fprintf(t, " (%.0f%%)", 100*r.Share[n][c])
			}
			fmt.Fprint(t, "\t")
		}
		fmt.Fprintf(t, "%.0f MiB\t\n", r.Memory[n])
	}
	if r.moves() {
		fmt.Fprintf(t, "KB moved/image\t%s\t\t\n", strings.Join(r.asked.Cells, "\t"))
		for _, n := range r.asked.Nets {
			fmt.Fprintf(t, "%s\t", n)
			for _, c := range r.asked.Cells {
				fmt.Fprintf(t, "%.1f\t", r.Speeds[n][c].Moved/1000)
			}
			fmt.Fprint(t, "\t\n")
		}
	}
	return t.Flush()
}

// moves tells whether the backend counts what it copies to a device and back.
func (r *Report) moves() bool {
	for _, cells := range r.Speeds {
		for _, s := range cells {
			if s.Moved > 0 {
				return true
			}
		}
	}
	return false
}
