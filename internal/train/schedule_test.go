package train

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The expected rates are the closed forms of Schedule's comment, by hand.
func TestRateAtFollowsItsFormula(t *testing.T) {
	for _, tc := range []struct {
		name          string
		s             Schedule
		epoch, epochs float64
		want          float64
	}{
		{"constant", Schedule{Use: "constant", Rate: 0.1}, 3.5, 10, 0.1},
		{"step before", Schedule{Use: "step", Rate: 0.1, At: []int{5, 8}}, 4.99, 10, 0.1},
		{"step at the first", Schedule{Use: "step", Rate: 0.1, At: []int{5, 8}}, 5, 10, 0.01},
		{"step after both", Schedule{Use: "step", Rate: 0.1, At: []int{5, 8}, Factor: 0.5}, 9, 10, 0.025},
		{"cosine at the start", Schedule{Use: "cosine", Rate: 0.1}, 0, 10, 0.1},
		{"cosine at a third", Schedule{Use: "cosine", Rate: 0.1}, 10. / 3, 10, 0.075},
		{"cosine at the end", Schedule{Use: "cosine", Rate: 0.1}, 10, 10, 0},
		{"cyclic rising", Schedule{Use: "cyclic", Rate: 0.2}, 2, 10, 0.1},
		{"cyclic at the peak", Schedule{Use: "cyclic", Rate: 0.2, Rise: 0.5}, 5, 10, 0.2},
		{"cyclic falling", Schedule{Use: "cyclic", Rate: 0.2}, 7, 10, 0.1},
		{"warm-up", Schedule{Use: "constant", Rate: 0.1, Warmup: 2}, 0.5, 10, 0.025},
		{"after the warm-up", Schedule{Use: "constant", Rate: 0.1, Warmup: 2}, 2, 10, 0.1},
	} {
		if got := tc.s.RateAt(tc.epoch, tc.epochs); math.Abs(got-tc.want) > 1e-12 {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestScheduleValidateSaysWhatWouldBeRight(t *testing.T) {
	for want, s := range map[string]Schedule{
		"unknown schedule": {Use: "linear", Rate: 1},
		"rate 0":           {Use: "constant"},
		"ascending epochs": {Use: "step", Rate: 1},
		"belongs to":       {Use: "cosine", Rate: 1, At: []int{3}},
		"must not be neg":  {Use: "cosine", Rate: 1, Warmup: -1},
	} {
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want an error with %q", s, err, want)
		}
	}
}

func TestStepScheduleKeepsTheRateToTheEndOfAnEpoch(t *testing.T) {
	s := Schedule{Use: "step", Rate: 1, At: []int{2}}
	var rates []float64
	for step := range 8 { // four steps an epoch, each at its middle
		rates = append(rates, s.RateAt(1+(float64(step)+0.5)/4, 3))
	}
	if d := cmp.Diff([]float64{1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1}, rates); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
