package arbench

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// The plugins linked into this program, by kind. A plugin's package adds itself from init; a suite
// file names it with "use".
var (
	Architectures = newRegistry[Architecture]("architecture")
	Attacks       = newRegistry[Attack]("attack")
	Backends      = newRegistry[Backend]("backend")
	Datasets      = newRegistry[Dataset]("dataset")
	Measures      = newRegistry[Measure]("measure")
	Probes        = newRegistry[Probe]("probe")
	Regularizers  = newRegistry[Regularizer]("regularizer")
	Reporters     = newRegistry[Reporter]("reporter")
)

// A Registry maps names to constructors of one kind of plugin. It is safe for use by several
// goroutines.
type Registry[T any] struct {
	kind string
	mu   sync.RWMutex
	m    map[string]func() T
}

func newRegistry[T any](kind string) *Registry[T] {
	return &Registry[T]{kind: kind, m: make(map[string]func() T)}
}

// Kind returns what the registry holds, such as "attack".
func (r *Registry[T]) Kind() string { return r.kind }

// Register adds a plugin. The value that construct returns is a pointer to a struct whose exported
// fields hold the default options; construct does nothing else. Register panics if the name is
// taken.
func (r *Registry[T]) Register(name string, construct func() T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, taken := r.m[name]; taken {
		panic("arbench: " + r.kind + " " + name + " registered twice")
	}
	r.m[name] = construct
}

// New returns a new plugin with its default options. The error of an unknown name lists those
// there are.
func (r *Registry[T]) New(name string) (T, error) {
	r.mu.RLock()
	construct, ok := r.m[name]
	r.mu.RUnlock()
	if !ok {
		var none T
		return none, fmt.Errorf("unknown %s %q (this program has %s)",
			r.kind, name, strings.Join(r.Names(), ", "))
	}
	return construct(), nil
}

// Names returns the names of the registered plugins in order.
func (r *Registry[T]) Names() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Sorted(maps.Keys(r.m))
}

// A Use is a plugin inside another plugin's options, such as the attack of an adversarial
// training. In a suite file it is a table whose key "use" names the plugin and whose other keys are
// that plugin's options. The zero Use names no plugin.
type Use[T any] struct {
	Name string // in the registry
	It   T      // with its options
}

// Make sets u to a new plugin of the given name with its default options, and returns it for the
// suite loader to decode the other keys into.
func (u *Use[T]) Make(name string) (any, error) {
	it, err := registryOf[T]().New(name)
	if err != nil {
		return nil, err
	}
	u.Name, u.It = name, it
	return it, nil
}

// Used returns the name and the plugin that u holds; the name is empty if it holds none.
func (u Use[T]) Used() (name string, it any) { return u.Name, u.It }

// registryOf returns the registry of plugins of type T.
func registryOf[T any]() *Registry[T] {
	for _, r := range []any{
		Architectures, Attacks, Backends, Datasets, Measures, Probes, Regularizers, Reporters,
	} {
		if r, ok := r.(*Registry[T]); ok {
			return r
		}
	}
	return newRegistry[T]("plugin")
}
