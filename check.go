package arbench

import (
	"cmp"
	"fmt"
	"slices"
)

// Check reports why a model that info describes cannot be asked: images of another shape, losses or weights of
// other rows or classes, groups that do not split the rows. It knows the losses of this package. The images'
// values are not looked at.
func (c Call) Check(info ModelInfo) error {
	if err := info.CheckShape(c.X); err != nil {
		return err
	}
	n := c.X.Len()
	if c.Want&(DX|DParams) != 0 && len(c.Losses) == 0 {
		return fmt.Errorf("derivatives are wanted of no loss, want at least one")
	}
	for k, l := range c.Losses {
		if err := checkLoss(l, n, info.Classes); err != nil {
			return fmt.Errorf("loss %d: %w", k, err)
		}
	}
	if c.Weight != nil && len(c.Weight) != n {
		return fmt.Errorf("%d weights for %d rows", len(c.Weight), n)
	}
	for i, w := range c.Weight {
		if w*0 != 0 {
			return fmt.Errorf("weight of row %d is NaN or infinite", i)
		}
	}
	if c.Groups == nil {
		return nil
	}
	left := n
	for _, g := range c.Groups {
		left -= g
	}
	if left != 0 || slices.Min(append([]int{1}, c.Groups...)) < 1 {
		return fmt.Errorf("groups %v do not split %d rows", c.Groups, n)
	}
	return nil
}

// CheckShape reports images of another shape than [n, channels, height, width] of the model's.
func (info ModelInfo) CheckShape(x Tensor) error {
	want := info.Shape
	if len(x.Shape) != 4 || !slices.Equal(x.Shape[1:], want) || len(x.Data) != Volume(x.Shape) {
		return fmt.Errorf("images have shape %v and %d values, want [n %d %d %d]",
			x.Shape, len(x.Data), want[0], want[1], want[2])
	}
	return nil
}

// checkLoss refuses a loss that is not one of n rows of that many classes. It knows the named losses.
func checkLoss(l Loss, n, classes int) error {
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
	case CrossEntropy:
		return index("label", "labels", l.Y)
	case Margin:
		return cmp.Or(least("margin", 2), index("label", "labels", l.Y))
	case DLR:
		return cmp.Or(least("DLR", 3), index("label", "labels", l.Y))
	case TargetedDLR:
		return cmp.Or(least("targeted DLR", 4), index("label", "labels", l.Y), index("target", "targets", l.T))
	case LogitDifference:
		return cmp.Or(index("class", "classes", l.A), index("class", "classes", l.B))
	case SoftCrossEntropy:
		return checkRows("target probabilities", l.P, n, classes)
	case KL:
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
func checkRows(what string, x Tensor, n, classes int) error {
	if n > 0 && !slices.Equal(x.Shape, []int{n, classes}) || len(x.Data) != n*classes {
		return fmt.Errorf("%s have shape %v and %d values, want [%d %d]", what, x.Shape, len(x.Data), n, classes)
	}
	return nil
}
