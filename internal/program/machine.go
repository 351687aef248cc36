package program

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/cpu"
)

// Processor says in a line what this program computes on: the processor's name as Linux has it,
// elsewhere its architecture, the threads that it runs at a time, and the instruction sets that the
// kernels of the CPU backend may choose by.
func Processor() string {
	var features []string
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"avx", cpu.X86.HasAVX}, {"avx2", cpu.X86.HasAVX2}, {"fma", cpu.X86.HasFMA},
		{"avx512f", cpu.X86.HasAVX512F}, {"avx512vl", cpu.X86.HasAVX512VL},
		{"avx512dq", cpu.X86.HasAVX512DQ}, {"avx512bw", cpu.X86.HasAVX512BW},
		{"asimd", cpu.ARM64.HasASIMD}, {"sve", cpu.ARM64.HasSVE},
	} {
		if f.has {
			features = append(features, f.name)
		}
	}
	text := fmt.Sprintf("%s, %d threads", cmp.Or(name(), runtime.GOARCH), runtime.NumCPU())
	if len(features) > 0 {
		text += ", " + strings.Join(features, " ")
	}
	return text
}

// name returns what Linux calls the processor, or nothing.
func name() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
