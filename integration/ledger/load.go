package ledger

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"

	"github.com/emersion/go-imap/v2"

	"troxymail/integration/demo"
)

// Writer sends commands to one replica and notes each before it is sent and after it is acknowledged.
type Writer struct {
	Name    string // unique among the writers of a ledger: the first part of all its ids
	Replica int
	Mailbox string
	Ledger  *File
	Rand    *rand.Rand
	Modes   []demo.Mode // how it connects, drawn anew each time; nil for all
	serial  int
}

// Run works until ctx ends or the connection breaks; both are expected. An error is one of the ledger
// itself, or a refusal that the load gave no cause for.
func (w *Writer) Run(ctx context.Context, d *demo.Demo, conf *tls.Config) error {
	modes := w.Modes
	if modes == nil {
		modes = demo.Modes
	}
	c, err := d.TryDial(w.Replica, modes[w.Rand.IntN(len(modes))], nil, conf)
	if err != nil {
		return nil // killed before the login
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if _, err := c.Select(w.Mailbox, nil).Wait(); err != nil {
		return refused(err)
	}
	for ctx.Err() == nil {
		message, uid, err := w.append(c)
		if err != nil {
			return refused(err)
		}
		switch w.Rand.IntN(6) {
		case 0:
			err = w.change(c, Flag, message, uid)
		case 1:
			err = w.change(c, Expunge, message, uid)
		}
		if err != nil {
			return refused(err)
		}
	}
	return nil
}

// errLedger marks errors of the ledger's own file.
var errLedger = errors.New("ledger: cannot write")

// refused returns nil for an error that leaves the outcome unknown: a broken connection, no quorum in time.
func refused(err error) error {
	var no *imap.Error
	if errors.Is(err, errLedger) || errors.As(err, &no) && no.Code != imap.ResponseCodeUnavailable &&
		no.Type != imap.StatusResponseTypeBye {
		return err
	}
	return nil
}

func (w *Writer) note(line Line) error {
	line.Replica = w.Replica
	if err := w.Ledger.Write(line); err != nil {
		return fmt.Errorf("%w: %w", errLedger, err)
	}
	return nil
}

func (w *Writer) id() string {
	w.serial++
	return fmt.Sprintf("%s-%d", w.Name, w.serial)
}

func (w *Writer) append(c demo.Client) (message string, uid imap.UID, err error) {
	id := w.id()
	body := body(id, "ledger@example.net", size(w.Rand), w.Rand)
	sum := sha256.Sum256(body)
	err = w.note(Line{ID: id, Kind: Append, Mailbox: w.Mailbox, Message: id, SHA256: hex.EncodeToString(sum[:])})
	if err != nil {
		return "", 0, err
	}
	uid, validity, err := c.Put(w.Mailbox, body)
	if err != nil {
		return "", 0, err
	}
	return id, uid, w.note(Line{ID: id, Ack: true, UID: uint32(uid), Validity: validity})
}

func (w *Writer) change(c demo.Client, kind Kind, message string, uid imap.UID) error {
	id := w.id()
	if err := w.note(Line{ID: id, Kind: kind, Mailbox: w.Mailbox, Message: message}); err != nil {
		return err
	}
	flag := imap.FlagFlagged
	if kind == Expunge {
		flag = imap.FlagDeleted
	}
	store := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{flag}, Silent: true}
	if err := c.Store(imap.UIDSetNum(uid), store, nil).Close(); err != nil {
		return err
	}
	if kind == Expunge {
		if err := c.UIDExpunge(imap.UIDSetNum(uid)).Close(); err != nil {
			return err
		}
	}
	return w.note(Line{ID: id, Ack: true})
}

// size draws a message size in bytes: mostly small, some above the limit where bodies travel apart.
func size(rng *rand.Rand) int {
	switch n := rng.IntN(20); {
	case n == 0:
		return 66_000 + rng.IntN(200_000)
	case n < 4:
		return 8_000 + rng.IntN(50_000)
	default:
		return 200 + rng.IntN(6_000)
	}
}

// body returns a message of about size bytes that names its id.
func body(id, from string, size int, rng *rand.Rand) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "X-Ledger-Id: %s\r\nFrom: %s\r\nSubject: ledger\r\n\r\n", id, from)
	for b.Len() < size {
		fmt.Fprintf(&b, "%016x%016x%016x%016x\r\n", rng.Uint64(), rng.Uint64(), rng.Uint64(), rng.Uint64())
	}
	return []byte(b.String())
}

// added is what SMTP writes on top of a message: the reverse path, how it came, and the date and id that the
// ledger's messages lack.
var added = regexp.MustCompile(`^Return-Path: <\S+>\r\nReceived: from [^\r]+\r\n\tby (?:[^\r]+\r\n\t)+[^\r]+\r\n` +
	`Date: [^\r]+\r\nMessage-ID: <[^\r]+>\r\n`)

var idHeader = regexp.MustCompile(`(?m)^X-Ledger-Id: (\S+)\r$`)

// Show reads mailboxes as a replica shows them.
func Show(c demo.Client, mailboxes []string) ([]Stored, error) {
	return ShowNewest(c, mailboxes, math.MaxUint32)
}

// ShowNewest reads the newest messages of each mailbox, at most limit, as a replica shows them.
func ShowNewest(c demo.Client, mailboxes []string, limit uint32) ([]Stored, error) {
	var shown []Stored
	for _, mailbox := range mailboxes {
		messages, validity, err := c.Newest(mailbox, limit)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", mailbox, err)
		}
		for _, m := range messages {
			body := m.Body
			top := added.Find(body)
			sum := sha256.Sum256(body[len(top):])
			s := Stored{Sent: top != nil, Mailbox: mailbox, UID: uint32(m.UID), Validity: validity, SHA256: hex.EncodeToString(sum[:])}
			if found := idHeader.FindSubmatch(m.Body); found != nil {
				s.Message = string(found[1])
			}
			for _, f := range m.Flags {
				s.Flagged = s.Flagged || strings.EqualFold(string(f), string(imap.FlagFlagged))
			}
			shown = append(shown, s)
		}
	}
	return shown, nil
}
