// Package conformance holds the rules that every attack must keep, with models on which the answer is
// known: softmax regression, whose rows do not influence each other and whose nearest misclassified image
// can be computed. A test calls package attacktest, which is the same for go test; "arbench conformance"
// prints what each rule found.
package conformance

import (
	"context"
	"errors"
	"fmt"

	"github.com/arbench/arbench"
)

// A Property is something that only some attacks promise.
type Property string

// The properties.
const (
	// Random attacks give different candidates for different seeds.
	Random Property = "random"

	// Optimal attacks break every image of a two-class softmax regression that can be broken in Linf.
	Optimal Property = "optimal"

	// Minimal attacks find, in each norm that they declare, changes of a two-class softmax regression that
	// are at most 5 % longer than the shortest.
	Minimal Property = "minimal"

	// NearestPlane attacks are Minimal for more classes too: of the planes between the class of an image
	// and the others they find the nearest.
	NearestPlane Property = "nearest-plane"

	// ManyClasses attacks need more than two classes and refuse two with an error. One that is an
	// arbench.FewClasses is allowed without this promise too.
	ManyClasses Property = "many-classes"
)

// Properties returns all of them.
func Properties() []Property { return []Property{Random, Optimal, Minimal, NearestPlane, ManyClasses} }

// A Rule is one thing that an attack must keep.
type Rule struct {
	Name  string
	Doc   string // what it asks for, in a few words
	check func(context.Context, *kit) error
}

// Rules returns the rules in the order in which they are best read.
func Rules() []Rule {
	return []Rule{
		{"describes-itself", "names, norms, access and valid defaults", describesItself},
		{"declared-norms-and-access-suffice", "it works in each norm it declares, with the access it declares", declaredSuffices},
		{"keeps-input", "the examples it is given stay as they are", keepsInput},
		{"candidates-in-threat", "one image for each example, in the ball and in the box", candidatesInThreat},
		{"eps-0-is-the-image", "without a budget the candidate is the image", epsZero},
		{"any-eps", "the same candidates for every eps", anyEps},
		{"budget-of-each-row", "each example has its own eps", budgetOfEachRow},
		{"rows-are-independent", "the same bits alone, in other batches, in another order", rowsAreIndependent},
		{"same-seed-same-candidates", "a seed gives the same bits twice", sameSeed},
		{"other-seed-other-candidates", "another seed gives others", otherSeed},
		{"undeclared-norms-are-refused", "an error, or candidates in the threat", undeclaredNorms},
		{"never-worse-than-nothing", "what is misclassified stays so", neverWorse},
		{"within-the-closed-form", "it breaks nothing that cannot be broken, at no lesser distance", withinClosedForm},
		{"optimal-on-two-classes", "it breaks all that can be broken in linf", optimal},
		{"smallest-changes", "at most 5 % longer than the shortest", smallestPromised},
		{"misclassified-images-stay", "a search for the smallest change leaves them as they are", misclassifiedStay},
		{"derivatives-that-say-nothing", "such a search moves nothing by zeros, infinities and NaN", sayNothing},
		{"one-row-of-nan", "in such a search NaN about one image changes no other", oneRowOfNaN},
		{"one-class", "such a search moves nothing where no class is wrong", oneClass},
		{"any-shape", "two classes, wide and tall images, batches of 1 and of none", anyShape},
		{"stops-when-cancelled", "the error of the context, at once", stopsWhenCancelled},
	}
}

// A Finding is what a rule found.
type Finding struct {
	N       int    // examples that the attack was put to, each time it was
	Note    string // what there is to say beside that; why a rule was skipped
	Skipped bool   // the rule does not apply to the attack
	Err     error  // how the rule is broken; nil if it is not
}

// Check puts the attack that construct returns to the rule. The attack promises the given properties.
func (r Rule) Check(ctx context.Context, construct func() arbench.Attack, properties ...Property) Finding {
	k := newKit(construct, properties)
	err := r.check(ctx, k)
	return Finding{N: k.n, Note: k.note, Skipped: k.skip, Err: err}
}

// Check puts the attack to every rule. Its error names each that is broken.
func Check(ctx context.Context, construct func() arbench.Attack, properties ...Property) error {
	var errs []error
	for _, r := range Rules() {
		if f := r.Check(ctx, construct, properties...); f.Err != nil {
			errs = append(errs, fmt.Errorf("rule %s: %w", r.Name, f.Err))
		}
	}
	return errors.Join(errs...)
}
