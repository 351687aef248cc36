package cmd

import (
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
	"github.com/arbench/arbench/suites"
)

// A kind is something that list shows.
type kind struct {
	one, many string
	names     func() []string
	about     func(name string) (about, error)
	show      func(w io.Writer, name string) error // of one in full; nil describes a plugin
}

// about is what a plugin says of itself.
type about struct {
	doc    string
	here   string // of a backend: whether it runs on this machine, and on what
	facts  []fact // empty values are left out
	plugin any    // with its default options
}

type fact struct{ key, value string }

// kinds lists what list shows, in its order.
func kinds() []kind {
	return []kind{
		kindOf(arbench.Architectures, func(a arbench.Architecture) about {
			return about{doc: a.Info().Doc, facts: source(a.Info().Source)}
		}),
		kindOf(arbench.Attacks, aboutAttack),
		kindOf(arbench.Backends, aboutBackend),
		kindOf(arbench.Datasets, aboutDataset),
		kindOf(arbench.Measures, func(m arbench.Measure) about {
			return about{doc: m.Info().Doc, facts: source(m.Info().Source)}
		}),
		kindOf(arbench.Probes, func(p arbench.Probe) about {
			return about{doc: p.Info().Doc, facts: source(p.Info().Source)}
		}),
		kindOf(arbench.Regularizers, func(r arbench.Regularizer) about {
			return about{doc: r.Info().Doc, facts: source(r.Info().Source)}
		}),
		kindOf(arbench.Reporters, func(r arbench.Reporter) about {
			return about{doc: r.Info().Doc, facts: []fact{{"file ending", r.Info().Extension}}}
		}),
		{
			one: "suite", many: "suites",
			names: func() []string { return suite.Names(suites.FS) },
			about: aboutSuite,
			show: func(w io.Writer, name string) error {
				text, err := fs.ReadFile(suites.FS, name+".toml")
				if err == nil {
					_, err = w.Write(text)
				}
				return err
			},
		},
	}
}

// kindOf returns the kind of a registry's plugins.
func kindOf[T any](r *arbench.Registry[T], describe func(T) about) kind {
	return kind{
		one: r.Kind(), many: plural(r.Kind()), names: r.Names,
		about: func(name string) (about, error) {
			it, err := r.New(name)
			if err != nil {
				return about{}, err
			}
			a := describe(it)
			a.plugin = it
			return a, nil
		},
	}
}

// plural returns the plural of what a registry holds.
func plural(one string) string {
	if y, ok := strings.CutSuffix(one, "y"); ok {
		return y + "ies"
	}
	return one + "s"
}

func source(text string) []fact { return []fact{{"source", text}} }

func aboutAttack(a arbench.Attack) about {
	i := a.Info()
	norms := make([]string, len(i.Norms))
	for k, n := range i.Norms {
		norms[k] = string(n)
	}
	facts := append(source(i.Source), fact{"needs", i.Access.String()}, fact{"norms", strings.Join(norms, ", ")})
	switch {
	case i.AnyEps:
		facts = append(facts, fact{"looks for", "the smallest change, once for every eps"})
	case i.MinimumNorm:
		facts = append(facts, fact{"looks for", "the smallest change, judged at every eps"})
	}
	return about{doc: i.Doc, facts: facts}
}

func aboutBackend(b arbench.Backend) about {
	i := b.Info()
	where, _ := here(b)
	return about{doc: i.Doc, here: where, facts: []fact{{"gives", i.Access.String()}, {"numerics", i.Numerics}, {"here", where}}}
}

// here says whether a backend with its present options runs on this machine, and on what; the error is
// why not.
func here(b arbench.Backend) (string, error) {
	text := "runs here"
	if r, ok := b.(arbench.Readier); ok {
		on, err := r.Ready()
		if err != nil {
			return "does not run here: " + oneLine(err), err
		}
		text += " on " + on
	}
	return text + ", numerics " + b.Info().Numerics, nil
}

func aboutDataset(d arbench.Dataset) about {
	i := d.Info()
	return about{doc: i.Doc, facts: append(source(i.Source),
		fact{"licence", i.Licence},
		fact{"images", strings.Trim(strings.ReplaceAll(fmt.Sprint(i.Shape), " ", "×"), "[]")},
		fact{"classes", fmt.Sprint(i.Classes)})}
}

// aboutSuite returns the title of a built-in suite or, where a program without the standard plugins
// cannot run it, the reason.
func aboutSuite(name string) (about, error) {
	s, err := suite.Load(name+".toml", suites.FS, nil)
	if err != nil {
		return about{doc: "not for this program: " + oneLine(err)}, nil
	}
	return about{doc: s.Title}, nil
}
