package cmd

import (
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/plan"
	"github.com/arbench/arbench/internal/suite"
)

// TestGoldenFlagsMayDifferInOneImage: of a reference whose seeds break images 0 to 9 in the first stage and
// the third seed image 10 in the last, an outcome that leaves one more agrees; two more do not, and only of
// the version standard it is asked.
func TestGoldenFlagsMayDifferInOneImage(t *testing.T) {
	clean, flags := make([]int, goldenImages), make([]int, goldenSeeds*4*goldenImages)
	for i := range goldenImages {
		clean[i] = 1
		for k := range goldenSeeds * 4 {
			if i >= 10 && (k != 11 || i > 10) {
				flags[k*goldenImages+i] = 1
			}
		}
	}
	for _, tt := range []struct {
		broken, fewer int // the first images are broken in stage 1, the last of these in none
		version       string
		text, differ  string // parts of what is found
	}{
		{10, 0, "standard", "leaves 54 of 64, the reference's AutoAttack 53 to 54", ""},
		{10, 1, "standard", "leaves 55 of 64", ""},
		{10, 2, "standard", "leaves 56 of 64", "; after ce 2 images are not as with its nearest seed; after t 2 images"},
		{13, 0, "standard", "leaves 51 of 64", "; after ce 3 images"},
		{10, 2, "plus", "leaves 56 of 64", ""},
	} {
		o := &arbench.Outcome{Logits: arbench.NewTensor(goldenImages, 2)}
		for _, name := range []string{"ce", "t", "fab", "square"} {
			o.Stages = append(o.Stages, arbench.StageOutcome{Name: name})
		}
		for i := range goldenImages {
			stage := 0
			if i < tt.broken-tt.fewer {
				stage = 1
				o.Logits.Row(i)[1] = 1
			}
			o.ID, o.Y, o.Stage, o.Distance = append(o.ID, i), append(o.Y, 0), append(o.Stage, stage), append(o.Distance, 0.1)
		}
		a := suite.Named[arbench.Attack]{Use: "autoattack", It: &versioned{Version: tt.version}}
		c := &plan.Cell{Threat: suite.Threat{Threat: arbench.Threat{Norm: arbench.Linf, Eps: 0.1}}}
		f := compareFlags(clean, flags, a, c, o)
		if !strings.Contains(f.text, tt.text) || !strings.HasPrefix(f.differ, tt.differ) || (tt.differ == "") != (f.differ == "") ||
			f.asked != (tt.version == "standard") {
			t.Errorf("%+v: got %+v", tt, f)
		}
	}
}

// versioned has the option of autoattack that the comparison looks at.
type versioned struct {
	arbench.Attack
	Version string `toml:"version"`
}
