package ordering

import "sync"

// table gives equal things equal numbers, so that a state of the world is a short list of numbers. Numbers
// start at 1 and differ from run to run with several workers; what they stand for does not. Safe for
// concurrent use.
type table[T any] struct {
	mu     sync.RWMutex
	byKey  map[string]uint32 // guarded by mu
	things []T               // guarded by mu; index number-1
}

// number returns the number of the thing with that key, which is made when it is new.
func (t *table[T]) number(key string, thing func() T) uint32 {
	t.mu.RLock()
	n, ok := t.byKey[key]
	t.mu.RUnlock()
	if ok {
		return n
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if n, ok := t.byKey[key]; ok {
		return n
	}
	if t.byKey == nil {
		t.byKey = map[string]uint32{}
	}
	t.things = append(t.things, thing())
	n = uint32(len(t.things))
	t.byKey[key] = n
	return n
}

// has reports whether a thing has that key.
func (t *table[T]) has(key string) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	_, ok := t.byKey[key]
	return ok
}

// get returns the thing of a number. It is never changed.
func (t *table[T]) get(n uint32) T {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.things[n-1]
}

// cache remembers what a rule did: rules are functions of the enclave's state and their arguments. Safe for
// concurrent use.
type cache struct {
	mu    sync.RWMutex
	known map[question]outcome // guarded by mu
}

type question struct {
	enclave uint32
	rule    rule
	a, b    uint32
	digest  uint8
	root    [4]byte
}

// outcome is the enclave after a rule and what it said; enclave is 0 when the rule refused.
type outcome struct {
	enclave uint32
	said    uint32
}

func (c *cache) ask(q question, apply func() outcome) outcome {
	c.mu.RLock()
	o, ok := c.known[q]
	c.mu.RUnlock()
	if ok {
		return o
	}
	o = apply()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[question]outcome{}
	}
	c.known[q] = o
	return o
}
