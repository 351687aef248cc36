// Package suites holds the suites that are built into arbench, as files.
package suites

import "embed"

// FS holds a file NAME.toml for each built-in suite.
//
//go:embed *.toml
var FS embed.FS
