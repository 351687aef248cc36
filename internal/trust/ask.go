package trust

import (
	"math"
	"reflect"
	"slices"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
)

// A Question is what a dear check asks a model, on the subset of examples of [Level.Examples] or on
// fewer.
type Question struct {
	Check    string                      // key of [Case.Asked]
	Attack   arbench.Use[arbench.Attack] // empty where Probe is asked
	Probe    arbench.Use[arbench.Probe]
	Threat   arbench.Threat
	Examples int  // at most so many; 0 is no limit
	Shared   bool // it is about the model and the threat, whatever the attack
}

// Examples returns how many examples dear checks are asked of, if a suite does not say.
func (l Level) Examples() int {
	if l == Full {
		return 500
	}
	return 100
}

// Names under which questions are asked that are not those of checks.
const (
	probeQuestion    = "model"
	transferQuestion = "twin transfer"
)

// largest returns an eps within which every image of n values can become the grey image.
func largest(norm arbench.Norm, n int) arbench.Threat {
	eps := map[arbench.Norm]float64{
		arbench.Linf: 0.5, arbench.L2: 0.5 * math.Sqrt(float64(n)), arbench.L1: 0.5 * float64(n), arbench.L0: float64(n),
	}[norm]
	return arbench.Threat{Norm: norm, Eps: eps}
}

// Ask returns the questions of dear checks at level l about the attack a within its threat, on images of
// n values. Twin names the model's twin; it is empty if there is none. The attacks that are put beside a are
// those that the program has of fgsm, pgd, square, noise, and transfer, whose option "source" is the twin.
func Ask(l Level, a Attempt, twin arbench.ModelRef, n int) []Question {
	if l == Off || a.Attack == nil {
		return nil
	}
	out := append(own(l, a, n), shared(l, a)...)
	if t, ok := registered("transfer", a.Threat.Norm); ok && twin != "" && option(t.It, "source").IsValid() {
		option(t.It, "source").SetString(string(twin))
		out = append(out, Question{Check: transferQuestion, Attack: t, Threat: a.Threat, Shared: true})
	}
	p := &Probe{Norm: a.Threat.Norm, Eps: a.Threat.Eps, Directions: 8}
	return append(out, Question{
		Check: probeQuestion, Probe: arbench.Use[arbench.Probe]{Name: "trust", It: p}, Threat: a.Threat, Shared: true,
	})
}

// own returns the questions about the attack itself.
func own(l Level, a Attempt, n int) []Question {
	use := arbench.Use[arbench.Attack]{Name: a.Use, It: a.Attack}
	var out []Question
	if a.Threat.Eps > 0 {
		none := arbench.Threat{Norm: a.Threat.Norm}
		out = append(out, Question{Check: "eps 0", Attack: use, Threat: none, Examples: 16})
	}
	if big := largest(a.Threat.Norm, n); a.iterates() && big.Eps > a.Threat.Eps {
		out = append(out, Question{Check: "large eps", Attack: use, Threat: big})
	}
	if more, ok := double(use, "steps"); ok {
		out = append(out, Question{Check: "more steps", Attack: more, Threat: a.Threat})
	}
	if more, ok := double(use, "restarts"); ok && l == Full {
		out = append(out, Question{Check: "more restarts", Attack: more, Threat: a.Threat})
	}
	if a.climbs() {
		p := &Convergence{Attack: use, Norm: a.Threat.Norm, Eps: a.Threat.Eps}
		out = append(out, Question{
			Check: "converged loss", Probe: arbench.Use[arbench.Probe]{Name: "convergence", It: p}, Threat: a.Threat,
		})
	}
	return out
}

// shared returns the questions about the model within the threat that attacks answer.
func shared(l Level, a Attempt) []Question {
	var out []Question
	if many, ok := registered("pgd", a.Threat.Norm); ok && a.Stages == nil && !a.Foreign && a.steps() == 1 {
		out = append(out, Question{Check: "many steps", Attack: many, Threat: a.Threat, Shared: true})
	}
	for _, q := range []struct {
		check, attack, option string
		quick, full           int
	}{
		{"single step", "fgsm", "", 0, 0},
		{"black box", "square", "queries", 2000, 5000},
		{"random noise", "noise", "draws", 100, 10000},
	} {
		use, ok := registered(q.attack, a.Threat.Norm)
		if !ok {
			continue
		}
		passes := q.quick
		if l == Full {
			passes = q.full
		}
		if _, ok := number(use.It, q.option); ok {
			option(use.It, q.option).SetInt(int64(passes))
		}
		out = append(out, Question{Check: q.check, Attack: use, Threat: a.Threat, Shared: true})
	}
	return out
}

// registered makes the attack of the given name with its defaults, if the program has it and it bounds norm.
func registered(name string, norm arbench.Norm) (use arbench.Use[arbench.Attack], ok bool) {
	if _, err := use.Make(name); err != nil {
		return use, false
	}
	return use, slices.Contains(use.It.Info().Norms, norm)
}

// option returns the option of an attack with the given key; it is not valid if there is none.
func option(it any, key string) reflect.Value {
	for _, o := range suite.Options(it) {
		if o.Key == key {
			return o.Value
		}
	}
	return reflect.Value{}
}

// number returns a whole-numbered option of an attack; false if it has none of that key.
func number(it any, key string) (int, bool) {
	o := option(it, key)
	if !o.IsValid() || !o.CanInt() {
		return 0, false
	}
	return int(o.Int()), true
}

// text returns an option of an attack that is a string; empty if it has none of that key.
func text(it any, key string) string {
	if o := option(it, key); o.IsValid() && o.Kind() == reflect.String {
		return o.String()
	}
	return ""
}

// double returns the attack with an option twice as great, if it has that option and takes it.
func double(use arbench.Use[arbench.Attack], key string) (arbench.Use[arbench.Attack], bool) {
	if n, ok := number(use.It, key); !ok || n < 1 || n > math.MaxInt32 || reflect.TypeOf(use.It).Kind() != reflect.Pointer {
		return use, false
	}
	v := reflect.New(reflect.TypeOf(use.It).Elem())
	v.Elem().Set(reflect.ValueOf(use.It).Elem())
	o := option(v.Interface(), key)
	o.SetInt(2 * o.Int())
	use.It = v.Interface().(arbench.Attack)
	valid, ok := use.It.(interface{ Validate() error })
	return use, !ok || valid.Validate() == nil
}

// steps returns how many gradient steps the attack takes from each start: 0 if it takes none, 1 if it
// has no such option.
func (a Attempt) steps() int {
	if a.Attack == nil || a.Stages == nil && a.Attack.Info().Access < arbench.Gradients {
		return 0
	}
	for _, key := range []string{"steps", "max_steps"} {
		if n, ok := number(a.Attack, key); ok {
			return n
		}
	}
	return 1
}

// iterates reports whether the attack takes enough steps along the model's own gradients to reach what
// there is within any eps: a cascade does.
func (a Attempt) iterates() bool { return !a.Foreign && (a.Stages != nil || a.steps() >= 10) }

// climbs reports whether the attack climbs a loss within a ball, by steps of the model's own gradients, enough
// of them to ask whether it has come to the top.
func (a Attempt) climbs() bool {
	_, counted := number(a.Attack, "steps")
	_, crafted := a.Attack.(arbench.Crafted)
	return counted && !crafted && a.Stages == nil && a.Threat.Family == nil && a.iterates() && !a.averages() &&
		!a.Attack.Info().MinimumNorm
}

// gradients reports whether the attack, or a stage of it, takes the model's own gradients.
func (a Attempt) gradients() bool {
	return a.Attack != nil && !a.Foreign && slices.ContainsFunc(a.parts(), func(s arbench.Stage) bool {
		return s.Attack.Info().Access >= arbench.Gradients
	})
}

// parts returns the stages of a cascade, or the attack as the only one.
func (a Attempt) parts() []arbench.Stage {
	if a.Stages == nil {
		return []arbench.Stage{{Name: a.Name, Attack: a.Attack}}
	}
	return a.Stages
}

// mixed reports whether the attack is a cascade that has stages with gradients and stages without.
func (a Attempt) mixed() bool {
	with, without := false, false
	for _, s := range a.Stages {
		yes := s.Attack.Info().Access >= arbench.Gradients
		with, without = with || yes, without || !yes
	}
	return with && without
}

// averages reports whether the attack takes means over passes, as one on a model that draws random
// numbers has to.
func (a Attempt) averages() bool {
	for _, s := range a.parts() {
		if n, _ := number(s.Attack, "eot"); n > 1 {
			return true
		}
	}
	return false
}
