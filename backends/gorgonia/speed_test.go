//go:build speed

package gorgonia

import (
	"testing"
	"time"
)

// Twice the images or the steps cost twice as much, within a tenth, in one of several tries, since a
// neighbour may spoil some.
func TestSpeedIsLinear(t *testing.T) {
	const tries, least, most = 5, 1.8, 2.2
	for _, c := range scaleCases(t) {
		t.Run(c.name, func(t *testing.T) {
			got := 0.0
			for range tries {
				if got = costRatio(c.once, c.twice); got >= least && got <= most {
					t.Logf("%.2f times the cost", got)
					return
				}
			}
			t.Errorf("%.2f times the cost, want %g to %g", got, least, most)
		})
	}
}

// costRatio returns how many times as long twice takes as once: both run in turns, and the least
// time of each counts, which is the one that others disturbed least.
func costRatio(once, twice func()) float64 {
	twice()
	a, b := seconds(once), seconds(twice)
	for range 9 + int((50*time.Millisecond).Seconds()/a) {
		a, b = min(a, seconds(once)), min(b, seconds(twice))
	}
	return b / a
}

// seconds returns the time of a call.
func seconds(f func()) float64 {
	start := time.Now()
	f()
	return time.Since(start).Seconds()
}
