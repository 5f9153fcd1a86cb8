package node

import (
	"time"

	"troxymail/bftcore/wire"
)

const (
	// maxUnnamed bounds the bytes of bodies that one peer pushed here and no executed request named yet: a
	// lying host must not fill the disk. Each counts for unnamedFor at most, for bodies whose client went
	// away before its message was filed.
	maxUnnamed = 512 << 20
	unnamedFor = 6 * time.Hour
)

// unnamed is a body that a peer pushed.
type unnamed struct {
	from  int
	bytes int
	until int64
}

// named tells of bodies that executed requests named.
func (k *bodyKeeper) named(bodies []wire.Digest) {
	k.lanes.put(laneHost, 0, func(s *bodyState) {
		for _, d := range bodies {
			delete(s.pins, d)
			s.name(d)
		}
	})
}

// mayOwe reports whether a peer may push a body of that size, and counts it when not.
func (s *bodyState) mayOwe(from, bytes int) bool {
	if s.owed[from]+s.bytes[from]+bytes <= maxUnnamed {
		return true
	}
	now := s.n.o.Now()
	for d, u := range s.unnamed {
		if u.until <= now {
			s.name(d)
		}
	}
	if s.owed[from]+s.bytes[from]+bytes <= maxUnnamed {
		return true
	}
	s.n.floods[from].Add(1)
	return false
}

// owe counts a body that a peer pushed until a request names it.
func (s *bodyState) owe(from int, d wire.Digest, bytes int) {
	if _, ok := s.unnamed[d]; ok {
		return
	}
	s.unnamed[d] = unnamed{from: from, bytes: bytes, until: s.n.o.Now() + int64(unnamedFor)}
	s.owed[from] += bytes
}

// name ends the counting of a body.
func (s *bodyState) name(d wire.Digest) {
	if u, ok := s.unnamed[d]; ok {
		s.owed[u.from] -= u.bytes
		delete(s.unnamed, d)
	}
}
