//go:build gomlx

package gomlx

import (
	"errors"
	"slices"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/backends/backendtest"
	"github.com/arbench/arbench/backends/gomlx/plugin"
)

// onEachEngine runs a test on the Go engine and, where there is a plug-in, on XLA's CPU.
func onEachEngine(t *testing.T, f func(t *testing.T, b *Backend)) {
	t.Run("go", func(t *testing.T) { f(t, &Backend{Platform: goPlatform}) })
	t.Run("xla", func(t *testing.T) { f(t, onXLA(t)) })
}

// onXLA skips a test where there is no plug-in for the CPU.
func onXLA(t testing.TB) *Backend {
	t.Helper()
	b := &Backend{Platform: cpuPlatform}
	var missing *plugin.MissingError
	if _, err := engineOf(cpuPlatform, false); errors.As(err, &missing) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBackendKeepsTheRules(t *testing.T) {
	onEachEngine(t, func(t *testing.T, b *Backend) {
		for name, net := range smallNets() {
			if b.platform() == cpuPlatform && !slices.Contains([]string{"dense norm", "conv pool", "residual A"}, name) {
				continue // XLA takes a minute to compile all: they are held to the Go engine
			}
			t.Run(name, func(t *testing.T) {
				backendtest.Run(t, func() arbench.Backend { return b }, net)
			})
		}
	})
}
