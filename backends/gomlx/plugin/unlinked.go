//go:build !(gomlx && cgo && linux)

package plugin

// Linked says whether this program can load plug-ins.
const Linked = false

// Examine returns [ErrNotLinked].
func Examine(string) (Finding, error) { return Finding{}, ErrNotLinked }
