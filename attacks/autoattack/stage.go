package autoattack

import (
	"fmt"
	"slices"
	"strings"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/apgd"
	"github.com/arbench/arbench/attacks/fab"
	"github.com/arbench/arbench/attacks/goal"
	"github.com/arbench/arbench/attacks/square"
)

// The versions.
const (
	standard = "standard"
	plus     = "plus"
	rand     = "rand"
	custom   = "custom"
)

var versions = []string{standard, plus, rand, custom}

// orders are the stages of the versions.
var orders = map[string][]string{
	standard: {"apgd-ce", "apgd-t", "fab-t", "square"},
	plus:     {"apgd-ce", "apgd-dlr", "fab", "square", "apgd-t", "fab-t"},
	rand:     {"apgd-ce", "apgd-dlr"},
}

// names are the stages that AutoAttack has.
var names = []string{"apgd-ce", "apgd-dlr", "apgd-t", "fab", "fab-t", "square"}

// attack returns the attack of a stage in a norm, nil if there is none of that name. In version custom
// AutoAttack's have the settings of standard.
func (a *Attack) attack(name string, n arbench.Norm) arbench.Attack {
	if own, ok := a.Own[name]; ok {
		return own.It
	}
	switch name {
	case "apgd-ce":
		return a.apgd("ce", n)
	case "apgd-dlr":
		return a.apgd("dlr", n)
	case "apgd-t":
		return a.apgd("dlr-targeted", n)
	case "fab":
		return a.fab(0)
	case "fab-t":
		return a.fab(9)
	case "square":
		return a.square()
	}
	return nil
}

// apgd returns Auto-PGD with 100 steps, on the cross-entropy and on DLR from as many starts as the
// version has.
func (a *Attack) apgd(loss string, n arbench.Norm) *apgd.Attack {
	it := apgd.New()
	it.Loss, it.Compat, it.EarlyExit = loss, a.Compat, !a.Compat
	switch {
	case a.Version == rand:
		it.EOT = 20
	case loss == "dlr-targeted" && n == arbench.L1 && a.Version != plus:
		it.Targets = 5
	case loss != "dlr-targeted" && (n == arbench.L1 || a.Version == plus):
		it.Restarts = 5
	}
	if a.Compat && (a.Version == plus || a.Version == rand) {
		it.Schedule = false // which the program sets for standard alone
	}
	return it
}

// fab returns FAB with 100 steps, or FAB-T where it has targets; an image leaves at the first change
// within eps.
func (a *Attack) fab(targets int) *fab.Attack {
	it := fab.New(targets)
	it.EarlyExit = true
	if targets == 0 && a.Version == plus {
		it.Restarts = 5
	}
	return it
}

// square returns Square with 5,000 queries.
func (a *Attack) square() *square.Attack {
	it := square.New()
	it.Compat = a.Compat
	return it
}

// array returns names as TOML has them.
func array(names []string) string { return `["` + strings.Join(names, `", "`) + `"]` }

// fits reports why an attack cannot be put to a model within a threat.
func fits(a arbench.Attack, m arbench.ModelInfo, t arbench.Threat) error {
	info := a.Info()
	if !slices.Contains(info.Norms, t.Norm) {
		return fmt.Errorf("it cannot bound %s, only %s", t.Norm, info.Norms)
	}
	if info.Access > m.Access {
		return fmt.Errorf("it needs %v, the model gives %v", info.Access, m.Access)
	}
	switch a := a.(type) {
	case *apgd.Attack:
		if err := goal.Fits(a.Loss, m.Classes); err != nil {
			return fmt.Errorf("%w: leave it out, with version = %q and stages such as %s",
				err, custom, array([]string{"apgd-ce", "fab-t", "square"}))
		}
	case *square.Attack:
		if len(m.Shape) != 3 {
			return fmt.Errorf("images of shape %v, want channels, height, width", m.Shape)
		}
	}
	return nil
}
