package suite_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/arbench/arbench/internal/suite"
)

// knobs is a plugin with options.
type knobs struct {
	Steps int     `toml:"steps"`
	Loss  string  `toml:"loss"`
	Eps   float64 `toml:"eps"`
}

func (k *knobs) Validate() error {
	if k.Steps < 1 {
		return fmt.Errorf("steps %d must be at least 1", k.Steps)
	}
	return nil
}

func TestSetOptions(t *testing.T) {
	k := &knobs{Steps: 10, Loss: "ce"}
	if err := suite.SetOptions(k, []string{"steps=3", "loss=dlr", `eps="8/255"`}); err != nil {
		t.Fatal(err)
	}
	if want := (knobs{3, "dlr", 8. / 255}); *k != want {
		t.Errorf("%+v, want %+v", *k, want)
	}
	for set, want := range map[string]string{
		"step=3":      `--set: step: unknown key "step", did you mean "steps"?`,
		"steps=0":     "--set: steps: steps 0 must be at least 1",
		"steps=three": "--set: steps: ",
		"steps":       "--set: steps: want key=value",
	} {
		if err := suite.SetOptions(k, []string{set}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", set, err, want)
		}
	}
}
