package wording

import "testing"

// A name is taken for another one up to two letters, or a third of them, away.
func TestDidYouMeanNamesTheNearest(t *testing.T) {
	for _, c := range []struct{ written, want string }{
		{"fgms", `: did you mean "fgsm"?`},
		{"pdg", `: did you mean "pgd"?`},
		{"autoatak", `: did you mean "autoattack"?`},
		{"aut0atackk", `: did you mean "autoattack"?`},
		{"mifgsmx", `: want one of pgd, fgsm, autoattack`},
		{"square", `: want one of pgd, fgsm, autoattack`},
	} {
		if got := DidYouMean(c.written, []string{"pgd", "fgsm", "autoattack"}); got != c.want {
			t.Errorf("%q: got %q, want %q", c.written, got, c.want)
		}
	}
	if got := Nearest("pdg", []string{"ddn", "pgd"}); got != "pgd" {
		t.Errorf("of two letters exchanged and two changed: %q, want the exchange", got)
	}
	if got := Nearest("pg", []string{"pga", "pgb"}); got != "pga" {
		t.Errorf("of two as near: %q, want the first", got)
	}
}

func TestCountedHasOneOrSeveral(t *testing.T) {
	for n, want := range []string{"0 cells", "1 cell", "2 cells"} {
		if got := Counted(n, "cell"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestOneLineJoinsSentences(t *testing.T) {
	for text, want := range map[string]string{
		"one":                         "one",
		"one.\n":                      "one.",
		"looked at a, b\nto have one": "looked at a, b; to have one",
		"found 0 devices.\nit needs":  "found 0 devices; it needs",
		"":                            "",
	} {
		if got := OneLine(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
