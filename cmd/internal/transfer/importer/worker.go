package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/cmd/internal/transfer"
	"troxymail/cmd/internal/transfer/imaplink"
)

const (
	// attempts is how often a letter is sent.
	attempts = 6
	// settle is how long a letter whose connection broke may take to be ordered before it is looked for.
	settle = 2 * time.Second
)

// errAnew is returned when somebody deletes the mailbox that is being filled.
var errAnew = errors.New("the mailbox was deleted or made anew meanwhile: run the import again")

// worker files letters over a connection of its own. Used by one goroutine.
type worker struct {
	r     *run
	first int // the server to begin with, so that the replicas share the work
	conn  *imaplink.Conn
}

func (w *worker) close() {
	if w.conn != nil {
		_ = w.conn.Close() // every letter was answered, or counts as unknown
	}
}

// connect makes sure of a connection.
func (w *worker) connect(ctx context.Context) (err error) {
	switch {
	case w.conn == nil:
		w.conn, err = w.r.o.Account.Connect(ctx, w.first)
	case !w.conn.Alive():
		var next *imaplink.Conn
		if next, err = w.r.o.Account.Next(ctx, w.conn); err == nil {
			w.conn = next
		}
	}
	return err
}

// file files a letter and notes it. An error ends the import.
func (w *worker) file(ctx context.Context, j *job) error {
	above := j.box.above()
	unknown := false // whether a copy that was sent may be stored
	var last error
	for range attempts {
		if err := w.connect(ctx); err != nil {
			return err
		}
		var uid uint32
		err := w.conn.DoContext(ctx, func() (err error) {
			if unknown {
				if uid, err = w.look(j, above); err != nil || uid != 0 {
					return err
				}
			}
			uid, err = w.send(j)
			return err
		})
		said := imaplink.Said(err)
		var final *imaplink.Final
		switch {
		case err == nil && j.box.claim(uid):
			return w.filed(j, uid)
		case err == nil:
			unknown = false // a letter with the same content took this copy for its own: send another
		case ctx.Err() != nil || errors.As(err, &final):
			return err
		case said == nil:
			unknown, last = true, err
			_ = w.conn.Close() // it broke, or its replica has no quorum
			select {
			case <-ctx.Done():
			case <-time.After(settle):
			}
		case said.Code == imap.ResponseCodeLimit && w.withoutKeywords(j):
		default:
			return w.refused(j, said)
		}
	}
	return fmt.Errorf("no replica stored a letter in %d attempts: %w", attempts, last)
}

// send appends the letter and returns its UID.
func (w *worker) send(j *job) (uint32, error) {
	o := &imap.AppendOptions{Flags: j.letter.Flags, Time: j.letter.Date}
	cmd := w.conn.Append(j.box.name, int64(len(j.letter.Body)), o)
	_, err := cmd.Write(j.letter.Body)
	if e := cmd.Close(); err == nil {
		err = e
	}
	data, answer := cmd.Wait()
	if answer != nil {
		return 0, answer // it says more than that writing ended
	}
	switch {
	case err != nil:
		return 0, err
	case data.UID == 0:
		return 0, &imaplink.Final{Err: errors.New("the server does not say which UID it gave (UIDPLUS)")}
	case data.UIDValidity != j.box.validity:
		return 0, &imaplink.Final{Err: errAnew}
	}
	return uint32(data.UID), nil
}

// look searches the mailbox for a copy that was sent, whose UID is at least above; 0 when there is none.
func (w *worker) look(j *job, above uint32) (uint32, error) {
	data, err := w.conn.Select(j.box.name, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		return 0, err
	}
	if data.UIDValidity != j.box.validity {
		return 0, &imaplink.Final{Err: errAnew}
	}
	if data.NumMessages == 0 {
		return 0, nil
	}
	there, err := list(w.conn, above)
	if err != nil {
		return 0, err
	}
	for _, l := range there {
		j.box.mu.Lock()
		taken := j.box.claimed[l.uid]
		j.box.mu.Unlock()
		if l.size != int64(len(j.letter.Body)) || taken {
			continue
		}
		got, err := digests(w.conn, []uint32{l.uid})
		if err != nil {
			return 0, err
		}
		if d, ok := got[l.uid]; ok && d == j.digest {
			return l.uid, nil
		}
	}
	return 0, nil
}

func (w *worker) filed(j *job, uid uint32) error {
	j.entry.UID = uid
	if err := w.r.o.Journal.add(j.entry); err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	w.r.count(func(c *Result) {
		c.Imported++
		c.Bytes += int64(len(j.letter.Body))
	})
	w.r.o.Progress.Add(j.letter.Bytes)
	return nil
}

// withoutKeywords takes the keywords off a letter, which the mailbox has no room for; false when it has none.
func (w *worker) withoutKeywords(j *job) bool {
	before := len(j.letter.Flags)
	j.letter.Flags = slices.DeleteFunc(slices.Clone(j.letter.Flags), func(f imap.Flag) bool { return !transfer.IsSystem(f) })
	if len(j.letter.Flags) == before {
		return false
	}
	w.r.count(func(c *Result) { c.Keywords++ })
	return true
}

// refused reports a letter that the server does not take; some refusals hold for all letters.
func (w *worker) refused(j *job, said *imap.Error) error {
	switch said.Code {
	case imap.ResponseCodeOverQuota:
		return fmt.Errorf("%w: %s", ErrQuota, said.Text)
	case imap.ResponseCodeTryCreate, imap.ResponseCodeNonExistent:
		return errAnew
	case imap.ResponseCodeLimit:
		return fmt.Errorf("the server refuses more: %s", said.Text)
	}
	w.r.refuse(j.folder, &j.letter, errors.New(said.Text))
	return nil
}
