package reads

import (
	"flag"
	"testing"

	"troxymail/integration/check/explore"
)

// deep adds the bounds that take minutes: go test ./integration/check/reads -deep -timeout 0 -v
var deep = flag.Bool("deep", false, "larger bounds too")

type scope struct {
	name   string
	bounds Bounds
}

// With all rules no validated read is stale.
func TestRules(t *testing.T) {
	scopes := []scope{
		{"two writes", Bounds{Writes: 2, Reads: 1, Fast: 1}},
		{"two reads", Bounds{Writes: 1, Reads: 1, Fast: 2}},
		{"eviction", Bounds{Writes: 1, Reads: 1, Fast: 1, Evictions: 1}},
		{"restart", Bounds{Writes: 1, Fast: 1, Restarts: 1}},
	}
	if *deep {
		scopes = append(scopes,
			scope{"restart, ordered read", Bounds{Writes: 1, Reads: 1, Fast: 1, Restarts: 1}},
			scope{"restart, two writes", Bounds{Writes: 2, Fast: 1, Restarts: 1}},
			scope{"two writes, two reads", Bounds{Writes: 2, Reads: 1, Fast: 2}},
			scope{"restart, eviction", Bounds{Writes: 1, Fast: 1, Restarts: 1, Evictions: 1}},
			scope{"two writes, eviction", Bounds{Writes: 2, Reads: 1, Fast: 1, Evictions: 1}},
		)
	}
	for _, c := range scopes {
		t.Run(c.name, func(t *testing.T) {
			r := explore.Run(Model{Bounds: c.bounds}, explore.Options{States: 100_000_000})
			t.Log(r)
			if !r.Exhausted {
				t.Error(r)
			}
		})
	}
}

// Without one of the rules the stale read is found.
func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		fault  Fault
		bounds Bounds
	}{
		"the host's word":               {HostWord, Bounds{Writes: 1, Fast: 1}},
		"unvoted claims after restart":  {UnvotedRead, Bounds{Writes: 1, Reads: 1, Fast: 1, Restarts: 1}},
		"equality without version":      {WithoutVersion, Bounds{Writes: 1, Reads: 1, Fast: 1}},
		"no floor on reads":             {NoFloorOnReads, Bounds{Writes: 1, Reads: 1, Fast: 1}},
		"unversioned fill":              {UnversionedFill, Bounds{Writes: 1, Reads: 1, Fast: 1}},
		"no nonce":                      {NoNonce, Bounds{Writes: 1, Fast: 2}},
		"votes of a former incarnation": {FormerVotes, Bounds{Writes: 1, Reads: 1, Fast: 1, Restarts: 1}},
		"validation by f":               {ValidationByF, Bounds{Writes: 1, Fast: 1}},
		"a view shown unasked":          {ViewAfterWrite, Bounds{Writes: 1, Fast: 1}},
		"eviction forgets the floor":    {ForgetfulEvict, Bounds{Writes: 1, Reads: 1, Fast: 1, Evictions: 1}},
		"inconsistent votes":            {InconsistentVote, Bounds{Writes: 1, Reads: 1, Fast: 1, Restarts: 1}},
	} {
		if c.bounds.Restarts > 0 && c.fault != UnvotedRead && !*deep {
			continue // half a million states and more
		}
		t.Run(name, func(t *testing.T) {
			r := explore.Run(Model{Fault: c.fault, Bounds: c.bounds}, explore.Options{States: 2_000_000})
			t.Log(r)
			if r.Violation == nil {
				t.Error("the missing rule was not missed")
			}
		})
	}
}
