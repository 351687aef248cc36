package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
	"github.com/arbench/arbench/internal/wording"
)

// backends returns those that train m and evaluate it, each once.
func (m *Model) backends() []suite.Named[arbench.Backend] {
	trains, asked := m.Spec.Backend, m.Evaluator()
	if m.Given() || trains.TOML() == asked.TOML() {
		return []suite.Named[arbench.Backend]{asked}
	}
	return []suite.Named[arbench.Backend]{trains, asked}
}

// Ready reports, each once with its models, the backends of p that say that they do not run on this machine: see
// [arbench.Readier]. Nothing can be answered with them, and since the arithmetic is part of an identity it may not
// be known what a store holds of theirs.
func (p *Plan) Ready() error {
	known, models, order := map[string]error{}, map[string][]string{}, []string(nil)
	for _, m := range p.Models {
		for _, b := range m.backends() {
			key := b.TOML()
			if _, ok := known[key]; !ok {
				known[key], order = ready(b), append(order, key)
			}
			if !slices.Contains(models[key], m.Name) {
				models[key] = append(models[key], m.Name)
			}
		}
	}
	var errs []error
	for _, key := range order {
		if err := known[key]; err != nil {
			errs = append(errs, fmt.Errorf("%s: %s: %w", p.Suite.File, some(models[key]), err))
		}
	}
	return errors.Join(errs...)
}

// Ready reports the first backend of m that says that it does not run on this machine.
func (m *Model) Ready() error {
	for _, b := range m.backends() {
		if err := ready(b); err != nil {
			return err
		}
	}
	return nil
}

func ready(b suite.Named[arbench.Backend]) error {
	r, ok := b.It.(arbench.Readier)
	if !ok {
		return nil
	}
	if _, err := r.Ready(); err != nil {
		return &NotReadyError{b.Use, err}
	}
	return nil
}

// A NotReadyError says that a backend does not run on this machine.
type NotReadyError struct {
	Backend string // in the registry
	Why     error  // with what to do; may have several lines
}

// Error returns both.
func (e *NotReadyError) Error() string { return e.Short() + ": " + wording.OneLine(e.Why.Error()) }

// Short returns only that it does not run.
func (e *NotReadyError) Short() string { return fmt.Sprintf("backend %q does not run here", e.Backend) }

// Unwrap returns why.
func (e *NotReadyError) Unwrap() error { return e.Why }

// some lists names, the first of many.
func some(names []string) string {
	const most = 3
	if more := len(names) - most; more > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}
