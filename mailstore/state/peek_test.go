package state

import (
	"bytes"
	"slices"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// An unordered read gives what an ordered one gives, changes nothing, and its evidence has the digest that is voted.
func TestPeek(t *testing.T) {
	c, a, inbox := setUp(t)
	c.fill(40, nil)
	reads := map[wire.Key]command.Command{
		command.MailboxKey(a, inbox): &command.MailboxRead{Account: a, Mailbox: inbox, First: 1, Last: 100, Since: 3, Limit: 100},
		command.NamespaceKey(a):      &command.NamespaceRead{Account: a},
		command.AccountKey(a):        &command.AccountRead{Account: a},
	}
	digests := map[wire.Key]func(b []byte) (wire.Digest, error){
		command.MailboxKey(a, inbox): func(b []byte) (wire.Digest, error) {
			p, err := command.DecodeMailboxParts(b)
			return p.State.Digest(), err
		},
		command.NamespaceKey(a): func(b []byte) (wire.Digest, error) {
			s, err := command.DecodeNamespaceState(b)
			return s.Digest(), err
		},
		command.AccountKey(a): func(b []byte) (wire.Digest, error) {
			s, err := command.DecodeAccountState(b)
			return s.Digest(), err
		},
	}
	for k, read := range reads {
		before, applied := dump(t, c.m), c.m.Applied()
		status, payload, evidence, ok, err := c.m.Peek(read.Append(nil))
		if err != nil || !ok || c.m.Applied() != applied || dump(t, c.m) != before {
			t.Fatalf("%T: %v %v, or it changed something", read, ok, err)
		}
		r := c.try(read)
		if status != r.Status || !bytes.Equal(payload, r.Payload) {
			t.Errorf("%T: another answer than in order", read)
		}
		if k.Kind == wire.KeyMailbox {
			evidence = payload // it begins with the state
		}
		at := slices.IndexFunc(r.Touched, func(d wire.KeyDigest) bool { return d.Key == k })
		if d, err := digests[k](evidence); err != nil || d != r.Touched[at].Digest {
			t.Errorf("%T: evidence of digest %v, voted %v (%v)", read, d, r.Touched[at].Digest, err)
		}
	}
	for _, bad := range [][]byte{nil, {1, 2, 3}, (&command.Expunge{Account: a, Mailbox: inbox, All: true}).Append(nil)} {
		if _, _, _, ok, _ := c.m.Peek(bad); ok {
			t.Errorf("%x was executed", bad)
		}
	}
	if status, _, evidence, ok, err := c.m.Peek((&command.MailboxRead{Account: a, Mailbox: 9999, Limit: 1}).Append(nil)); err != nil || !ok ||
		status != command.StatusNoMailbox || evidence != nil {
		t.Errorf("no mailbox: %d %v %v", status, ok, err)
	}
}
