package ledger

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/textproto"
	"strings"

	"troxymail/integration/demo"
)

// Sender sends mail to the account by SMTP through one replica and notes each message before it is sent and
// after its 250. Every message has the account twice among its recipients, once with a tag: it must be there
// once all the same.
type Sender struct {
	Name    string // unique among the writers and senders of a ledger
	Replica int
	Ledger  *File
	Rand    *rand.Rand
	Gates   []demo.Gate // how it connects, drawn anew each time
	serial  int
}

// messagesPerConnection is after how many messages a Sender connects anew, at a gate drawn anew.
const messagesPerConnection = 20

// Run works until ctx ends or the connection breaks; both are expected. An error is one of the ledger
// itself, or a refusal that the load gave no cause for.
func (s *Sender) Run(ctx context.Context, d *demo.Demo, conf *tls.Config) error {
	gate := s.Gates[s.Rand.IntN(len(s.Gates))]
	c, err := d.TryMailer(s.Replica, gate, conf)
	if err != nil {
		return unanswered(err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	account := d.Accounts[0].Address
	local, domain, _ := strings.Cut(account, "@")
	from := "ledger@example.net"
	if gate.Sends() {
		from = account
	}
	for n := 0; n < messagesPerConnection && ctx.Err() == nil; n++ {
		s.serial++
		id := fmt.Sprintf("%s-%d", s.Name, s.serial)
		body := body(id, from, size(s.Rand), s.Rand)
		sum := sha256.Sum256(body)
		intent := Line{ID: id, Kind: Submit, Mailbox: "INBOX", Message: id, SHA256: hex.EncodeToString(sum[:]), Replica: s.Replica}
		if err := s.Ledger.Write(intent); err != nil {
			return fmt.Errorf("%w: %w", errLedger, err)
		}
		if err := demo.Post(c, from, []string{account, local + "+ledger@" + domain}, body); err != nil {
			return unanswered(err)
		}
		if err := s.Ledger.Write(Line{ID: id, Ack: true, Replica: s.Replica}); err != nil {
			return fmt.Errorf("%w: %w", errLedger, err)
		}
	}
	return nil
}

// unanswered returns nil for an error that leaves the outcome unknown, or after which a sender tries again
// (RFC 5321, 4.2.1: replies that begin with 4).
func unanswered(err error) error {
	var said *textproto.Error
	if errors.As(err, &said) && said.Code/100 != 4 {
		return err
	}
	return nil
}
