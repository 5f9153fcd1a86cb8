package quorum

import (
	"fmt"

	"troxymail/bftcore/wire"
)

// Config is the size of a group. Immutable.
type Config struct {
	n int
}

// New returns the configuration of a group of n replicas: odd, from 3 to wire.MaxReplicas.
func New(n int) (Config, error) {
	if n < 3 || n > wire.MaxReplicas || n%2 == 0 {
		return Config{}, fmt.Errorf("quorum: %d replicas: want an odd number from 3 to %d", n, wire.MaxReplicas)
	}
	return Config{n: n}, nil
}

// N is the number of replicas.
func (c Config) N() int { return c.n }

// F is how many replicas may be faulty at a time: (n-1)/2.
func (c Config) F() int { return (c.n - 1) / 2 }

// Size is how many certificates decide: f+1.
func (c Config) Size() int { return c.F() + 1 }

// Leader is the replica that proposes in a view: view mod n.
func (c Config) Leader(view uint64) wire.ReplicaID {
	return wire.ReplicaID(view % uint64(c.n))
}
