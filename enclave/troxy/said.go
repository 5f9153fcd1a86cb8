package troxy

import "troxymail/bftcore/wire"

// remembered is how many sequences of one origin a Replier remembers. An origin's unanswered requests
// span at most Window, so nobody waits for an answer about a sequence this far behind the newest.
const remembered = 2 * Window

// statement is what was said about a request: the result at the order of its execution.
type statement struct {
	sequence uint64 // 0: nothing was said
	request  wire.Digest
	order    uint64
	result   wire.Digest
}

// said remembers what was said about the requests of one replica's newest incarnation, so that nothing
// else is ever said about one of them: a statement leaves only when its sequence is too old to be spoken
// about again. Of a former incarnation nothing is said any more: its client is gone.
type said struct {
	generation, incarnation uint32
	newest                  uint64      // sequence
	ring                    []statement // by sequence modulo remembered; nil until the first
}

// note records what is about to be said about the request id. ErrConflict when something else was said,
// ErrForgotten when it is too old to know.
func (s *said) note(id wire.RequestID, now statement) error {
	switch {
	case id.Generation < s.generation || id.Generation == s.generation && id.Incarnation < s.incarnation:
		return ErrForgotten
	case s.ring == nil || id.Generation > s.generation || id.Incarnation > s.incarnation:
		*s = said{generation: id.Generation, incarnation: id.Incarnation, ring: make([]statement, remembered)}
	}
	at := &s.ring[id.Sequence%remembered]
	switch {
	case id.Sequence == 0 || id.Sequence+remembered <= s.newest:
		return ErrForgotten
	case at.sequence == id.Sequence && *at != now:
		return ErrConflict
	}
	*at = now
	s.newest = max(s.newest, id.Sequence)
	return nil
}
