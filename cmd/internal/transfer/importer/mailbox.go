package importer

import (
	"context"
	"crypto/sha256"
	"io"
	"slices"
	"sync"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"troxymail/cmd/internal/transfer"
	"troxymail/cmd/internal/transfer/imaplink"
)

const (
	// lookBytes bounds the bodies that one FETCH compares, beside one of any size.
	lookBytes = 8 << 20
	// lookLetters bounds how many it names.
	lookLetters = 200
)

// mailbox is where letters of a folder go.
type mailbox struct {
	name     string
	validity uint32
	uidNext  uint32
	list     []listed

	mu      sync.Mutex
	high    uint32          // the highest UID that the server gave to a letter of ours, or had before
	claimed map[uint32]bool // UIDs of letters that this run filed
}

// claim notes that a UID is a letter's of this run; false when another letter of it has it.
func (b *mailbox) claim(uid uint32) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.claimed[uid] {
		return false
	}
	b.claimed[uid] = true
	b.high = max(b.high, uid)
	return true
}

// above returns a UID that a letter which is sent from now on will be at or above.
func (b *mailbox) above() uint32 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.high + 1
}

// greet learns what the server takes, and which mailboxes it has for which use.
func (r *run) greet(ctx context.Context) error {
	return r.link.Do(ctx, func(c *imaplink.Conn) error {
		if l, ok := c.Caps().AppendLimit(); ok && l != nil {
			r.limit = int64(*l)
		}
		all, err := c.List("", "*", &imap.ListOptions{ReturnSpecialUse: true}).Collect()
		if err != nil {
			return err
		}
		r.names = &naming{into: r.o.Into, byUse: map[imap.MailboxAttr]string{}}
		for _, d := range all {
			for _, a := range d.Attrs {
				if slices.Contains(ownUses, a) {
					r.names.byUse[a] = d.Mailbox
				}
			}
		}
		return nil
	})
}

// open makes a mailbox if need be and lists what it has.
func (r *run) open(ctx context.Context, name string) (*mailbox, error) {
	var b *mailbox
	err := r.link.Do(ctx, func(c *imaplink.Conn) error {
		b = &mailbox{name: name, claimed: map[uint32]bool{}}
		data, err := c.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait()
		if said := imaplink.Said(err); said != nil && said.Type == imap.StatusResponseTypeNo {
			err = c.Create(name, nil).Wait()
			if said := imaplink.Said(err); said != nil && said.Code != imap.ResponseCodeAlreadyExists {
				return err
			}
			if err = c.Subscribe(name).Wait(); err != nil {
				return err
			}
			data, err = c.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait()
		}
		if err != nil {
			return err
		}
		b.validity, b.uidNext = data.UIDValidity, uint32(data.UIDNext)
		b.high = b.uidNext - 1
		if data.NumMessages > 0 {
			b.list, err = list(c, 1)
		}
		return err
	})
	return b, err
}

// list returns the UIDs and sizes of the selected mailbox from a UID on.
func list(c *imaplink.Conn, from uint32) ([]listed, error) {
	var all imap.UIDSet
	all.AddRange(imap.UID(from), 0)
	cmd := c.Fetch(all, &imap.FetchOptions{UID: true, RFC822Size: true})
	defer cmd.Close()
	var found []listed
	for data := cmd.Next(); data != nil; data = cmd.Next() {
		x, err := data.Collect()
		if err != nil {
			return nil, err
		}
		if uint32(x.UID) >= from { // n:* names the last message even when it is below n
			found = append(found, listed{uint32(x.UID), x.RFC822Size})
		}
	}
	return found, cmd.Close()
}

// read reads letters of the mailbox and tells learn what is in them.
func (r *run) read(ctx context.Context, b *mailbox, uids []uint32, size int64, learn func(uid uint32, d digest)) error {
	n := int(min(lookLetters, max(1, lookBytes/max(1, size))))
	for batch := range slices.Chunk(uids, n) {
		var got map[uint32]digest
		err := r.link.Do(ctx, func(c *imaplink.Conn) (err error) {
			if selected := c.Mailbox(); selected == nil || selected.Name != b.name {
				data, err := c.Select(b.name, &imap.SelectOptions{ReadOnly: true}).Wait()
				if err != nil {
					return err
				}
				if data.UIDValidity != b.validity {
					return &imaplink.Final{Err: errAnew}
				}
			}
			got, err = digests(c, batch)
			return err
		})
		if err != nil {
			return err
		}
		for uid, d := range got {
			learn(uid, d)
		}
	}
	return nil
}

// digests reads letters of the selected mailbox; those that are gone are not in the answer.
func digests(c *imaplink.Conn, uids []uint32) (map[uint32]digest, error) {
	var set imap.UIDSet
	for _, u := range uids {
		set.AddNum(imap.UID(u))
	}
	cmd := c.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	defer cmd.Close()
	got := map[uint32]digest{}
	for data := cmd.Next(); data != nil; data = cmd.Next() {
		var uid imap.UID
		h, there := sha256.New(), false
		for item := data.Next(); item != nil; item = data.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataUID:
				uid = item.UID
			case imapclient.FetchItemDataBodySection:
				if there = item.Literal != nil; there {
					if _, err := io.Copy(h, item.Literal); err != nil {
						return nil, err
					}
				}
			}
		}
		if uid != 0 && there {
			got[uint32(uid)] = digest(h.Sum(nil))
		}
	}
	return got, imaplink.ButGone(cmd.Close())
}

// ownUses are the special uses for which an account has mailboxes.
var ownUses = []imap.MailboxAttr{imap.MailboxAttrSent, imap.MailboxAttrDrafts, imap.MailboxAttrTrash,
	imap.MailboxAttrJunk, imap.MailboxAttrArchive}

// virtual reports whether a folder of that use shows letters of others.
func virtual(use imap.MailboxAttr) bool {
	return use == imap.MailboxAttrAll || use == imap.MailboxAttrFlagged
}

// naming says which folder goes where.
type naming struct {
	into  string
	byUse map[imap.MailboxAttr]string
}

func (n *naming) of(f *transfer.Folder) string {
	if n.into != "" {
		return n.into + transfer.Delimiter + f.Name
	}
	if to, ok := n.byUse[f.Use]; ok {
		return to
	}
	return f.Name
}
