package plan

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/record"
	"github.com/arbench/arbench/internal/wording"
)

// Given reports whether the weights of m are given, and so not trained.
func (m *Model) Given() bool { return m.Digest != "" }

// ReadWeights returns the weights that m is given, which it reads again. It is an error if they are
// no longer those of the plan.
func (m *Model) ReadWeights() ([]arbench.Param, error) {
	ps, digest, err := readWeights(m.Spec.Weights, m.Network)
	if err == nil && digest != m.Digest {
		err = fmt.Errorf("%s: its weights are others than a moment ago", m.Spec.Weights)
	}
	return ps, err
}

// readWeights returns the parameters of n in a safetensors file, and their digest: that of the
// weights of a training which ended with the same.
func readWeights(path string, n *arbench.Network) ([]arbench.Param, string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	arrays, err := record.DecodeArrays(b)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w: of PyTorch's nets, "+
			"safetensors.torch.save_file(net.state_dict(), path) writes one", path, err)
	}
	ps, err := paramsOf(n, arrays)
	if err != nil {
		return nil, "", err
	}
	b, err = record.EncodeParams(ps)
	return ps, record.Digest(b), err
}

// paramsOf returns the parameters of n with the values of arrays. The error names, one a line, each
// that is missing, each array that is none, and each of another shape.
func paramsOf(n *arbench.Network, arrays map[string]arbench.Tensor) ([]arbench.Param, error) {
	ps, err := n.Params()
	if err != nil {
		return nil, err
	}
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	var wanted []string
	for _, p := range ps {
		wanted = append(wanted, p.Name)
	}
	surplus := slices.Sorted(maps.Keys(arrays))
	surplus = slices.DeleteFunc(surplus, func(s string) bool { return slices.Contains(wanted, s) })
	named := map[string]bool{}
	for i, p := range ps {
		v, ok := arrays[p.Name]
		near := nearest(p.Name, surplus)
		switch {
		case !ok && near != "":
			named[near] = true
			fail("parameter %q is missing, is the file's %q meant?", p.Name, near)
		case !ok:
			fail("parameter %q is missing", p.Name)
		case !slices.Equal(v.Shape, p.Value.Shape):
			fail("parameter %q has shape %v, want %v", p.Name, v.Shape, p.Value.Shape)
		}
		ps[i].Value = v
	}
	for _, name := range surplus {
		if near := nearest(name, wanted); named[name] {
			continue // is named above
		} else if near != "" {
			fail("array %q is no parameter of this net, is %q meant?", name, near)
			continue
		}
		fail("array %q is no parameter of this net", name)
	}
	return ps, errors.Join(errs...)
}

// nearest returns that of names which is name below another one, such as "module.fc.weight" of
// "fc.weight", or the other way round; else the one most like it, "" if none is.
func nearest(name string, names []string) string {
	for _, n := range names {
		if strings.HasSuffix(n, "."+name) || strings.HasSuffix(name, "."+n) {
			return n
		}
	}
	return wording.Nearest(name, names)
}
