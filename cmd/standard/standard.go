// Package standard links the built-in plugins into a program: import it for that alone.
package standard

import (
	_ "github.com/arbench/arbench/attacks/apgd"
	_ "github.com/arbench/arbench/attacks/fab"
	_ "github.com/arbench/arbench/attacks/fgsm"
	_ "github.com/arbench/arbench/attacks/noise"
	_ "github.com/arbench/arbench/attacks/pgd"
	_ "github.com/arbench/arbench/attacks/square"
	_ "github.com/arbench/arbench/backends/gorgonia"
	_ "github.com/arbench/arbench/backends/linear"
	_ "github.com/arbench/arbench/internal/arch"
	_ "github.com/arbench/arbench/internal/dataset/arrays"
	_ "github.com/arbench/arbench/internal/dataset/cifar"
	_ "github.com/arbench/arbench/internal/dataset/digits"
	_ "github.com/arbench/arbench/internal/dataset/idx"
	_ "github.com/arbench/arbench/internal/dataset/svhn"
	_ "github.com/arbench/arbench/internal/measure"
	_ "github.com/arbench/arbench/internal/probe"
	_ "github.com/arbench/arbench/regularizers/advtrain"
	_ "github.com/arbench/arbench/regularizers/labelsmooth"
	_ "github.com/arbench/arbench/regularizers/trades"
	_ "github.com/arbench/arbench/reports/badge"
	_ "github.com/arbench/arbench/reports/csv"
	_ "github.com/arbench/arbench/reports/json"
	_ "github.com/arbench/arbench/reports/junit"
	_ "github.com/arbench/arbench/reports/markdown"
)
