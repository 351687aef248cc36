package json

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// A number is a float64 that is written as a string where JSON has no number for it.
type number float64

// MarshalJSON implements [json.Marshaler].
func (f number) MarshalJSON() ([]byte, error) {
	v := float64(f)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return json.Marshal(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return json.Marshal(v)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (f *number) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		s = string(b)
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return fmt.Errorf("%s is not a number", b)
	}
	*f = number(v)
	return nil
}
