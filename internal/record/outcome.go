package record

import (
	"encoding/json"
	"fmt"

	"github.com/arbench/arbench"
)

// EncodeOutcome returns o as a safetensors file.
func EncodeOutcome(o *arbench.Outcome) ([]byte, error) {
	f := newFile()
	f.outcome(o)
	return f.bytes()
}

// DecodeOutcome reads what EncodeOutcome wrote.
func DecodeOutcome(b []byte) (*arbench.Outcome, error) {
	f, err := read(b)
	if err != nil {
		return nil, err
	}
	return f.getOutcome()
}

// A Part is an attack under way.
type Part struct {
	Outcome    *arbench.Outcome
	Candidates arbench.Tensor // one row for each example
	Stage      int            // under way, from 0
	Done       int            // examples of the stage that were put to it
	Seconds    float64        // spent in work
	Compiling  float64        // seconds beside them
}

// EncodePart returns p as a safetensors file.
func EncodePart(p Part) ([]byte, error) {
	f := newFile()
	f.outcome(p.Outcome)
	f.tensor("candidates", p.Candidates)
	f.ints("at", []int{p.Stage, p.Done})
	f.floats("seconds", []float64{p.Seconds, p.Compiling})
	return f.bytes()
}

// DecodePart reads what EncodePart wrote.
func DecodePart(b []byte) (Part, error) {
	f, err := read(b)
	if err != nil {
		return Part{}, err
	}
	at, seconds := f.getInts("at"), f.getFloats("seconds")
	if len(seconds) == 1 { // an old record
		seconds = append(seconds, 0)
	}
	if len(at) != 2 || len(seconds) != 2 {
		return Part{}, fmt.Errorf("not a part of an attack")
	}
	p := Part{Candidates: f.getTensor("candidates"), Stage: at[0], Done: at[1], Seconds: seconds[0], Compiling: seconds[1]}
	if p.Outcome, err = f.getOutcome(); err != nil {
		return Part{}, err
	}
	if p.Candidates.Len() != p.Outcome.Len() {
		return Part{}, fmt.Errorf("%d candidates of %d examples", p.Candidates.Len(), p.Outcome.Len())
	}
	return p, nil
}

func (f *file) outcome(o *arbench.Outcome) {
	f.info["split"] = string(o.Split)
	f.ints("id", o.ID)
	f.ints("class", o.Y)
	f.tensor("logits", o.Logits)
	if o.Distance != nil {
		f.floats("distance", o.Distance)
		f.ints("forward", o.Forward)
		f.ints("backward", o.Backward)
		f.ints("first", o.First)
	}
	if o.Stage != nil {
		f.ints("stage", o.Stage)
	}
	if o.Stages != nil {
		f.stages(o.Stages)
	}
}

// stages stores the stages of a cascade: their names in a list of JSON, their passes in two arrays.
func (f *file) stages(stages []arbench.StageOutcome) {
	var names []string
	var forward, backward []int
	for _, s := range stages {
		names = append(names, s.Name)
		forward, backward = append(forward, s.Passes.Forward), append(backward, s.Passes.Backward)
	}
	list, err := json.Marshal(names)
	if f.err == nil {
		f.err = err
	}
	f.info["stages"] = string(list)
	f.ints("stage forward", forward)
	f.ints("stage backward", backward)
}

// getStages returns what stages stored, nil if it stored nothing.
func (f *file) getStages() ([]arbench.StageOutcome, error) {
	list, ok := f.info["stages"]
	if !ok {
		return nil, nil
	}
	var names []string
	if err := json.Unmarshal([]byte(list), &names); err != nil {
		return nil, fmt.Errorf("names of stages %q: %w", list, err)
	}
	forward, backward := f.getInts("stage forward"), f.getInts("stage backward")
	if len(forward) != len(names) || len(backward) != len(names) {
		return nil, fmt.Errorf("%d stages have %d and %d numbers of passes", len(names), len(forward), len(backward))
	}
	out := make([]arbench.StageOutcome, len(names))
	for i, name := range names {
		out[i] = arbench.StageOutcome{Name: name, Passes: arbench.Passes{Forward: forward[i], Backward: backward[i]}}
	}
	return out, nil
}

func (f *file) getOutcome() (*arbench.Outcome, error) {
	o := &arbench.Outcome{
		Split: arbench.Split(f.info["split"]),
		ID:    f.getInts("id"), Y: f.getInts("class"), Logits: f.getTensor("logits"),
		Distance: f.getFloats("distance"), Forward: f.getInts("forward"),
		Backward: f.getInts("backward"), First: f.getInts("first"), Stage: f.getInts("stage"),
	}
	var err error
	if o.Stages, err = f.getStages(); f.err == nil {
		f.err = err
	}
	if f.err != nil {
		return nil, f.err
	}
	return o, check(o)
}

// check refuses an outcome whose parts do not belong together.
func check(o *arbench.Outcome) error {
	n := len(o.ID)
	if len(o.Logits.Shape) != 2 || o.Logits.Shape[0] != n || o.Logits.Shape[1] < 1 || len(o.Y) != n {
		return fmt.Errorf("outcome of %d examples has %d classes and logits of shape %v",
			n, len(o.Y), o.Logits.Shape)
	}
	for _, y := range o.Y {
		if y < 0 || y >= o.Logits.Shape[1] {
			return fmt.Errorf("class %d of %d", y, o.Logits.Shape[1])
		}
	}
	attacked := o.Distance != nil
	for _, l := range []int{len(o.Distance), len(o.Forward), len(o.Backward), len(o.First)} {
		if attacked && l != n || !attacked && l != 0 {
			return fmt.Errorf("outcome of %d examples has an array of %d", n, l)
		}
	}
	if o.Stage != nil && len(o.Stage) != n {
		return fmt.Errorf("outcome of %d examples has %d stages", n, len(o.Stage))
	}
	for _, s := range o.Stage {
		if o.Stages != nil && (s < -1 || s > len(o.Stages)) {
			return fmt.Errorf("stage %d of %d", s, len(o.Stages))
		}
	}
	return nil
}

// quantity is an arbench.Quantity whose numbers may be NaN.
type quantity struct {
	Name          string
	Split         arbench.Split `json:",omitempty"`
	Detail, Unit  string        `json:",omitempty"`
	Value, Lo, Hi Float
	N             int
	Better        int      `json:",omitempty"`
	Warnings      []string `json:",omitempty"`
}

// EncodeQuantities returns qs as JSON.
func EncodeQuantities(qs []arbench.Quantity) ([]byte, error) {
	out := make([]quantity, len(qs))
	for i, q := range qs {
		out[i] = quantity{
			q.Name, q.Split, q.Detail, q.Unit, Float(q.Value), Float(q.Lo), Float(q.Hi),
			q.N, q.Better, q.Warnings,
		}
	}
	return json.Marshal(out)
}

// DecodeQuantities reads what EncodeQuantities wrote.
func DecodeQuantities(b []byte) ([]arbench.Quantity, error) {
	var in []quantity
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, fmt.Errorf("quantities: %w", err)
	}
	out := make([]arbench.Quantity, len(in))
	for i, q := range in {
		out[i] = arbench.Quantity{
			Name: q.Name, Split: q.Split, Detail: q.Detail, Unit: q.Unit,
			Value: float64(q.Value), Lo: float64(q.Lo), Hi: float64(q.Hi),
			N: q.N, Better: q.Better, Warnings: q.Warnings,
		}
	}
	return out, nil
}

// EncodeTensor returns x as a safetensors file of one array.
func EncodeTensor(x arbench.Tensor) ([]byte, error) {
	f := newFile()
	f.tensor("tensor", x)
	return f.bytes()
}

// DecodeTensor reads what EncodeTensor wrote.
func DecodeTensor(b []byte) (arbench.Tensor, error) {
	f, err := read(b)
	if err != nil {
		return arbench.Tensor{}, err
	}
	x := f.getTensor("tensor")
	if f.err == nil && x.Data == nil {
		f.err = fmt.Errorf("it holds no array called tensor")
	}
	return x, f.err
}
