package suite_test

import "testing"

func TestMistakesOfGatesAreNamed(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"gate of no model", head + "[gates.x]\nmin = 1",
			`test.toml:5: gates.x: model is missing: a name or a pattern, "*" for every model`},
		{"gate of an unknown model", head + "[models.base]\narch.use = 'net'\n[gates.x]\nmodel = 'basse'\nmin = 1",
			`test.toml:8: gates.x.model: no model is called "basse", did you mean "base"?`},
		{"gate of an unknown attack", head + "[attacks.pgd-20]\nuse = 'steps'\n[gates.x]\nmodel = '*'\nattack = 'pgd-2'\nmin = 1",
			`test.toml:9: gates.x.attack: no attack is called "pgd-2", did you mean "pgd-20"?`},
		{"gate of an unknown threat", head + "[attacks.b]\nuse = 'steps'\n[gates.x]\nmodel = 'a'\nattack = 'b'\nthreat = 'elsewhere'\nmin = 1",
			`test.toml:10: gates.x.threat: no threat is called "elsewhere": there is t`},
		{"gate on a model that is not there", head + "[gates.x]\nmodel = 'elsewhere'\nmin = 1",
			`test.toml:6: gates.x.model: no model is called "elsewhere": there is a`},
		{"gate of a probe where there is none", head + "[gates.x]\nmodel = 'a'\nprobe = 'p'\nmin = 1",
			`test.toml:7: gates.x.probe: no probe is called "p": the suite has none`},
		{"gate of a bad pattern", head + "[gates.x]\nmodel = '['\nmin = 1",
			`test.toml:6: gates.x.model: "[" is no pattern: syntax error in pattern`},
		{"gate that asks nothing", head + "[gates.x]\nmodel = 'a'",
			`test.toml:5: gates.x: asks nothing: say min, max or both, in the unit of the quantity`},
		{"gate that nothing passes", head + "[gates.x]\nmodel = 'a'\nmin = 2\nmax = 1",
			`test.toml:5: gates.x: min 2 is above max 1`},
		{"gate of an unknown bound", head + "[gates.x]\nmodel = 'a'\nmin = 2\nbound = 'low'",
			`test.toml:8: gates.x.bound: unknown bound "low", want one of ["lower" "value" "upper"]`},
		{"gate of no quantity", head + "[gates.x]\nmodel = 'a'\nmin = 2\nquantity = ''",
			`test.toml:8: gates.x.quantity: must not be empty: leave it out for "accuracy"`},
		{"gate of a threat alone", head + "[gates.x]\nmodel = 'a'\nmin = 2\nthreat = 't'",
			`test.toml:5: gates.x: a threat without an attack: say attack as well`},
		{"gate of an unknown split", head + "[gates.x]\nmodel = 'a'\nmin = 2\nsplit = 'dev'",
			`test.toml:8: gates.x.split: unknown split "dev", want "train" or "test"`},
		{"gate of an attack and a probe", head + "[gates.x]\nmodel = 'a'\nmin = 2\nattack = 'b'\nprobe = 'c'",
			`test.toml:5: gates.x: a number is of an attack or of a probe, not of both`},
		{"key of a gate", head + "[gates.x]\nmodel = 'a'\nminimum = 2\nmax = 3",
			`test.toml:7: gates.x.minimum: unknown key "minimum", want one of model, attack, threat, probe, quantity, detail, split, bound, min, max`},
	} {
		mistaken(t, tt.name, tt.text, tt.want)
	}
}
