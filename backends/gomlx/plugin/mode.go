package plugin

// A Mode is the precision and the order of what CUDA computes. The zero value is exact and repeatable; on
// other platforms there is no other mode.
type Mode struct {
	TF32     bool // products may be rounded to TF32
	AnyOrder bool // sums may be taken in another order each time
}

// String returns what sets the mode apart, as the end of a sentence.
func (m Mode) String() string {
	s := ""
	if m.TF32 {
		s += " with TF32"
	}
	if m.AnyOrder {
		s += " in any order"
	}
	return s
}
