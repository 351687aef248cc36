//go:build gomlx

package gomlx

import (
	"slices"
	"sync"
	"sync/atomic"
)

// A cache keeps the values that were used last, by what they were made for. It may be used by several goroutines.
type cache[K comparable, V any] struct {
	most int     // values that it keeps, beside those in use
	end  func(V) // frees a value that nobody can use any more

	mu      sync.Mutex
	entries []*entry[K, V] // the one used last at the end
}

// An entry is a value, or the wish for one.
type entry[K comparable, V any] struct {
	key     K
	once    sync.Once
	made    atomic.Bool // or failed
	value   V
	err     error
	users   int  // that have not released it
	dropped bool // from the cache
}

// acquire returns the entry of a key, which stays until it is released.
func (c *cache[K, V]) acquire(key K) *entry[K, V] {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.entries, func(e *entry[K, V]) bool { return e.key == key })
	at := &entry[K, V]{key: key}
	if i >= 0 {
		at = c.entries[i]
		c.entries = slices.Delete(c.entries, i, i+1)
	}
	at.users++
	c.entries = append(c.entries, at)
	if len(c.entries) > c.most {
		c.drop(0)
	}
	return at
}

// make makes the value of an entry, unless it was made or failed before.
func (e *entry[K, V]) make(build func() (V, error)) error {
	e.once.Do(func() {
		e.value, e.err = build()
		e.made.Store(true)
	})
	return e.err
}

// release gives an entry back. One whose value could not be made is forgotten.
func (c *cache[K, V]) release(at *entry[K, V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at.users--
	if i := slices.Index(c.entries, at); at.err != nil && i >= 0 {
		c.drop(i)
	}
	c.finish(at)
}

// drop takes entry i out of the cache.
func (c *cache[K, V]) drop(i int) {
	at := c.entries[i]
	c.entries = slices.Delete(c.entries, i, i+1)
	at.dropped = true
	c.finish(at)
}

// finish frees a value that nobody can use any more.
func (c *cache[K, V]) finish(at *entry[K, V]) {
	if at.dropped && at.users == 0 && at.made.Load() && at.err == nil {
		c.end(at.value)
	}
}
