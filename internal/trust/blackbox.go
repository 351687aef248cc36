package trust

import "github.com/arbench/arbench"

// broken returns how many of the examples that the case's attack left another one broke, of how many it
// left and of how many there are.
func (c *Case) broken(by Attempt) (k, left, n int) {
	t := compare(c.left(c.Attempt), c.left(by))
	return t.first, t.both + t.first, t.n()
}

// blackBox finds what attacks without the model's gradients break of what those with them left. Of a
// cascade that has such stages itself it is judged as one of them is.
func blackBox(k check, c *Case) []arbench.Finding {
	if !c.gradients() {
		return k.skipped("the attack takes no gradients of the model")
	}
	var out []arbench.Finding
	for _, o := range c.rivals() {
		if o.gradients() || o.Use == "noise" || o.Outcome == nil {
			continue
		}
		broken, left, n := c.broken(o)
		if !c.mixed() {
			out = append(out, k.judged(share(broken, n),
				"examples of %d that %s left and %s broke", n, c.Name, o.Name)...)
			continue
		}
		k.limit = 10
		out = append(out, k.judged(share(broken, left),
			"of the %d examples that %s left, those that %s broke", left, c.Name, o.Name)...)
	}
	if out == nil {
		return k.unasked(c, c.Asked[k.name])
	}
	return out
}

// blackStage finds what the stages of a cascade without gradients broke of what those before them left.
func blackStage(k check, c *Case) []arbench.Finding {
	if c.Stages == nil {
		return k.skipped("the attack is no cascade")
	}
	if c.Outcome == nil || c.Outcome.Stage == nil {
		return k.skipped("the stage that broke each example is not known")
	}
	var out []arbench.Finding
	gradients := false
	for s, stage := range c.Stages {
		if stage.Attack.Info().Access >= arbench.Gradients {
			gradients = true
			continue
		}
		if !gradients {
			continue
		}
		broken, left := 0, 0
		for _, by := range c.Outcome.Stage {
			switch {
			case by == s+1:
				broken++
				left++
			case by == 0 || by > s+1:
				left++
			}
		}
		out = append(out, k.judged(share(broken, left),
			"of the %d examples that came to stage %s, those that it broke", left, stage.Name)...)
	}
	if out == nil {
		return k.skipped("no stage without gradients comes after one with them")
	}
	return out
}

// noise finds what random points break of what the attack left.
func noise(k check, c *Case) []arbench.Finding {
	if c.Use == "noise" {
		return k.skipped("the attack is that itself")
	}
	var out []arbench.Finding
	for _, o := range c.rivals() {
		if o.Use == "noise" && o.Outcome != nil {
			broken, left, _ := c.broken(o)
			if left == 0 {
				return k.skipped("the attack left nothing")
			}
			out = append(out, k.judged(share(broken, left),
				"of the %d examples that %s left, those that %s broke", left, c.Name, o.Name)...)
		}
	}
	if out == nil {
		return k.unasked(c, c.Asked[k.name])
	}
	return out
}

// foreign finds that the attack takes the gradients of another model, and stands alone.
func foreign(k check, c *Case) []arbench.Finding {
	return k.alone(c, c.Foreign, "candidates of %d that another model's gradients alone made within the threat")
}

// onlyNoise finds that the attack draws random points, and stands alone.
func onlyNoise(k check, c *Case) []arbench.Finding {
	return k.alone(c, c.Use == "noise", "candidates of %d that random draws alone made within the threat")
}

// alone judges an attack that does not look at the model it is put to, which measures robustness no more than
// its luck: no attack of the suite that takes the model's own gradients stands beside it within the threat. What
// checks put beside it is no number of the report.
func (k check) alone(c *Case, blind bool, format string) []arbench.Finding {
	n := 0
	if blind {
		n = c.Outcome.Len()
	}
	for _, o := range c.Others {
		if o.gradients() && o.Outcome != nil && o.Threat.String() == c.Threat.String() {
			n = 0
		}
	}
	return k.judged(share(n, c.Outcome.Len()), format, c.Outcome.Len())
}
