package record

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/train"
)

// A Training is what is kept of a finished training beside its weights.
type Training struct {
	Digest string // of the weights after the last epoch
	Best   string // of the weights of the best epoch; empty without validation
	Epochs []arbench.EpochResult
	Passes arbench.Passes

	Seconds   float64 // of work
	Compiling float64 // seconds beside them
}

// training is what a checkpoint holds beside arrays, and the JSON of a Training.
type training struct {
	Digest, Best string   `json:",omitempty"`
	Steps        int      `json:",omitempty"`
	Moments      []string `json:",omitempty"` // names, in order
	BestAccuracy Float
	Epochs       []epoch
	Passes       arbench.Passes
	Seconds      float64
	Compiling    float64 `json:",omitempty"` // missing in old records
}

// epoch is an arbench.EpochResult whose numbers may be NaN. Clean is missing in old records.
type epoch struct {
	Epoch                            int
	Rate, Loss, Accuracy, Validation Float
	Clean                            *Float `json:",omitempty"`
}

func epochs(in []arbench.EpochResult) []epoch {
	var out []epoch
	for _, e := range in {
		out = append(out, epoch{
			e.Epoch, Float(e.Rate), Float(e.Loss), Float(e.Accuracy), Float(e.Validation), new(Float(e.Clean)),
		})
	}
	return out
}

func results(in []epoch) []arbench.EpochResult {
	var out []arbench.EpochResult
	for _, e := range in {
		r := arbench.EpochResult{
			Epoch: e.Epoch, Rate: float64(e.Rate), Loss: float64(e.Loss),
			Accuracy: float64(e.Accuracy), Validation: float64(e.Validation), Clean: math.NaN(),
		}
		if e.Clean != nil {
			r.Clean = float64(*e.Clean)
		}
		out = append(out, r)
	}
	return out
}

// EncodeTraining returns t as JSON.
func EncodeTraining(t Training) ([]byte, error) {
	return json.Marshal(training{
		Digest: t.Digest, Best: t.Best, Epochs: epochs(t.Epochs), Passes: t.Passes, Seconds: t.Seconds,
		Compiling: t.Compiling,
	})
}

// DecodeTraining reads what EncodeTraining wrote.
func DecodeTraining(b []byte) (Training, error) {
	var t training
	if err := json.Unmarshal(b, &t); err != nil {
		return Training{}, fmt.Errorf("training: %w", err)
	}
	return Training{
		Digest: t.Digest, Best: t.Best, Epochs: results(t.Epochs), Passes: t.Passes, Seconds: t.Seconds,
		Compiling: t.Compiling,
	}, nil
}

// EncodeCheckpoint returns c as a safetensors file.
func EncodeCheckpoint(c *train.Checkpoint) ([]byte, error) {
	f := newFile()
	f.params("param.", c.State.Params)
	f.params("moment.", c.State.Moments)
	f.params("best.", c.Best)
	t := training{
		Steps: c.State.Steps, BestAccuracy: Float(c.BestAccuracy), Epochs: epochs(c.Epochs),
		Passes: c.Passes, Seconds: c.Seconds, Compiling: c.Compiling,
	}
	for _, m := range c.State.Moments {
		t.Moments = append(t.Moments, m.Name)
	}
	b, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	f.info["training"] = string(b)
	return f.bytes()
}

// DecodeCheckpoint reads what EncodeCheckpoint wrote of a training of n.
func DecodeCheckpoint(b []byte, n *arbench.Network) (*train.Checkpoint, error) {
	f, err := read(b)
	if err != nil {
		return nil, err
	}
	var t training
	if err := json.Unmarshal([]byte(f.info["training"]), &t); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	c := &train.Checkpoint{
		BestAccuracy: float64(t.BestAccuracy), Epochs: results(t.Epochs), Passes: t.Passes,
		Seconds: t.Seconds, Compiling: t.Compiling,
	}
	c.State.Steps = t.Steps
	if c.State.Params, err = f.getParams("param.", n); err != nil {
		return nil, err
	}
	for _, name := range t.Moments {
		p := arbench.Param{Name: name, Value: f.getTensor("moment." + name)}
		c.State.Moments = append(c.State.Moments, p)
	}
	if len(f.arrays) > len(c.State.Params)+len(c.State.Moments) {
		if c.Best, err = f.getParams("best.", n); err != nil {
			return nil, err
		}
	}
	return c, f.err
}
