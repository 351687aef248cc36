package table

// Units and names of the quantities that have a place of their own in the report. All others are
// listed under "More quantities".
const (
	points = "points" // unit of differences of percentages

	accuracy   = "accuracy"        // % of examples whose class the model gave
	within     = "accuracy within" // % likewise, under an attack for the eps of the detail
	cost       = "cost"            // the twin's accuracy less the model's, paired, in points
	gain       = "gain"            // the model's accuracy under attack less the twin's, paired, in points
	lost       = "lost"            // % of examples that the twin has right and the model wrong
	won        = "won"             // % the other way round
	classCost  = "class cost"      // cost among the examples of a class
	marginCost = "margin cost"     // cost among a quarter of the examples by the twin's margin
	costP      = "cost p"          // McNemar's p-value of it: of one training, not to be averaged

	confidence = "confidence"       // mean greatest probability
	entropy    = "entropy"          // mean entropy of the probabilities
	near       = "near boundary"    // % of examples with a probability margin within ± the detail
	spread     = "singular std"     // standard deviation of a layer's singular values
	relative   = "feature relative" // change of a layer's output beside its size
)

// outputs are the quantities of a model's outputs that robustness may regularize.
var outputs = []string{
	accuracy, "accuracy gap", "loss gap", "loss", "loss std", confidence, "true confidence", entropy, near,
	"probability margin", "logit margin", "normalized margin", "margin distance",
}

// plainOutputs are those of outputs that are shown unfolded, and their details, on test examples.
var plainOutputs = map[string][]string{
	accuracy: {""}, "accuracy gap": {""}, "loss gap": {""}, "loss": {""}, confidence: {""}, entropy: {""},
	near: {"0.05", "0.1", "0.2", "0.5"}, "probability margin": {"50 %"}, "logit margin": {"50 %"},
}

// detailedOutputs are the details of outputs with many that are listed, folded; of all others every
// detail is. What is left out is in the CSV and JSON reports.
var detailedOutputs = map[string][]string{
	"true confidence":    {"", "wrong"}, // of the correct ones it is their confidence
	"probability margin": {"mean", "std", "5 %", "25 %", "50 %", "75 %", "95 %"},
	"logit margin":       {"mean", "5 %", "50 %", "95 %"},
	"normalized margin":  {"mean", "50 %"},
}

// spent are the quantities of an attack's expense, which the table of attacks sums up.
var spent = []string{"forward passes", "backward passes"}

// The quantities of the stages of a cascade; the detail names the stage.
const (
	leftAfter     = "left after stage" // % of examples
	brokenBy      = "broken by stage"  // % of examples
	stageForward  = "stage forward passes"
	stageBackward = "stage backward passes"
)

// spectral are the quantities of a layer's singular values.
var spectral = layered{
	counted: []string{spread, "singular cv"},
	listed: []string{
		spread, "singular cv", "singular mean", "singular max", "singular min", "singular condition",
		"stable rank", "entropy rank",
	},
	unlisted: []string{"singular log condition"},
}

// featural are the quantities of the change of a layer's output.
var featural = layered{
	counted: []string{
		relative, "feature absolute", "feature gain", "feature local gain", "direction spread",
	},
	listed:     []string{relative, "feature gain", "direction spread"},
	neighbours: []string{"", "attack", "noise"},
}
