package runner_test

import "testing"

// TestBatchBeyondTheDataIsAllOfIt trains with a batch whose buffers no machine could hold; a step
// sees no more than the 400 training examples.
func TestBatchBeyondTheDataIsAllOfIt(t *testing.T) {
	p := planned(t, suiteText, "seeds.train=[0]", "recipe.epochs=30", "dataset.tests=50",
		"backend.use=gorgonia", "recipe.batch=1000000000000")
	if kept, made := ran(t, opened(t, t.TempDir()), p); kept != 0 || made != 8 {
		t.Errorf("%d kept, %d made, want 0 and 8", kept, made)
	}
}
