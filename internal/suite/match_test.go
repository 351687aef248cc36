package suite_test

import (
	"testing"

	"github.com/arbench/arbench/internal/suite"
)

// A name is taken for another one up to two letters, or a third of them, away.
func TestDidYouMeanNamesTheNearest(t *testing.T) {
	for _, c := range []struct{ written, want string }{
		{"fgms", `: did you mean "fgsm"?`},
		{"pdg", `: did you mean "pgd"?`},
		{"autoatack", `: did you mean "autoattack"?`},
		{"mifgsmx", `: want one of pgd, fgsm, autoattack`},
		{"square", `: want one of pgd, fgsm, autoattack`},
	} {
		if got := suite.DidYouMean(c.written, []string{"pgd", "fgsm", "autoattack"}); got != c.want {
			t.Errorf("%q: got %q, want %q", c.written, got, c.want)
		}
	}
}
