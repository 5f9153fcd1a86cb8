package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"troxymail/cmd/internal/transfer"
	"troxymail/cmd/internal/transfer/imaplink"
)

const (
	// batchBytes is how much is read before letters are handed on, beside one letter of any size.
	batchBytes = 8 << 20
	// batchLetters is how many letters one FETCH names.
	batchLetters = 200
)

// ErrChanged is returned when a mailbox was deleted and made anew while it was read.
var ErrChanged = errors.New("the mailbox was made anew meanwhile (its UIDVALIDITY changed): start again")

func keyOf(validity uint32, uid imap.UID) string { return fmt.Sprintf("V%dU%d", validity, uid) }

// parseKey is the way back; 0 for what is no key.
func parseKey(key string) (validity uint32, uid imap.UID) {
	v, u, _ := strings.Cut(strings.TrimPrefix(key, "V"), "U")
	a, err1 := strconv.ParseUint(v, 10, 32)
	b, err2 := strconv.ParseUint(u, 10, 32)
	if err1 != nil || err2 != nil {
		return 0, 0
	}
	return uint32(a), imap.UID(b)
}

// List returns what a mailbox holds, by UID.
func (m *Mailboxes) List(ctx context.Context, f transfer.Folder) ([]transfer.Item, error) {
	var items []transfer.Item
	err := m.do(ctx, func() (err error) {
		items = nil
		m.selected = "" // to see what is new
		if err = m.open(f.ID); err != nil || m.messages == 0 {
			return err
		}
		items, err = m.list()
		return err
	})
	return items, err
}

func (m *Mailboxes) list() ([]transfer.Item, error) {
	var all imap.UIDSet
	all.AddRange(1, 0)
	cmd := m.conn.Fetch(all, &imap.FetchOptions{UID: true, Flags: true, InternalDate: true, RFC822Size: true})
	defer cmd.Close()
	uids := map[imap.UID]int{}
	var items []transfer.Item
	for data := cmd.Next(); data != nil; data = cmd.Next() {
		x, err := data.Collect()
		if err != nil {
			return nil, err
		}
		if _, twice := uids[x.UID]; x.UID == 0 || twice {
			continue // news of a flag, told in between
		}
		uids[x.UID] = len(items)
		flags, _ := transfer.CleanFlags(x.Flags)
		items = append(items, transfer.Item{Key: keyOf(m.validity, x.UID), Flags: flags, Date: x.InternalDate, Bytes: x.RFC822Size})
	}
	return items, cmd.Close()
}

// Fetch yields the letters of items, in their order. One that is gone meanwhile is left out.
func (m *Mailboxes) Fetch(ctx context.Context, f transfer.Folder, items []transfer.Item, limit int64,
	yield func(transfer.Letter) error) error {
	for len(items) > 0 {
		n, sum := 0, int64(0)
		for n < len(items) && n < batchLetters && (n == 0 || sum+items[n].Bytes <= batchBytes) {
			sum += items[n].Bytes
			n++
		}
		batch := items[:n]
		var got map[imap.UID]body
		err := m.do(ctx, func() (err error) {
			got, err = m.bodies(f, batch, limit)
			return err
		})
		if err != nil {
			return err
		}
		var later []transfer.Item
		for _, i := range batch {
			_, uid := parseKey(i.Key)
			b, ok := got[uid]
			switch {
			case !ok:
				continue
			case b.later:
				later = append(later, i)
				continue
			}
			l := transfer.Letter{Key: i.Key, Where: fmt.Sprintf("UID %d", uid), Bytes: i.Bytes, Flags: i.Flags, Date: i.Date, Body: b.bytes}
			if b.tooBig {
				l.Err = transfer.ErrTooBig
			}
			if err := yield(l); err != nil {
				return err
			}
		}
		items = append(later, items[n:]...)
	}
	return nil
}

// body is what came of a letter.
type body struct {
	bytes  []byte
	tooBig bool // over the limit
	later  bool // the batch was full: the server's sizes were wrong
}

// bodies reads a batch.
func (m *Mailboxes) bodies(f transfer.Folder, batch []transfer.Item, limit int64) (map[imap.UID]body, error) {
	if err := m.open(f.ID); err != nil {
		return nil, err
	}
	var set imap.UIDSet
	for _, i := range batch {
		validity, uid := parseKey(i.Key)
		if validity != m.validity {
			return nil, &imaplink.Final{Err: ErrChanged}
		}
		set.AddNum(uid)
	}
	section := &imap.FetchItemBodySection{Peek: true}
	cmd := m.conn.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
	defer cmd.Close()
	got := map[imap.UID]body{}
	var sum int64
	for data := cmd.Next(); data != nil; data = cmd.Next() {
		uid, b, err := read(data, limit, batchBytes+limit-sum)
		if err != nil {
			return nil, err
		}
		if uid != 0 && b != nil {
			sum += int64(len(b.bytes))
			got[uid] = *b
		}
	}
	return got, imaplink.ButGone(cmd.Close())
}

// read reads the answer for one letter; b is nil when it has no body in it.
func read(data *imapclient.FetchMessageData, limit, room int64) (uid imap.UID, b *body, err error) {
	for item := data.Next(); item != nil; item = data.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = item.UID
		case imapclient.FetchItemDataBodySection:
			b = &body{}
			switch size := literalSize(item); {
			case size > limit:
				b.tooBig = true
			case size > room:
				b.later = true
			case size > 0:
				if b.bytes, err = io.ReadAll(item.Literal); err != nil {
					return 0, nil, err
				}
				if int64(len(b.bytes)) != size {
					return 0, nil, io.ErrUnexpectedEOF
				}
			}
		}
	}
	return uid, b, nil
}

func literalSize(item imapclient.FetchItemDataBodySection) int64 {
	if item.Literal == nil {
		return 0
	}
	return item.Literal.Size()
}

// Keys returns the keys of a mailbox's letters.
func (m *Mailboxes) Keys(ctx context.Context, f transfer.Folder) ([]string, error) {
	items, err := m.List(ctx, f)
	keys := make([]string, len(items))
	for i := range items {
		keys[i] = items[i].Key
	}
	return keys, err
}

// Read yields the letters of a mailbox that are wanted.
func (m *Mailboxes) Read(ctx context.Context, f transfer.Folder, r transfer.Reading) error {
	items, err := m.List(ctx, f)
	if err != nil {
		return err
	}
	items = slices.DeleteFunc(items, func(i transfer.Item) bool { return r.Skip(i.Key, i.Bytes) })
	return m.Fetch(ctx, f, items, r.Limit, r.Yield)
}
