package plan

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/arbench/arbench"
	"github.com/arbench/arbench/internal/suite"
)

// regularizers reports regularizers that do nothing, that replace the same thing, or whose attack
// cannot bound their norm.
func (b *builder) regularizers(key string, spec suite.Model) {
	owner := map[arbench.Part]string{}
	for _, r := range spec.Regularizers {
		at := key + ".regularizers." + r.Name
		p, replaces := r.It.(arbench.Preparer)
		_, penalizes := r.It.(arbench.Penalizer)
		_, wraps := r.It.(arbench.Wrapper)
		_, finishes := r.It.(arbench.Finisher)
		if !replaces && !penalizes && !wraps && !finishes {
			b.fail(at, "%q implements none of Preparer, Penalizer, Wrapper and Finisher", r.Use)
		}
		if replaces {
			for _, part := range p.Replaces() {
				if other, taken := owner[part]; taken {
					b.fail(at, "replaces the %s, and so does regularizer %q", part, other)
				}
				owner[part] = r.Name
			}
		}
		levels(reflect.ValueOf(r.It), func(options []suite.Option) {
			if err := innerAttack(options); err != nil {
				b.fail(at, "%w", err)
			}
		})
	}
}

// innerAttack reports an attack among options that cannot bound the norm among them.
func innerAttack(options []suite.Option) error {
	eps, norm := budget(options)
	for _, o := range options {
		u, ok := o.Value.Interface().(arbench.Use[arbench.Attack])
		if !ok || u.Name == "" || norm == "" || eps == 0 {
			continue
		}
		if !slices.Contains(u.It.Info().Norms, norm) {
			return fmt.Errorf("attack %q cannot bound %s, only %s", u.Name, norm, list(u.It.Info().Norms))
		}
	}
	return nil
}

func list[T ~string](items []T) string {
	out := make([]string, len(items))
	for i, s := range items {
		out[i] = string(s)
	}
	return strings.Join(out, ", ")
}

// levels calls f with the options of v and of each table inside it.
func levels(v reflect.Value, f func(options []suite.Option)) {
	if !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return
	}
	if u, ok := v.Interface().(interface{ Used() (string, any) }); ok {
		_, it := u.Used()
		levels(reflect.ValueOf(it), f)
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		levels(v.Elem(), f)
	case reflect.Struct:
		options := suite.Options(v.Interface())
		f(options)
		for _, o := range options {
			levels(o.Value, f)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			levels(v.MapIndex(k), f)
		}
	}
}

// budget returns the eps and the norm among options, zero if they are not both there.
func budget(options []suite.Option) (eps float64, norm arbench.Norm) {
	for _, o := range options {
		switch {
		case o.Key == "eps" && o.Value.CanFloat():
			eps = o.Value.Float()
		case o.Key == "norm" && o.Value.Kind() == reflect.String:
			norm = arbench.Norm(o.Value.String())
		}
	}
	if norm == "" {
		return 0, ""
	}
	return eps, norm
}

// strength returns the greatest budget that a regularizer trains against.
func strength(rs []suite.Named[arbench.Regularizer]) (eps float64, norm arbench.Norm) {
	for _, r := range rs {
		levels(reflect.ValueOf(r.It), func(options []suite.Option) {
			if e, n := budget(options); e > eps {
				eps, norm = e, n
			}
		})
	}
	return eps, norm
}
