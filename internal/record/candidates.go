package record

import (
	"fmt"

	"github.com/arbench/arbench"
)

// EncodeCandidates returns the candidates of the examples with the given ids as a safetensors file.
func EncodeCandidates(ids []int, x arbench.Tensor) ([]byte, error) {
	f := newFile()
	f.ints("id", ids)
	f.tensor("candidates", x)
	return f.bytes()
}

// DecodeCandidates reads what EncodeCandidates wrote.
func DecodeCandidates(b []byte) (ids []int, x arbench.Tensor, err error) {
	f, err := read(b)
	if err != nil {
		return nil, x, err
	}
	ids, x = f.getInts("id"), f.getTensor("candidates")
	if f.err == nil && x.Len() != len(ids) {
		f.err = fmt.Errorf("%d candidates of %d examples", x.Len(), len(ids))
	}
	return ids, x, f.err
}

// A Trial is what an attack made of examples, for other programs: examples ID with images X0 of
// classes Y, the candidates X, and what the model answers to them.
type Trial struct {
	ID, Y  []int
	X0, X  arbench.Tensor // [n, channels, height, width]
	Logits arbench.Tensor // [n, classes]
}

// EncodeTrial returns t as a safetensors file with the arrays id, y, x0, x and logits, which also says
// what info does.
func EncodeTrial(t Trial, info map[string]string) ([]byte, error) {
	f := newFile()
	f.info = info
	f.ints("id", t.ID)
	f.ints("y", t.Y)
	f.tensor("x0", t.X0)
	f.tensor("x", t.X)
	f.tensor("logits", t.Logits)
	return f.bytes()
}
