package linear

import (
	"math/rand/v2"
	"time"

	"troxymail/cmd/cluster"
)

// storm makes faults while clients work. When it returns, all replicas are started again, if not serving yet, and all
// links are whole.
type storm struct {
	*cluster.Cluster
	rng    *rand.Rand
	honest []int
}

// pause waits for up to limit.
func (s *storm) pause(limit time.Duration) { <-time.After(time.Duration(s.rng.Int64N(int64(limit)))) }

func (s *storm) anyone() int { return s.honest[s.rng.IntN(len(s.honest))] }

const (
	soon = 80 * time.Millisecond // within what a history takes
	away = 2500 * time.Millisecond
)

func (*storm) calm() {}

// leader stops the leader for up to 2.5 s: mostly long enough that another takes its place.
func (s *storm) leader() {
	s.pause(soon)
	s.bounce(s.Leader(), away)
}

// bounce stops a replica for up to limit.
func (s *storm) bounce(i int, limit time.Duration) {
	s.StopReplica(i)
	s.pause(limit)
	s.StartReplica(i)
}

func (s *storm) host() {
	s.pause(soon)
	s.bounce(s.anyone(), soon)
}

func (s *storm) enclave() {
	s.pause(soon)
	s.RestartEnclave(s.anyone())
}

// enclaves restarts two enclaves of three, one after the other: f and one more, which makes a founding necessary when
// the first has not come back.
func (s *storm) enclaves() {
	s.pause(soon)
	i := s.rng.IntN(len(s.honest))
	s.RestartEnclave(s.honest[i])
	s.pause(10 * soon)
	s.RestartEnclave(s.honest[(i+1)%len(s.honest)])
}

// all stops everybody and starts everybody again: a founding.
func (s *storm) all() {
	s.pause(soon)
	order := s.rng.Perm(len(s.honest))
	for _, i := range order {
		s.StopReplica(s.honest[i])
	}
	for _, i := range s.rng.Perm(len(s.honest)) {
		s.StartReplica(s.honest[i])
	}
}

func (s *storm) parted() {
	s.pause(soon)
	s.Part(s.anyone())
	s.pause(away)
	s.Heal()
}

func (s *storm) oneWay() {
	s.pause(soon)
	if s.rng.IntN(2) == 0 {
		s.Deafen(s.anyone())
	} else {
		s.Mute(s.anyone())
	}
	s.pause(away)
	s.Heal()
}

// mixed makes two of the above, one after the other.
func (s *storm) mixed() {
	kinds := []func(){s.leader, s.host, s.enclave, s.parted, s.oneWay}
	for range 2 {
		kinds[s.rng.IntN(len(kinds))]()
	}
}

// two stops one of five replicas and parts another one, or the leader, at the same time.
func (s *storm) two() {
	s.pause(soon)
	order := s.rng.Perm(len(s.honest))
	stopped, parted := s.honest[order[0]], s.honest[order[1]]
	if leader := s.Leader(); leader != stopped && s.rng.IntN(2) == 0 {
		parted = leader
	}
	s.Part(parted)
	s.StopReplica(stopped)
	s.pause(away)
	s.StartReplica(stopped)
	s.Heal()
}

// beside restarts an enclave in half of all histories, half of the times the liar's own; always that one when the lie is
// about how a link begins. An honest one may not be able to come back before the lie ends, and the liar's begins anew:
// together with a liar it is more than one replica that fails.
func (s *storm) beside(liar int, atStart bool) {
	restarts, i := s.rng.IntN(2) == 0, s.anyone()
	if atStart || s.rng.IntN(2) == 0 {
		i = liar
	}
	if s.pause(soon); !restarts && !atStart {
		return
	}
	if s.RestartEnclave(i); i != liar {
		s.pause(away)
		s.EndLie()
		s.RestartEnclave(liar)
	}
}
