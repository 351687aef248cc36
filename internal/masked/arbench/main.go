// Arbench with masked models: go run ./internal/masked/arbench run internal/masked/tune.toml
package main

import (
	"github.com/arbench/arbench/cmd"
	_ "github.com/arbench/arbench/cmd/standard"
	_ "github.com/arbench/arbench/internal/masked"
)

func main() { cmd.Main() }
