package arbench

// A CrossCheck is what two models answer to one question that differ in nothing but the backend that
// trained them or evaluates them: of one training seed, over the same examples.
type CrossCheck struct {
	Cell        Cell   // of the question; Model is the first model
	Other       string // name of the second
	SameWeights bool   // bit for bit, so that only the evaluating backends differ
	Precision   string // of factors, where that of the backends differs: what both have; empty if it is the same

	N             int         // examples that both were asked about
	Accuracy      float64     // of the first, in %
	OtherAccuracy float64     // of the second, in %
	Flags         int         // examples that one of them gets right and the other does not
	Classes       int         // examples that they give other classes
	Difference    Quantity    // accuracy of the second less that of the first, in points, paired
	Logits        LogitChange // zero where the weights or the images differ: under attack each has its own

	Beyond string // in which respect they disagree beyond tolerance, and what that is; empty if in none
}

// A LogitChange is by how much logits differ.
type LogitChange struct {
	N        int     // logits; 0 if they were not compared
	Greatest float64 // of the differences, as they are
	Range    float64 // from the least to the greatest logit of both
}

// Relative returns the greatest difference as a part of the range, 0 where there is no difference, and NaN
// if a logit of either is not finite.
func (c LogitChange) Relative() float64 {
	if c.Greatest == 0 {
		return 0
	}
	return c.Greatest / c.Range
}
