package plan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
)

func init() {
	arbench.Backends.Register("absent", func() arbench.Backend { return &absentBackend{} })
}

var errAbsent = errors.New("there is no device.\nbuy one")

// absentBackend runs nowhere.
type absentBackend struct {
	fakeBackend
	Device string
}

func (b *absentBackend) Info() arbench.BackendInfo {
	return arbench.BackendInfo{Access: arbench.Weights, Numerics: "absent " + b.Device}
}

func (*absentBackend) Ready() (string, error) { return "", errAbsent }

// Each backend that does not run is named once, with the models that it trains or evaluates.
func TestReadyNamesBackendsOnce(t *testing.T) {
	const what = `backend "absent" does not run here: there is no device; buy one`
	for _, tt := range []struct {
		set  []string
		want []string
	}{
		{nil, nil},
		{[]string{"backend.use=absent", "seeds.train=[0,1]"}, []string{"standard, at/4-255, at/8-255"}},
		{[]string{`models.standard.evaluator={use="absent"}`}, []string{"standard"}},
		{[]string{"backend.use=absent", `models.other={evaluator={use="absent",device="b"}}`,
			`models.fifth={evaluator={use="gorgonia"}}`}, []string{"standard, at/4-255, at/8-255 and 2 more", "other"}},
	} {
		p := planned(t, base, plan.Options{}, tt.set...)
		var got []string
		if err := p.Ready(); err != nil {
			if !errors.Is(err, errAbsent) {
				t.Errorf("%q: %v, want what the backend says in it", tt.set, err)
			}
			for line := range strings.SplitSeq(err.Error(), "\n") {
				who, ok := strings.CutSuffix(strings.TrimPrefix(line, "test.toml: "), ": "+what)
				if !ok {
					t.Errorf("%q: %s, want %s", tt.set, line, what)
				}
				got = append(got, who)
			}
		}
		diff(t, tt.want, got)
	}
	p := planned(t, base, plan.Options{Models: []string{"standard"}}, `models.at.evaluator={use="absent"}`)
	if err := p.Ready(); err != nil {
		t.Errorf("of what --only leaves out: %v", err)
	}
}
