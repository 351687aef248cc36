package arbench_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/arbench/arbench"
)

// fixed returns the images as they are, moved by By.
type fixed struct {
	By float64 `toml:"by"`
}

func (*fixed) Info() arbench.AttackInfo {
	return arbench.AttackInfo{Doc: "moves every pixel", Norms: []arbench.Norm{arbench.Linf}}
}

func (f *fixed) Perturb(_ context.Context, t arbench.Trial) (arbench.Tensor, error) {
	x := t.X.Clone()
	for i := range x.Data {
		x.Data[i] += float32(f.By)
	}
	return x, nil
}

func init() {
	arbench.Attacks.Register("test-fixed", func() arbench.Attack { return &fixed{By: 0.25} })
}

func TestRegisterPanicsOnATakenName(t *testing.T) {
	defer func() {
		if p, _ := recover().(string); !strings.Contains(p, "attack test-fixed registered twice") {
			t.Errorf("panicked with %q", p)
		}
	}()
	arbench.Attacks.Register("test-fixed", func() arbench.Attack { return nil })
}

func TestNewGivesEachCallerItsOwnDefaults(t *testing.T) {
	a, b := must[arbench.Attack](t), must[arbench.Attack](t)
	first, second := a(arbench.Attacks.New("test-fixed")), b(arbench.Attacks.New("test-fixed"))
	first.(*fixed).By = 9
	if got := second.(*fixed).By; got != 0.25 {
		t.Errorf("by is %v, want the default 0.25", got)
	}
}

func TestUnknownNameListsThoseThereAre(t *testing.T) {
	_, err := arbench.Backends.New("cray")
	if err == nil || err.Error() != `unknown backend "cray" (this program has linear, prototype)` {
		t.Errorf("error %v", err)
	}
	if names := arbench.Attacks.Names(); !slices.IsSorted(names) || !slices.Contains(names, "test-fixed") {
		t.Errorf("names %v", names)
	}
	if got := arbench.Reporters.Kind(); got != "reporter" {
		t.Errorf("kind %q", got)
	}
}

func TestUseMakesThePluginThatItsTypeSays(t *testing.T) {
	var u arbench.Use[arbench.Attack]
	if name, _ := u.Used(); name != "" {
		t.Errorf("the zero Use names %q", name)
	}
	options, err := u.Make("test-fixed")
	if err != nil {
		t.Fatal(err)
	}
	options.(*fixed).By = 0.5 // as the suite loader decodes the other keys
	if name, it := u.Used(); name != "test-fixed" || it.(*fixed).By != 0.5 {
		t.Errorf("holds %q, %+v", name, it)
	}
	if got := u.It.(*fixed).By; got != 0.5 {
		t.Errorf("by is %v, want 0.5", got)
	}
	if _, err := u.Make("nothing"); err == nil || !strings.Contains(err.Error(), `attack "nothing"`) {
		t.Errorf("error %v", err)
	}
	var b arbench.Use[arbench.Backend]
	if _, err := b.Make("test-fixed"); err == nil {
		t.Error("an attack was made where a backend is due")
	}
}

func TestKeyedRandDiffersByEveryKey(t *testing.T) {
	draw := func(seed uint64, keys ...any) uint64 { return arbench.KeyedRand(seed, keys...).Uint64() }
	if again := draw(1, "a", 2, uint64(3)); draw(1, "a", 2, uint64(3)) != again {
		t.Error("the same keys give two streams")
	}
	seen := map[uint64]string{}
	for name, v := range map[string]uint64{
		"seed 1": draw(1), "seed 2": draw(2), "a": draw(1, "a"), "b": draw(1, "b"),
		"0": draw(1, 0), "1": draw(1, 1), "a0": draw(1, "a", 0), "0a": draw(1, 0, "a"),
		"ab": draw(1, "ab"), "a+b": draw(1, "a", "b"), "00": draw(1, 0, 0),
	} {
		if other, taken := seen[v]; taken {
			t.Errorf("%s and %s give one stream", name, other)
		}
		seen[v] = name
	}
}

func TestTrialRandIsKeyedByExampleNotByRow(t *testing.T) {
	whole := arbench.Trial{Batch: arbench.Batch{ID: []int{4, 9, 2}}, Seed: 1}
	part := arbench.Trial{Batch: arbench.Batch{ID: []int{2}}, Seed: 1}
	if whole.Rand(2, "start", 0).Uint64() != part.Rand(0, "start", 0).Uint64() {
		t.Error("example 2 draws other numbers in another batch")
	}
	if part.Rand(0, "start", 0).Uint64() == part.Rand(0, "start", 1).Uint64() {
		t.Error("two restarts draw the same numbers")
	}
}
