// Command arbench measures what adversarial robustness costs and what it regularizes. A program
// with plugins of its own is a copy of this file that imports them too.
package main

import (
	"github.com/arbench/arbench/cmd"
	_ "github.com/arbench/arbench/cmd/standard"
)

func main() { cmd.Main() }
