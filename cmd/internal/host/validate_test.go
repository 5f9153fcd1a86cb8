package host

import (
	"context"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/integration/liar"
	"troxymail/mailstore/command"
)

// validations is how many writes are read back at every replica.
const validations = 25

// Beside the lies of a follower's host that concern what enclaves know and tell each other: what any replica validates after a write was acknowledged is what
// the write left, or nothing is validated.
func TestValidatedReadsBesideLiars(t *testing.T) {
	for _, name := range []string{
		"silent-about-validations", "altered-validations", "replayed-validations", "reports-reads-alone", "withholds-writes", "old-digests",
		"wrong-digests", "wrong-status", "wrong-orders", "old-orders", "absurd-orders", "claims-no-dependence", "results-of-others",
		"results-of-nobody", "second-word", "silent-about-results", "silent-to-peers", "deaf-to-peers", "reorders", "duplicates",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := liar.New(name, 2, 3, 7)
			if err != nil {
				t.Fatal(err)
			}
			g := newGroupWith(t, 3, map[int]*liar.Liar{2: l})
			for i := range 3 {
				g.do(i, &command.Ping{Data: []byte("hello")})
			}
			account := command.AccountID{1}
			g.do(0, &command.AccountCreate{
				Account: account, Sealed: []byte{1}, WrappedKey: []byte{1},
				Mailboxes: []command.NewMailbox{{Token: command.Token{1}, Sealed: []byte{1}, Inbox: true}},
			})
			key := []wire.Key{command.AccountKey(account)}
			l.Lie(true)
			good, honest := 0, 0
			for n := range validations {
				o := g.do(n%2, &command.AccountEnable{Account: account, Enabled: n%4 < 2})
				if o.Status != command.StatusOK || len(o.Touched) != 1 {
					t.Fatalf("write: status %d, touched %v", o.Status, o.Touched)
				}
				for i := range 3 {
					versions, ok := g.enclaves[i].Validate(context.Background(), key)
					switch {
					case !ok:
					case versions[0].Digest != o.Touched[0].Digest:
						t.Fatalf("replica %d validated another state than the write at order %d left", i, o.Order)
					default:
						if good++; i != 2 {
							honest++
						}
					}
				}
			}
			if honest == 0 {
				t.Error("the liar kept honest replicas from validating anything")
			}
			t.Logf("%d of %d validated, %d lies", good, 3*validations, l.Told())
		})
	}
}
