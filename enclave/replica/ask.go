package replica

import (
	"errors"

	"troxymail/enclave/boundary"
	"troxymail/enclave/counter"
)

// ask applies one rule beside those of the hot path, and always answers.
func (w *owner) ask(f []byte) error {
	a, err := boundary.DecodeAsk(f)
	if err != nil {
		return err
	}
	before := w.counter.Active()
	said, err := w.rule(&a)
	answer := boundary.Told{Token: a.Token, Refusal: refusal(err), Message: said.Message, Frontier: said.Frontier}
	if accuses(answer.Refusal) {
		w.stats.RefusedCertificates++
	}
	w.send(answer.Append)
	switch after := w.counter.Active(); {
	case after && !before:
		return w.activate(w.counter.Incarnation())
	case before && !after:
		w.retire()
	}
	return nil
}

// accuses reports whether a refusal says something about the host. Late, early and repeated questions do not, nor do
// those with what peers sent: an honest host need not know where its enclave is mute, and leaves checking to it.
func accuses(r boundary.Refusal) bool { return r == boundary.RefusedDigest }

// rule is the one that the host names.
func (w *owner) rule(a *boundary.Ask) (counter.Said, error) {
	switch a.Op {
	case boundary.OpReqVC:
		return w.counter.ReqVC(a.Number)
	case boundary.OpViewChange:
		return w.counter.ViewChange(a.Number, a.Messages)
	case boundary.OpNewView:
		return w.counter.NewView(a.Number, a.Messages)
	case boundary.OpEnter:
		return w.counter.Enter(only(a.Messages))
	case boundary.OpCheckpoint:
		return w.counter.Checkpoint(a.Number, a.Digest)
	case boundary.OpStable:
		return w.counter.Advance(a.Messages)
	}
	return w.comeBack(a)
}

// comeBack are the rules of recovery and founding.
func (w *owner) comeBack(a *boundary.Ask) (counter.Said, error) {
	switch a.Op {
	case boundary.OpAnswer:
		return w.counter.Answer(only(a.Messages))
	case boundary.OpRequest:
		return w.counter.Request(a.Messages)
	case boundary.OpGrant:
		return w.counter.Grant(only(a.Messages))
	case boundary.OpRecover:
		return w.counter.Recover(a.Messages)
	case boundary.OpLearn:
		return w.counter.Learn(a.Messages)
	case boundary.OpCold:
		return w.counter.Cold(a.Messages)
	case boundary.OpJoin:
		return w.counter.Join(a.Messages)
	case boundary.OpFound:
		return w.counter.Found(a.Messages)
	case boundary.OpPropose:
		return w.counter.Propose(a.Messages)
	}
	nonce, err := w.nonce()
	if err != nil {
		return counter.Said{}, counter.ErrStanding
	}
	switch a.Op {
	case boundary.OpHello:
		return w.counter.Hello(nonce)
	case boundary.OpResign:
		return w.counter.Resign(a.Messages, nonce)
	case boundary.OpAbandon:
		return w.counter.Abandon(nonce)
	}
	return counter.Said{}, counter.ErrStanding
}

// only is the one message of a question that takes one; nil, which nothing accepts, when there are others.
func only(messages [][]byte) []byte {
	if len(messages) != 1 {
		return nil
	}
	return messages[0]
}

// refusals tells the host which rule its request would have broken.
var refusals = []struct {
	err     error
	refusal boundary.Refusal
}{
	{counter.ErrInactive, boundary.RefusedInactive},
	{counter.ErrRole, boundary.RefusedRole},
	{counter.ErrPrepare, boundary.RefusedPrepare},
	{counter.ErrForged, boundary.RefusedQuorum},
	{counter.ErrQuorum, boundary.RefusedQuorum},
	{counter.ErrView, boundary.RefusedView},
	{counter.ErrMute, boundary.RefusedView},
	{counter.ErrDigest, boundary.RefusedDigest},
	{counter.ErrWindow, boundary.RefusedWindow},
	{counter.ErrRange, boundary.RefusedWindow},
	{counter.ErrStanding, boundary.RefusedStanding},
	{counter.ErrNonce, boundary.RefusedNonce},
	{counter.ErrOrder, boundary.RefusedNonce},
	{counter.ErrPosition, boundary.RefusedPosition},
}

func refusal(err error) boundary.Refusal {
	if err == nil {
		return boundary.RefusedNothing
	}
	for i := range refusals {
		if errors.Is(err, refusals[i].err) {
			return refusals[i].refusal
		}
	}
	return boundary.RefusedPosition
}
