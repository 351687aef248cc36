package suite_test

import "testing"

// TestAModelMayHaveAnEvaluator: beside the backend that trains it; TOML reads back to the same.
func TestAModelMayHaveAnEvaluator(t *testing.T) {
	s := parse(t, `schema = 1
dataset.use = "data"
recipe.arch.use = "net"
[models.a]
[models.b]
evaluator = { use = "other", threads = 7 }
[models.c]
vary = { "evaluator.threads" = [1, 2] }
evaluator.use = "other"
`)
	var got []any
	for _, m := range s.Models {
		threads := 0
		if m.Evaluator.It != nil {
			threads = m.Evaluator.It.(*fakeBackend).Threads
		}
		got = append(got, m.Name, m.Backend.Use, m.Evaluator.Use, threads)
	}
	diff(t, []any{
		"a", "gorgonia", "", 0, "b", "gorgonia", "other", 7, "c/1", "gorgonia", "other", 1, "c/2", "gorgonia", "other", 2,
	}, got)
	diff(t, s, parse(t, s.TOML()))
}
