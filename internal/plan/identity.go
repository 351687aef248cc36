package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"reflect"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
)

// version is part of every identity. It is raised by hand when this program comes to answer the
// same question otherwise, so that results of before are not taken for those of after. For the code
// of plugins see origin.
const version = 5

// hash returns the SHA-256 of the JSON of v, whose maps come in the order of their keys.
func hash(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// A plugin is what an identity holds of one.
type plugin struct {
	Use     string
	Module  origin
	Options any
}

func identify[T any](n suite.Named[T], ref func(arbench.ModelRef) string) plugin {
	v := reflect.ValueOf(n.It)
	return plugin{n.Use, originOf(v.Type()), plain(v, ref)}
}

// identifiable reports attacks and probes whose cells would have no identity. Models report it
// themselves.
func (b *builder) identifiable() {
	for _, a := range b.Suite.Attacks {
		if _, err := hash(identify(a, nil)); err != nil {
			b.fail("attacks."+a.Name, "%w", err)
		}
	}
	for _, p := range b.Suite.Probes {
		if _, err := hash(identify(p.Named, nil)); err != nil {
			b.fail("probes."+p.Name, "%w", err)
		}
	}
}

// identity returns the id of a model that backend trained, or evaluates if its weights are given. Only
// numbers of examples enter beside the digest of the data, since they determine which. That of a model
// whose weights are given depends on these alone, not on where they are.
func (b *builder) identity(m *Model, backend plugin) (string, error) {
	r := m.Spec.Recipe
	if m.Given() {
		return hash(struct {
			Version        int
			Given, Network string
			Backend        plugin
		}{version, m.Digest, m.network, backend})
	}
	q := struct {
		Version           int
		Data              string
		Train, Validation int
		Network           string
		Optimizer         string
		Recipe            any
		Regularizers      []plugin
		Backend           plugin
		Seed              uint64
	}{
		Version: version, Data: b.Data.Digest, Train: len(m.Train), Validation: len(m.Validation),
		Network: m.network, Optimizer: r.Optimizer.Method(), Recipe: plain(reflect.ValueOf(r), nil),
		Backend: backend, Seed: m.Seed,
	}
	for _, reg := range m.Spec.Regularizers {
		q.Regularizers = append(q.Regularizers, identify(reg, nil))
	}
	return hash(q)
}

// ID returns the identity of the cell's answer for weights of the given digest.
func (c *Cell) ID(weightsDigest string) string {
	p := c.plan
	q := struct {
		Version  int
		Kind     arbench.Kind
		Weights  string
		Network  string
		Backend  plugin
		Data     string
		Split    arbench.Split
		Examples []int
		Plugin   plugin
		Norm     arbench.Norm
		Eps      float64
		AnyEps   bool `json:",omitempty"` // in place of Eps
		Seed     uint64
		Level    float64 // of a probe
		Craft    []int   // numbers of the examples that a Crafted attack sees
	}{
		Version: version, Kind: c.Kind, Weights: weightsDigest, Network: c.Model.network,
		Backend: numerics(c.Model.Evaluator()), Data: p.Data.Digest,
		Split: c.Split, Examples: c.Examples,
	}
	ref := func(r arbench.ModelRef) string {
		if m := c.Refs[r]; m != nil {
			return m.evaluated() + "/" + m.Checkpoint
		}
		return ""
	}
	switch c.Kind {
	case arbench.AttackCell:
		q.Plugin, q.Seed = identify(c.Attack, ref), p.Suite.Seeds.Attack
		if q.Norm, q.AnyEps = c.Threat.Norm, c.AnyEps(); !q.AnyEps {
			q.Eps = c.Threat.Eps
		}
		if _, ok := c.Attack.It.(arbench.Crafted); ok {
			q.Craft = []int{len(c.Model.Train), len(c.Model.Validation)}
		}
	case arbench.ProbeCell:
		q.Plugin, q.Seed = identify(c.Probe.Named, ref), p.Suite.Seeds.Attack
		q.Level = p.Suite.Level
	}
	id, err := hash(q)
	if err != nil { // New has tried all that an identity can fail for
		panic("plan: " + err.Error())
	}
	return id
}

// plain returns the options in v as maps, slices and scalars: the same for an option that is empty
// and one that is not set, with ref's answer for the models that they name, and without fields
// tagged json:"-", which change no result.
func plain(v reflect.Value, ref func(arbench.ModelRef) string) any {
	if !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil
	}
	switch x := v.Interface().(type) {
	case arbench.ModelRef:
		if ref == nil || x == "" {
			return string(x)
		}
		return ref(x)
	case interface{ Used() (string, any) }:
		name, it := x.Used()
		if name == "" {
			return nil
		}
		inner := reflect.ValueOf(it)
		return plugin{name, originOf(inner.Type()), plain(inner, ref)}
	}
	switch {
	case v.Kind() == reflect.Pointer, v.Kind() == reflect.Interface:
		return plain(v.Elem(), ref)
	case v.Kind() == reflect.Struct:
		m := map[string]any{}
		for _, o := range suite.Options(v.Interface()) {
			if o.Field.Tag.Get("json") != "-" {
				m[o.Key] = plain(o.Value, ref)
			}
		}
		return m
	case v.Kind() == reflect.Slice, v.Kind() == reflect.Array:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = plain(v.Index(i), ref)
		}
		return list
	case v.Kind() == reflect.Map:
		m := map[string]any{}
		for _, k := range v.MapKeys() {
			m[fmt.Sprint(k)] = plain(v.MapIndex(k), ref)
		}
		return m
	case v.Kind() == reflect.String:
		return v.String()
	case v.Kind() == reflect.Bool:
		return v.Bool()
	case v.CanInt():
		return v.Int()
	case v.CanUint():
		return v.Uint()
	case v.CanFloat() && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0)):
		return fmt.Sprint(v.Float()) // JSON has no such numbers
	case v.CanFloat():
		return v.Float()
	}
	return nil
}
