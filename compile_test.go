package arbench_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arbench/arbench"
)

// All who watch hear of the beginning and of the end; where nobody does, nothing happens.
func TestWatchersHearOfCompiling(t *testing.T) {
	var heard []string
	watch := func(ctx context.Context, name string) context.Context {
		return arbench.WatchCompiling(ctx, func(program string) func() {
			heard = append(heard, name+" begins "+program)
			return func() { heard = append(heard, name+" ends "+program) }
		})
	}
	ctx := watch(watch(t.Context(), "outer"), "inner")
	arbench.Compiling(ctx, "a pass")()
	arbench.Compiling(t.Context(), "another")()
	want := []string{"outer begins a pass", "inner begins a pass", "inner ends a pass", "outer ends a pass"}
	if d := cmp.Diff(want, heard); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
