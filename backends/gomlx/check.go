//go:build gomlx

package gomlx

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/arbench/arbench"
)

// check refuses a call that does not fit the net. The images' values are not looked at.
func (m *Model) check(c arbench.Call) error {
	if err := m.checkShape(c.X); err != nil {
		return err
	}
	n := c.X.Len()
	if c.Want&(arbench.DX|arbench.DParams) != 0 && len(c.Losses) == 0 {
		return fmt.Errorf("derivatives are wanted of no loss, want at least one")
	}
	for k, l := range c.Losses {
		if err := checkLoss(l, n, m.plan.classes()); err != nil {
			return fmt.Errorf("loss %d: %w", k, err)
		}
	}
	if c.Weight != nil && len(c.Weight) != n {
		return fmt.Errorf("%d weights for %d rows", len(c.Weight), n)
	}
	if i := firstBad(c.Weight, 1); i >= 0 {
		return fmt.Errorf("weight of row %d is NaN or infinite", i)
	}
	if c.Groups == nil {
		return nil
	}
	if slices.Min(append([]int{1}, c.Groups...)) < 1 || total(c.Groups) != n {
		return fmt.Errorf("groups %v do not split %d rows", c.Groups, n)
	}
	return nil
}

// checkShape refuses images of another shape.
func (m *Model) checkShape(x arbench.Tensor) error {
	want := m.plan.net.Input
	if len(x.Shape) != 4 || !slices.Equal(x.Shape[1:], want) || len(x.Data) != arbench.Volume(x.Shape) {
		return fmt.Errorf("images have shape %v and %d values, want [n %d %d %d]",
			x.Shape, len(x.Data), want[0], want[1], want[2])
	}
	return nil
}

// checkLoss refuses a loss that is not one of n rows of that many classes. It knows the named losses.
func checkLoss(l arbench.Loss, n, classes int) error {
	index := func(what, plural string, y []int) error { return checkClasses(what, plural, y, n, classes) }
	least := func(what string, least int) error {
		if classes < least {
			return fmt.Errorf("%s of %d classes, want at least %d", what, classes, least)
		}
		return nil
	}
	switch l := l.(type) {
	case nil:
		return fmt.Errorf("nil, want a loss")
	case arbench.CrossEntropy:
		return index("label", "labels", l.Y)
	case arbench.Margin:
		return cmp.Or(least("margin", 2), index("label", "labels", l.Y))
	case arbench.DLR:
		return cmp.Or(least("DLR", 3), index("label", "labels", l.Y))
	case arbench.TargetedDLR:
		return cmp.Or(least("targeted DLR", 4), index("label", "labels", l.Y), index("target", "targets", l.T))
	case arbench.LogitDifference:
		return cmp.Or(index("class", "classes", l.A), index("class", "classes", l.B))
	case arbench.SoftCrossEntropy:
		return checkRows("target probabilities", l.P, n, classes)
	case arbench.KL:
		return checkRows("logits", l.A, n, classes)
	}
	return nil
}

// checkClasses refuses what is not a class for each of n rows.
func checkClasses(what, plural string, y []int, n, classes int) error {
	if len(y) != n {
		return fmt.Errorf("%d %s for %d rows", len(y), plural, n)
	}
	for i, v := range y {
		if v < 0 || v >= classes {
			return fmt.Errorf("%s %d of row %d, want 0 to %d", what, v, i, classes-1)
		}
	}
	return nil
}

// checkRows refuses what is not a value for each class of n rows.
func checkRows(what string, x arbench.Tensor, n, classes int) error {
	if n > 0 && !slices.Equal(x.Shape, []int{n, classes}) || len(x.Data) != n*classes {
		return fmt.Errorf("%s have shape %v and %d values, want [%d %d]", what, x.Shape, len(x.Data), n, classes)
	}
	return nil
}

// checkValues refuses images with values that are no numbers.
func (m *Model) checkValues(x arbench.Tensor) error {
	if i := firstBad(x.Data, arbench.Volume(m.plan.net.Input)); i >= 0 {
		return badImage(i)
	}
	return nil
}

func badImage(row int) error {
	return fmt.Errorf("image in row %d has a value that is NaN or infinite", row)
}

// firstBad returns the first row of data, whose rows have size values, with a NaN or an infinity; -1
// if there is none.
func firstBad(data []float32, size int) int {
	const piece = 1 << 16 // values for a goroutine, at least
	workers := min(runtime.GOMAXPROCS(0), max(len(data)/piece, 1))
	found := make([]int, workers)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() { found[w] = firstBadIn(data, w*len(data)/workers, (w+1)*len(data)/workers) })
	}
	wait.Wait()
	for _, at := range found {
		if at >= 0 {
			return at / size
		}
	}
	return -1
}

// firstBadIn returns the index of the first NaN or infinity from lo to hi-1, -1 if there is none.
func firstBadIn(data []float32, lo, hi int) int {
	for ; lo < hi; lo += 4096 {
		part, any := data[lo:min(lo+4096, hi)], uint32(0)
		for _, v := range part { // an exponent of all ones carries into the place of the sign
			any |= math.Float32bits(v)&0x7fffffff + 0x00800000
		}
		if any < 1<<31 {
			continue
		}
		for k, v := range part {
			if math.Float32bits(v)&0x7f800000 == 0x7f800000 {
				return lo + k
			}
		}
	}
	return -1
}

func total(sizes []int) (n int) {
	for _, s := range sizes {
		n += s
	}
	return n
}
