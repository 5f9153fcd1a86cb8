package host

import (
	"testing"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/cache/lag"
	"troxymail/integration/liar"
	"troxymail/mailstore/command"
)

// An enclave whose host withholds writes finds out, also when the host carries none of the messages that would say so,
// and who watches a mailbox there is woken by writes that the host keeps back while it carries them.
func TestWithheldWritesAreNoticed(t *testing.T) {
	for name, want := range map[string]lag.State{
		"withholds-writes": lag.Behind, "reports-reads-alone": lag.Behind, "silent-about-results": lag.Behind,
		"withholds-writes-and-marks": lag.Alone, "silent-about-validations": lag.Alone,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := liar.New(name, 2, 3, 7)
			if err != nil {
				t.Fatal(err)
			}
			g := &group{t: t, exchange: 20 * time.Millisecond}
			g.begin(3, map[int]*liar.Liar{2: l}, testFounding)
			m := newMail(g)
			m.file(6, 0, 1, 2)
			hints, cancel := g.enclaves[2].Watch([]wire.Key{command.MailboxKey(m.account, 1)})
			defer cancel()
			g.agree()
			l.Lie(true)
			for {
				select {
				case <-hints: // what came before the lie
					continue
				default:
				}
				break
			}
			deadline := time.After(patient)
			woken, noticed := want == lag.Alone, false
			for ; !woken || !noticed; m.file(1, 0, 1) {
				select {
				case <-hints:
					woken = true
				case got := <-g.enclaves[2].Lagging(): // another verdict first: the machine has much to do
					noticed = noticed || got == want
				case <-deadline:
					t.Fatalf("woken: %v, noticed: %v", woken, noticed)
				default:
				}
			}
		})
	}
}
