package train_test

import (
	"testing"
	"time"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/train"
)

func TestClockTellsWorkFromCompiling(t *testing.T) {
	const pause = 20 * time.Millisecond
	begun := time.Now()
	ctx, clock := train.NewClock(t.Context())
	time.Sleep(pause)
	end := arbench.Compiling(ctx, "a pass")
	time.Sleep(2 * pause)
	end()
	work, compiling := clock.Seconds()
	elapsed := time.Since(begun).Seconds()
	if work < pause.Seconds() || compiling < 2*pause.Seconds() || work+compiling > elapsed {
		t.Errorf("%v s of work and %v s of compiling in %v s, want at least %v and twice that", work, compiling, elapsed, pause)
	}
}
