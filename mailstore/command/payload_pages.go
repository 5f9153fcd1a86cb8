package command

import (
	"bytes"

	"troxymail/bftcore/wire/canon"
)

func appendAccountRecord(dst []byte, a *AccountRecord) []byte {
	dst = canon.AppendFixed(dst, a.Account[:])
	dst = canon.AppendUint64(dst, a.Version)
	dst = canon.AppendBool(dst, a.Enabled)
	dst = canon.AppendBytes(dst, a.Sealed)
	dst = canon.AppendBytes(dst, a.WrappedKey)
	dst = canon.AppendBytes(dst, a.Verifiers)
	dst = canon.AppendUint64(dst, a.QuotaBytes)
	dst = canon.AppendUint64(dst, a.UsedBytes)
	return canon.AppendUint64(dst, a.Messages)
}

// minAccountRecord is the size of an encoded AccountRecord whose byte strings are empty.
const minAccountRecord = 16 + 8 + 1 + 3*4 + 3*8

func readAccountRecord(r *canon.Reader) AccountRecord {
	return AccountRecord{
		Account: r.Copy16(), Version: r.Uint64(), Enabled: r.Bool(),
		Sealed: readBytes(r, MaxSealedAddress), WrappedKey: readBytes(r, MaxWrappedKey),
		Verifiers:  readBytes(r, MaxSealedVerifiers),
		QuotaBytes: r.Uint64(), UsedBytes: r.Uint64(), Messages: r.Uint64(),
	}
}

// Append appends the payload.
func (p *AccountRecord) Append(dst []byte) []byte {
	return appendAccountRecord(canon.AppendUint8(dst, Version), p)
}

// DecodeAccountRecord decodes the payload of an AccountRead.
func DecodeAccountRecord(b []byte) (AccountRecord, error) {
	return decodePayload("account record", b, readAccountRecord)
}

// Append appends the payload.
func (p *AccountPage) Append(dst []byte) []byte {
	dst = canon.AppendCount(canon.AppendUint8(dst, Version), len(p.Accounts))
	for i := range p.Accounts {
		dst = appendAccountRecord(dst, &p.Accounts[i])
	}
	return canon.AppendBool(dst, p.More)
}

// DecodeAccountPage decodes the payload of an AccountList; accounts rise.
func DecodeAccountPage(b []byte) (AccountPage, error) {
	return decodePayload("account page", b, func(r *canon.Reader) AccountPage {
		var p AccountPage
		if n := r.Count(MaxAccountPage, minAccountRecord); n > 0 {
			p.Accounts = make([]AccountRecord, n)
		}
		for i := range p.Accounts {
			p.Accounts[i] = readAccountRecord(r)
			if i > 0 && bytes.Compare(p.Accounts[i-1].Account[:], p.Accounts[i].Account[:]) >= 0 {
				r.Fail(canon.ErrNonCanonical)
			}
		}
		p.More = r.Bool()
		return p
	})
}

func appendMailbox(dst []byte, m *Mailbox) []byte {
	dst = canon.AppendUint32(dst, uint32(m.ID))
	dst = canon.AppendUint32(dst, uint32(m.Parent))
	dst = canon.AppendFixed(dst, m.Token[:])
	dst = canon.AppendBytes(dst, m.Sealed)
	dst = canon.AppendUint8(dst, uint8(m.Use))
	dst = canon.AppendBool(dst, m.Subscribed)
	dst = canon.AppendBool(dst, m.Inbox)
	dst = canon.AppendBool(dst, m.Placeholder)
	return AppendCounters(dst, m.Counters)
}

const (
	countersBytes = 4 + 4 + 4 + 8 + 4 + 8
	minMailbox    = 4 + 4 + 16 + 4 + 1 + 3 + countersBytes
)

// AppendCounters appends c as it stands in payloads and in the mailbox's digest.
func AppendCounters(dst []byte, c Counters) []byte {
	dst = canon.AppendUint32(dst, c.Messages)
	dst = canon.AppendUint32(dst, c.Unseen)
	dst = canon.AppendUint32(dst, c.Deleted)
	dst = canon.AppendUint64(dst, c.Size)
	dst = canon.AppendUint32(dst, uint32(c.UIDNext))
	return canon.AppendUint64(dst, c.HighestModSeq)
}

// ReadCounters reads what AppendCounters wrote; errors stay in r.
func ReadCounters(r *canon.Reader) Counters {
	return Counters{
		Messages: r.Uint32(), Unseen: r.Uint32(), Deleted: r.Uint32(), Size: r.Uint64(),
		UIDNext: UID(r.Uint32()), HighestModSeq: r.Uint64(),
	}
}

func readMailbox(r *canon.Reader) Mailbox {
	return Mailbox{
		ID: readMailboxID(r), Parent: MailboxID(r.Uint32()), Token: r.Copy16(),
		Sealed: readNonEmpty(r, MaxSealedName), Use: readUse(r), Subscribed: r.Bool(),
		Inbox: r.Bool(), Placeholder: r.Bool(), Counters: ReadCounters(r),
	}
}

// Append appends the payload.
func (p *Namespace) Append(dst []byte) []byte {
	dst = canon.AppendUint64(canon.AppendUint8(dst, Version), p.Version)
	dst = canon.AppendCount(dst, len(p.Mailboxes))
	for i := range p.Mailboxes {
		dst = appendMailbox(dst, &p.Mailboxes[i])
	}
	return dst
}

// DecodeNamespace decodes the payload of a NamespaceRead; ids rise.
func DecodeNamespace(b []byte) (Namespace, error) {
	return decodePayload("namespace", b, func(r *canon.Reader) Namespace {
		p := Namespace{Version: r.Uint64()}
		if n := r.Count(MaxMailboxes, minMailbox); n > 0 {
			p.Mailboxes = make([]Mailbox, n)
		}
		for i := range p.Mailboxes {
			p.Mailboxes[i] = readMailbox(r)
			if i > 0 && p.Mailboxes[i-1].ID >= p.Mailboxes[i].ID {
				r.Fail(canon.ErrNonCanonical)
			}
		}
		return p
	})
}

// MessageBytes is the encoded size of a Message.
const MessageBytes = 4 + 8 + 1 + 8 + 4 + 32 + 32 + 4

// AppendMessage appends m as it stands in payloads and in the digest of its mailbox.
func AppendMessage(dst []byte, m *Message) []byte {
	dst = canon.AppendUint32(dst, uint32(m.UID))
	dst = canon.AppendUint64(dst, m.ModSeq)
	dst = canon.AppendUint8(dst, uint8(m.Flags))
	dst = canon.AppendUint64(dst, m.Keywords)
	dst = canon.AppendUint32(dst, m.Size)
	dst = canon.AppendFixed(dst, m.Summary[:])
	dst = canon.AppendFixed(dst, m.Body[:])
	return canon.AppendUint32(dst, m.BodySize)
}

// ReadMessage reads what AppendMessage wrote; errors stay in r.
func ReadMessage(r *canon.Reader) Message {
	return Message{
		UID: UID(r.Uint32()), ModSeq: r.Uint64(), Flags: readFlags(r), Keywords: r.Uint64(),
		Size: r.Uint32(), Summary: r.Copy32(), Body: r.Copy32(), BodySize: r.Uint32(),
	}
}
