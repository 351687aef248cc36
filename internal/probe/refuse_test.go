package probe

import (
	"context"
	"strings"
	"testing"

	"github.com/arbench/arbench"
)

// An attack that leaves image 0 alone has no gain there.
func TestChangesThatAreNotDefinedAreLeftOut(t *testing.T) {
	s, p := mlpSubject(t)
	far := p.Attack.It.(stored).x.Clone()
	copy(far.Row(0), s.Data.(list).X.Row(0))
	p.Attack.It = stored{far}
	qs, err := p.Probe(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	gain := find(t, qs, "feature gain", "fc1/attack")
	absolute := find(t, qs, "feature absolute", "fc1/attack")
	if gain.N != 15 || len(gain.Warnings) != 1 || absolute.N != 16 {
		t.Errorf("gain of %d examples with warnings %q, absolute change of %d",
			gain.N, gain.Warnings, absolute.N)
	}
}

// blind hides what an Observable model shows.
type blind struct{ arbench.Model }

func TestFeaturesRefusesWhatItCannotSee(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(s *arbench.Subject, p *Features)
		want  string
	}{
		{"a model that shows nothing", func(s *arbench.Subject, _ *Features) {
			s.Model = blind{s.Model}
		}, "does not show the activations"},
		{"a model without net", func(s *arbench.Subject, _ *Features) {
			s.Network = nil
		}, "not known"},
		{"a layer that is not there", func(_ *arbench.Subject, p *Features) {
			p.Layers = []string{"fc1", "conv7"}
		}, `no layer "conv7"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, p := mlpSubject(t)
			tt.spoil(&s, p)
			if _, err := p.Probe(context.Background(), s); err == nil ||
				!strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that says %q", err, tt.want)
			}
		})
	}
}

func TestOptionsThatMakeNoSenseAreErrors(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(p *Features)
		want  string // empty: no error
	}{
		{"defaults", func(*Features) {}, ""},
		{"no attack", func(p *Features) { p.Attack.It = nil }, "attack is missing"},
		{"a norm not of the attack", func(p *Features) { p.Norm = arbench.L1 }, "cannot bound l1"},
		{"no room", func(p *Features) { p.Eps = 0 }, "eps 0"},
		{"grey levels", func(p *Features) { p.Eps = 8 }, `"8/255"`},
		{"one direction", func(p *Features) { p.Directions = 1 }, "directions 1"},
		{"the greatest", func(p *Features) { p.Quantiles = []float64{1} }, "between 0 and 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, p := mlpSubject(t)
			tt.spoil(p)
			switch err := p.Validate(); {
			case tt.want == "" && err != nil:
				t.Errorf("error %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("error %v, want one that says %q", err, tt.want)
			}
		})
	}
}
