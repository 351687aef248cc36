package arbench

import "context"

// An Access is how much of a model can be seen from outside.
type Access int

// The levels of access, each including those before it.
const (
	Labels    Access = iota // the predicted class only
	Scores                  // the logits
	Gradients               // derivatives in the input
	Weights                 // derivatives in the parameters
)

// String returns the name of the level, such as "gradients".
func (a Access) String() string {
	return [...]string{"labels", "scores", "gradients", "weights"}[a]
}

// A Model is a classifier: a function from images in [0, 1] to logits. It is used by one goroutine
// at a time.
type Model interface {
	Info() ModelInfo

	// Run makes one pass. What it returns belongs to the caller. A NaN or an infinity in an input or
	// in the net is an error that names the layer; so is a wrong shape.
	Run(ctx context.Context, c Call) (Pass, error)
}

// ModelInfo describes a model.
type ModelInfo struct {
	Shape   []int // of one image: channels, height, width
	Classes int   // length of a row of logits
	Access  Access
	Network *Network // nil if it is not known
}

// A Mode says which statistics batch normalization uses. A net without it ignores the mode.
type Mode int

// The modes.
const (
	Frozen      Mode = iota // running statistics: evaluation
	BatchStats              // statistics of the batch, running ones left alone
	BatchUpdate             // statistics of the batch, which also move the running ones: training
)

// Want says what a pass returns beside logits and losses.
type Want uint8

// What a pass can return.
const (
	DX      Want = 1 << iota // derivative of each loss in the images
	DParams                  // adds the derivative in the parameters to their running sums
)

// A Call asks for one pass. Its zero values are the common case; fields may be added.
type Call struct {
	X Tensor // images [n, channels, height, width]

	// Rows says which examples of a trial the rows of X are; nil means all of them in order. A
	// model ignores it: it keeps the Oracle's books right when an attack drops examples.
	Rows []int

	// Losses are evaluated on the logits of this pass; derivatives want at least one.
	Losses []Loss

	// Weight of each row in the derivative of the parameters, which is that of the sum over losses
	// and rows of weight × value. Nil means 1/n each. It does not scale values and DX.
	Weight []float32

	Mode Mode

	// Groups splits the rows of X into consecutive groups of the given sizes, each with its own
	// batch statistics, used and updated in order. Nil means one group.
	Groups []int

	Want Want

	// Key seeds layers that draw random numbers; a net without them ignores it.
	Key uint64
}

// A Pass is what a Call returns.
type Pass struct {
	Logits Tensor      // [n, classes]
	Values [][]float64 // of each loss: the value of each row

	// DX is, for each loss, the derivative in the images of the sum of its values over rows: in
	// Frozen mode, where rows do not influence each other, that of each row's own value. Empty
	// unless asked for.
	DX []Tensor
}

// A Trainable model can move its parameters.
type Trainable interface {
	Model

	// Step moves the parameters against the running sums of their derivatives, which it clears.
	Step(ctx context.Context, o Optimizer, rate float64) error

	// Params returns a copy of every parameter and of the running sum of its derivative, in the
	// order of Network.Params.
	Params(ctx context.Context) ([]Param, error)

	// SetParams copies the given parameters' values and derivatives into those of the same name;
	// an empty Value or Grad leaves that part alone.
	SetParams(ctx context.Context, ps []Param) error

	// ClearGrad sets the running sums to zero.
	ClearGrad()

	// Snapshot returns all that training goes on from: parameters and the optimizer's moments.
	Snapshot(ctx context.Context) (State, error)

	// Restore is the inverse of Snapshot: what follows is bit by bit what followed then.
	Restore(ctx context.Context, s State) error
}

// A State is the state of a training: a copy, owned by whoever holds it.
type State struct {
	Params  []Param // Grad is empty
	Moments []Param // of the optimizer, named after the parameter with a suffix; nil before a step
	Steps   int     // steps taken
}

// An Observable model shows the activations inside it.
type Observable interface {
	Model

	// Visit calls f with the output of each named layer for the images x in Frozen mode, in the
	// order of the net; images as [n, channels, height, width], vectors as [n, features]. The tensor
	// is valid until f returns. An error of f ends the visit and is returned.
	Visit(ctx context.Context, x Tensor, layers []string, f func(layer string, a Tensor) error) error
}

// A Stager computes on a device with memory of its own.
type Stager interface {
	Model

	// Stage copies the images x to the device ahead of a pass of all of them in training, while another
	// goroutine may use the model. It is a matter of time alone: no result depends on it, x may change afterwards,
	// and what goes wrong the pass will meet and say.
	Stage(x Tensor)
}

// A Bounder gives interval bounds of its logits.
type Bounder interface {
	Model

	// Bounds returns for each row bounds of the logits over all images between lo and hi.
	Bounds(ctx context.Context, lo, hi Tensor) (zlo, zhi Tensor, err error)

	// BoundsGrad adds to the parameters' running sums the derivative of Σ dlo·zlo + dhi·zhi.
	BoundsGrad(ctx context.Context, lo, hi, dlo, dhi Tensor) error
}

// A Backend makes models out of networks.
//
// As for an Attack, its exported fields are its options.
type Backend interface {
	Info() BackendInfo

	// Open returns the model that spec describes. It refuses a layer that it cannot run by name.
	Open(ctx context.Context, spec ModelSpec) (Model, error)
}

// A Readier is a backend that tells whether it can run on this machine, as "arbench list backends" and
// "arbench doctor" ask, and runs before they begin. One that does not is taken to run everywhere.
type Readier interface {
	Backend

	// Ready returns what the backend with its present options would run on, such as "avx2 kernels"; or an error
	// that says what is missing and what to do. It may look for files, loads no more than Info does, and computes
	// nothing.
	Ready() (about string, err error)
}

// BackendInfo describes a backend with its present options.
type BackendInfo struct {
	Doc    string // one line, for "arbench list"
	Access Access // the most its models give

	// Numerics names the arithmetic, such as "float32 direct avx2". Results of different numerics
	// differ in their last bits, so it is part of their identity.
	Numerics string

	// FactorBits is the number of bits that the factors of products are rounded to, the leading one counted: 8 of
	// bfloat16, 11 of TF32. 0 means that they are not rounded: those of float32 have 24.
	FactorBits int

	// Warnings are reasons to distrust what is computed with the present options. They stand beside numbers
	// that the backend evaluates and beside models that it trains.
	Warnings []string
}

// A ModelSpec says which model to make.
type ModelSpec struct {
	Network *Network
	Seed    uint64  // of Network.Init, where Weights is nil
	Weights []Param // values to start from; the backend copies them
	Batch   int     // greatest number of rows expected in a Call; 0 means unknown. More still works.
	Threads int     // to compute with, at most; 0 means one for each core. It changes no bit of any result.

	// Share, if not nil, says how many of Threads a call may use just now, so that models which are worked
	// on at the same time share the cores, and the last ones have them all. Less than 1 means 1.
	Share func() int
}
