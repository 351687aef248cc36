package trust

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/attacks/apgd"
	"github.com/arbench/arbench/attacks/fab"
	"github.com/arbench/arbench/attacks/fgsm"
	_ "github.com/arbench/arbench/attacks/noise"
	"github.com/arbench/arbench/attacks/pgd"
	"github.com/arbench/arbench/attacks/square"
	"github.com/arbench/arbench/internal/suite"
)

// transfer stands for the attack of that name.
type transfer struct {
	act
	Source arbench.ModelRef `toml:"source"`
}

func (transfer) Info() arbench.AttackInfo {
	return arbench.AttackInfo{Norms: []arbench.Norm{arbench.Linf}}
}

func init() {
	arbench.Attacks.Register("transfer", func() arbench.Attack { return &transfer{} })
}

// names returns what is asked.
func names(qs []Question) []string {
	var out []string
	for _, q := range qs {
		out = append(out, q.Check)
	}
	return out
}

func TestWhatIsAskedDependsOnLevelAndAttack(t *testing.T) {
	of := func(use string, a arbench.Attack) Attempt { return Attempt{Use: use, Attack: a, Threat: ball} }
	shared := []string{"single step", "black box", "random noise", "model"}
	over, short := apgd.New(), pgd.New()
	over.EOT, short.Steps = 20, 9
	for _, tt := range []struct {
		name  string
		level Level
		of    Attempt
		twin  arbench.ModelRef
		want  []string
	}{
		{"off", Off, of("pgd", pgd.New()), "std", nil},
		{"pgd", Quick, of("pgd", pgd.New()), "", slices.Concat([]string{"eps 0", "large eps", "more steps", "converged loss"}, shared)},
		{"pgd with a twin", Quick, of("pgd", pgd.New()), "std",
			slices.Concat([]string{"eps 0", "large eps", "more steps", "converged loss"}, shared[:3], []string{"twin transfer", "model"})},
		{"pgd in full", Full, of("pgd", pgd.New()), "",
			slices.Concat([]string{"eps 0", "large eps", "more steps", "more restarts", "converged loss"}, shared)},
		{"auto-pgd over a mean of passes", Quick, of("apgd", over), "", slices.Concat([]string{"eps 0", "large eps", "more steps"}, shared)},
		{"fewer than ten steps", Quick, of("pgd", short), "", slices.Concat([]string{"eps 0", "more steps"}, shared)},
		{"the smallest change", Quick, of("fab", fab.New(0)), "", slices.Concat([]string{"eps 0", "large eps", "more steps"}, shared)},
		{"one step", Full, of("fgsm", &fgsm.Attack{}), "", slices.Concat([]string{"eps 0", "many steps"}, shared)},
		{"no gradients", Quick, of("square", square.New()), "", slices.Concat([]string{"eps 0"}, shared)},
	} {
		if diff := cmp.Diff(tt.want, names(Ask(tt.level, tt.of, tt.twin, 64))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// The attack that is asked with twice the steps is a copy.
func TestTwiceTheStepsLeaveTheAttackAlone(t *testing.T) {
	a := pgd.New()
	for _, q := range Ask(Full, Attempt{Use: "pgd", Attack: a, Threat: ball}, "", 64) {
		steps, _ := number(q.Attack.It, "steps")
		restarts, _ := number(q.Attack.It, "restarts")
		want := map[string][2]int{"more steps": {40, 1}, "more restarts": {20, 2}, "large eps": {20, 1}, "eps 0": {20, 1}}[q.Check]
		if want != [2]int{} && want != [2]int{steps, restarts} {
			t.Errorf("%s: %d steps, %d restarts, want %v", q.Check, steps, restarts, want)
		}
	}
	if diff := cmp.Diff(pgd.New(), a); diff != "" {
		t.Errorf("the attack was changed (-before +after):\n%s", diff)
	}
	still := pgd.New()
	still.RandomStart = false // with which more than one restart is refused
	if got := names(Ask(Full, Attempt{Use: "pgd", Attack: still, Threat: ball}, "", 64)); slices.Contains(got, "more restarts") {
		t.Errorf("restarts that the attack refuses are asked: %v", got)
	}
}

func TestTransferIsFromTheTwin(t *testing.T) {
	for _, q := range Ask(Quick, Attempt{Use: "pgd", Attack: pgd.New(), Threat: ball}, "std", 64) {
		if q.Check == transferQuestion && q.Attack.It.(*transfer).Source == "std" {
			return
		}
	}
	t.Error("nothing is transferred from the twin")
}

// A full check draws and queries more.
func TestLevelsHaveTheirPasses(t *testing.T) {
	for level, want := range map[Level][2]int{Quick: {2000, 100}, Full: {5000, 10000}} {
		var got [2]int
		for _, q := range Ask(level, Attempt{Use: "pgd", Attack: pgd.New(), Threat: ball}, "", 64) {
			if n, ok := number(q.Attack.It, "queries"); ok {
				got[0] = n
			}
			if n, ok := number(q.Attack.It, "draws"); ok {
				got[1] = n
			}
		}
		if got != want {
			t.Errorf("%s: %v queries and draws, want %v", level, got, want)
		}
	}
}

// Within the largest eps the image of one grey value becomes that of another, whatever the norm: grey
// is at 0.5 of black in each of n values.
func TestLargestEpsReachesGrey(t *testing.T) {
	const n = 16
	d := make([]float32, n)
	for i := range d {
		d[i] = 0.5
	}
	for _, norm := range []arbench.Norm{arbench.Linf, arbench.L2, arbench.L1, arbench.L0} {
		if got, want := largest(norm, n).Eps, norm.Of(d); got != want {
			t.Errorf("%s: %g, want %g", norm, got, want)
		}
	}
}

func TestLevelsAreThoseOfSuites(t *testing.T) {
	var got []string
	for _, l := range Levels {
		got = append(got, string(l))
	}
	if diff := cmp.Diff(suite.TrustLevels, got); diff != "" {
		t.Errorf("-suites +trust:\n%s", diff)
	}
}
