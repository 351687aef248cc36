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

// onEachEngine runs a test on the Go engine and on XLA.
func onEachEngine(t *testing.T, f func(t *testing.T, b *Backend)) {
	t.Run("go", func(t *testing.T) { f(t, &Backend{Platform: goPlatform}) })
	onXLA(t, f)
}

// onXLA runs a test on each platform that there is a plug-in for here, and skips it on the others.
func onXLA(t *testing.T, f func(t *testing.T, b *Backend)) {
	for _, platform := range []string{cpuPlatform, cudaPlatform} {
		t.Run(platform, func(t *testing.T) {
			b := &Backend{Platform: platform, Deterministic: true}
			var missing *plugin.MissingError
			if _, err := engineOf(platform, b.mode()); errors.As(err, &missing) {
				t.Skip(err)
			} else if err != nil {
				t.Fatal(err)
			}
			f(t, b)
		})
	}
}

func TestBackendKeepsTheRules(t *testing.T) {
	onEachEngine(t, func(t *testing.T, b *Backend) {
		for name, net := range smallNets() {
			if b.platform() != goPlatform && !slices.Contains([]string{"dense norm", "conv pool", "residual A"}, name) {
				continue // XLA takes a minute to compile all: they are held to the Go engine
			}
			t.Run(name, func(t *testing.T) {
				backendtest.Run(t, func() arbench.Backend { return b }, net)
			})
		}
	})
}
