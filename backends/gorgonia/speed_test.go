//go:build speed

package gorgonia

import (
	"slices"
	"testing"
	"time"
)

// Twice the images or the steps cost twice as much, within a tenth: the median of several turns, in
// each of which both run one after the other, and several tries, since a neighbour may spoil some.
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

// costRatio returns how many times as long twice takes as once. A turn is about 40 ms.
func costRatio(once, twice func()) float64 {
	once()
	twice()
	n := 1 + int((10*time.Millisecond).Seconds()/seconds(once, 1))
	var all []float64
	for range 9 {
		a := seconds(once, 2*n)
		b := seconds(twice, n)
		all = append(all, 2*b/a)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// seconds returns the time of n calls.
func seconds(f func(), n int) float64 {
	start := time.Now()
	for range n {
		f()
	}
	return time.Since(start).Seconds()
}
