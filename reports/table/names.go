package table

// Units and names of the quantities that have a place of their own in the report. All others are
// listed under "More quantities".
const (
	points = "points" // unit of differences of percentages

	accuracy = "accuracy" // % of examples whose class the model gave
	cost     = "cost"     // the twin's accuracy less the model's, paired, in points
	gain     = "gain"     // the model's accuracy under attack less the twin's, paired, in points
	costP    = "cost p"   // McNemar's p-value of it: of one training, not to be averaged

	confidence = "confidence"       // mean greatest probability
	entropy    = "entropy"          // mean entropy of the probabilities
	near       = "near boundary"    // % of examples with a probability margin within ± the detail
	spread     = "singular std"     // standard deviation of a layer's singular values
	relative   = "feature relative" // change of a layer's output beside its size
)

// outputs are the quantities of a model's outputs that robustness may regularize.
var outputs = []string{
	"accuracy gap", "loss gap", "loss", "loss std", confidence, "true confidence", entropy, near,
	"probability margin", "logit margin", "normalized margin", "margin distance",
}

// plainOutputs are those of outputs that are shown unfolded, and their details.
var plainOutputs = map[string][]string{
	"accuracy gap": {""}, "loss gap": {""}, "loss": {""}, confidence: {""}, entropy: {""},
	near: {"0.05", "0.1", "0.2", "0.5"}, "probability margin": {"50 %"}, "logit margin": {"50 %"},
}

// spent are the quantities of an attack's expense, which the table of attacks sums up.
var spent = []string{"forward passes", "backward passes"}

// spectral are the quantities of a layer's singular values.
var spectral = layered{
	counted: []string{spread, "singular cv"},
	listed: []string{
		"singular mean", "singular max", "singular min", "singular condition", "singular log condition",
		"stable rank", "entropy rank",
	},
}

// featural are the quantities of the change of a layer's output.
var featural = layered{
	counted: []string{
		relative, "feature absolute", "feature gain", "feature local gain", "direction spread",
	},
}
