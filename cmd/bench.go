package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/bench"
	"github.com/arbench/arbench/internal/suite"
)

// A benchCommand is the flags of bench.
type benchCommand struct {
	bench.Options
	backend string
	set     []string // options of the backend
	format  string
}

func newBench() *cobra.Command {
	b := &benchCommand{}
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure how many images a second a backend does",
		Long: `bench measures images a second of whole passes through the public interface of models, on
random images that are in memory: forward (logits), igrad (derivative of the loss in the images),
train (a step of SGD with momentum and decay), pgd10_train (ten steps of PGD and a training step, for
each image trained), pgd20 (random start and twenty steps, for each image attacked) and, if asked for,
pgd20_steps (the same with a call for every step, as attacks of one's own go). Each number is
the median of several windows; their range tells how quiet the machine was. In brackets is the share
of what the machine's multiply-adds reach; faster algorithms of convolution can exceed it. Memory is
that of a net's model and images after all its cells. A backend with a device shows what it copies there
and back for each image.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return b.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringSliceVar(&b.Nets, "nets", []string{"mlp", "cnn", "resnet20"}, "of "+strings.Join(bench.Nets(), ", "))
	f.StringSliceVar(&b.Cells, "cells", bench.Cells, "of "+strings.Join(bench.AllCells, ", "))
	f.StringVar(&b.backend, "backend", "gorgonia", "the backend to measure")
	f.StringArrayVar(&b.set, "set", nil, "an option `key=value` of the backend, such as numerics=direct; repeatable")
	f.IntVar(&b.Batch, "batch", 0, "images in a batch; 0 means 128, of the large nets 64")
	f.IntVar(&b.Threads, "threads", 0, "for all of the work; 0 means one for each core; XLA on a CPU has eight of its own")
	f.Float64Var(&b.Seconds, "seconds", 0.5, "length of a window")
	f.IntVar(&b.Windows, "windows", 5, "windows for each cell")
	f.StringVar(&b.format, "format", "table", "table or json")
	return c
}

func (b *benchCommand) run(ctx context.Context, out, progress io.Writer) error {
	if err := b.Check(); err != nil {
		return err
	}
	if b.format != "table" && b.format != "json" {
		return fmt.Errorf("unknown --format %q: want table or json", b.format)
	}
	backend, err := arbench.Backends.New(b.backend)
	if err != nil {
		return err
	}
	if err := suite.SetOptions(backend, b.set); err != nil {
		return err
	}
	r, err := bench.Run(ctx, b.backend, backend, b.Options, func(net, cell string, s bench.Speed) {
		fmt.Fprintf(progress, "arbench: %s %s: %.0f images/s\n", net, cell, s.Median)
	})
	if err != nil {
		return coded(exitUnmeasured, err)
	}
	if b.format == "json" {
		e := json.NewEncoder(out)
		e.SetIndent("", " ")
		return coded(exitUnmeasured, e.Encode(r))
	}
	return coded(exitUnmeasured, r.Text(out))
}
