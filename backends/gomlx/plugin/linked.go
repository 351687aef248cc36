//go:build gomlx && cgo && linux

package plugin

import (
	"fmt"
	"time"

	"github.com/gomlx/gomlx/core/graph"
)

// Linked says whether this program can load plug-ins.
const Linked = true

// Examine loads the plug-in of a platform, as [Open] does, computes 2 + 2 and measures how exact its
// products are. What it returns beside an error is what it knows by then. A plug-in may end the process:
// call it in one of its own.
func Examine(platform string) (f Finding, err error) {
	start := time.Now()
	b, info, err := Open(platform, Mode{})
	f = Finding{Info: info, Load: time.Since(start)}
	if err != nil {
		return f, err
	}
	start = time.Now()
	sum, err := result(b, func(x *graph.Node) *graph.Node { return graph.Add(x, x) }, []float32{2})
	if err != nil {
		return f, fmt.Errorf("PJRT plug-in %s: 2 + 2: %w", info.Path, err)
	}
	f.First = time.Since(start)
	if sum[0] != 4 {
		return f, fmt.Errorf("PJRT plug-in %s: 2 + 2 is %v there", info.Path, sum[0])
	}
	if f.Precision, err = Measure(b); err != nil {
		return f, fmt.Errorf("PJRT plug-in %s: %w", info.Path, err)
	}
	if f.Precision.String() == "wrong" {
		return f, fmt.Errorf("PJRT plug-in %s: its products are wrong, by %.0e of matrices, by %.0e of convolutions",
			info.Path, f.MatMul, f.Conv)
	}
	return f, nil
}
