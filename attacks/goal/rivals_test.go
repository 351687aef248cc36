package goal_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench/attacks/goal"
)

func TestRivalsAreRankedByLogit(t *testing.T) {
	got := goal.Rivals([]float32{.1, .7, .2, .9, .7}, 3)
	if diff := cmp.Diff([]int{1, 4, 2, 0}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
