package bench

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	_ "github.com/arbench/arbench/backends/gorgonia"
	"github.com/arbench/arbench/backends/gorgonia/kernel"
)

// A report says which kernels ran and what memory a net took: at least its parameters and their
// derivatives, and the eight batches of images.
func TestReportHasKernelsAndMemory(t *testing.T) {
	b, err := arbench.Backends.New("gorgonia")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Nets: []string{"mlp"}, Cells: []string{"forward", "train"}, Batch: 100, Threads: 1, Seconds: 0.001, Windows: 1}
	told := map[string]Speed{}
	r, err := Run(t.Context(), "gorgonia", b, o, func(net, cell string, s Speed) { told[net+" "+cell] = s })
	if err != nil {
		t.Fatal(err)
	}
	if r.Kernels != kernel.Name() {
		t.Errorf("kernels %q, want %q", r.Kernels, kernel.Name())
	}
	for _, c := range o.Cells {
		if s := r.Speeds["mlp"][c]; !(s.Median > 0) || told["mlp "+c] != s || r.Table["mlp"][c] != s.Median {
			t.Errorf("%s: told %v, reported %v and %v", c, told["mlp "+c], s, r.Table["mlp"][c])
		}
	}
	const least = 4. * (2*(784*256+256*256+256*10) + 8*100*784) / (1 << 20)
	if m := r.Memory["mlp"]; m < least || m > 20*least {
		t.Errorf("%.1f MiB, want at least %.1f and not twenty times that", m, least)
	}
	var table bytes.Buffer
	if err := r.Text(&table); err != nil || !strings.Contains(table.String(), ", "+kernel.Name()+" kernels, 1 thread, ") ||
		!strings.Contains(table.String(), " MiB") {
		t.Errorf("error %v, table without kernels or memory:\n%s", err, &table)
	}
}

// counting is a backend whose models count what a device would be sent: the images of each pass.
type counting struct{ arbench.Backend }

type counter struct {
	arbench.Trainable
	moved int64
}

func (b counting) Open(ctx context.Context, s arbench.ModelSpec) (arbench.Model, error) {
	m, err := b.Backend.Open(ctx, s)
	if err != nil {
		return nil, err
	}
	return &counter{Trainable: m.(arbench.Trainable)}, nil
}

func (c *counter) Moved() int64 { return c.moved }

func (c *counter) Run(ctx context.Context, call arbench.Call) (arbench.Pass, error) {
	c.moved += int64(4 * len(call.X.Data))
	return c.Trainable.Run(ctx, call)
}

// What a backend moves to its device is reported for each image, and not of others.
func TestReportHasWhatIsMoved(t *testing.T) {
	b, err := arbench.Backends.New("gorgonia")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Nets: []string{"mlp"}, Cells: []string{"forward", "pgd20_steps"}, Batch: 3, Threads: 1, Seconds: 0.001, Windows: 2}
	for backend, line := range map[arbench.Backend]string{b: "", counting{b}: "KB moved/image forward pgd20_steps mlp 3.1 62.7"} {
		r, err := Run(t.Context(), "gorgonia", backend, o, func(string, string, Speed) {})
		if err != nil {
			t.Fatal(err)
		}
		for cell, passes := range map[string]float64{"forward": 1, "pgd20_steps": 20} {
			want := passes * 4 * 784
			if line == "" {
				want = 0
			}
			if got := r.Speeds["mlp"][cell].Moved; got != want {
				t.Errorf("%s moved %v bytes an image, want %v", cell, got, want)
			}
		}
		var table bytes.Buffer
		if err := r.Text(&table); err != nil {
			t.Fatal(err)
		}
		_, moved, _ := strings.Cut(strings.Join(strings.Fields(table.String()), " "), " MiB")
		if got := strings.TrimSpace(moved); got != line {
			t.Errorf("the table ends in %q, want %q", got, line)
		}
	}
}

func TestWhatCannotBeMeasuredIsRefused(t *testing.T) {
	good := Options{Nets: []string{"mlp"}, Cells: Cells, Seconds: 0.5, Windows: 5}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	const numbers = "--seconds must be above 0, --windows at least 1, --threads and --batch not negative"
	for name, c := range map[string]struct {
		spoil func(*Options)
		want  string
	}{
		"net":     {func(o *Options) { o.Nets = []string{"mpl"} }, `unknown net "mpl": did you mean "mlp"?`},
		"cell":    {func(o *Options) { o.Cells = []string{"pgd20_step"} }, `unknown cell "pgd20_step": did you mean "pgd20_steps"?`},
		"seconds": {func(o *Options) { o.Seconds = 0 }, numbers},
		"windows": {func(o *Options) { o.Windows = 0 }, numbers},
		"threads": {func(o *Options) { o.Threads = -1 }, numbers},
		"batch":   {func(o *Options) { o.Batch = -1 }, numbers},
	} {
		o := good
		c.spoil(&o)
		if err := o.Check(); err == nil || err.Error() != c.want {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
	}
}
