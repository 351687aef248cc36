//go:build !gomlx

package gomlx

import (
	"strings"
	"testing"

	"github.com/arbench/arbench"
)

func TestProgramWithoutGoMLXSaysHowToBuildOne(t *testing.T) {
	net := &arbench.Network{Input: []int{1, 2, 2}}
	net.Add("flat", arbench.Flatten{})
	for _, platform := range []string{goPlatform, cpuPlatform, cudaPlatform} {
		b := &Backend{Platform: platform}
		_, err := b.Open(t.Context(), arbench.ModelSpec{Network: net})
		if err == nil || !strings.Contains(err.Error(), "go build -tags gomlx ./cmd/arbench") {
			t.Errorf("platform %q: error %v, want how to build", platform, err)
		}
		if about, err := b.Ready(); err == nil {
			t.Errorf("platform %q: ready on %s", platform, about)
		}
	}
}
