package plan

import (
	"reflect"
	"strings"
	"unicode"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
)

// autoattack is the attack that others publish numbers of under one name.
const autoattack = "autoattack"

// Standard returns the name under which others publish the attack of c with its options, "AutoAttack"
// for the attack "autoattack" in its versions standard and plus; empty for any other cell.
func (c *Cell) Standard() string {
	if c.Kind == arbench.AttackCell && c.Attack.Use == autoattack && conforms(versionOf(c.Attack.It)) {
		return "AutoAttack"
	}
	return ""
}

func conforms(version string) bool { return version == "standard" || version == "plus" }

// versionOf returns the option of that name; empty if an attack has none.
func versionOf(it arbench.Attack) string {
	for _, o := range suite.Options(it) {
		if o.Key == "version" && o.Value.Kind() == reflect.String {
			return o.Value.String()
		}
	}
	return ""
}

// attackNames refuses attacks that are called AutoAttack and are none: reports call numbers by the names of
// their attacks. Its other versions have to say which they are.
func (b *builder) attackNames() {
	for _, a := range b.Suite.Attacks {
		name, v := letters(a.Name), versionOf(a.It)
		switch {
		case !strings.Contains(name, autoattack) || a.Use == autoattack && conforms(v):
		case a.Use != autoattack:
			b.fail("attacks."+a.Name, "the name says AutoAttack, the attack is %q: choose another name", a.Use)
		case !strings.Contains(name, letters(v)):
			b.fail("attacks."+a.Name, "the name says AutoAttack, the attack is its version %q: choose a name such as %q",
				v, autoattack+"-"+v)
		}
	}
}

// letters returns those of a name, in lower case.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}
