package command

import (
	"fmt"

	"troxymail/bftcore/wire/canon"
)

// Payloads carry the format version and no kind: the command that was asked says what comes back. The
// payload of a Ping is its data. A result whose status is not StatusOK has an empty payload. Decoders
// are total, alias their input and wrap ErrInvalid.

// decodePayload runs read over b behind the format version.
func decodePayload[T any](what string, b []byte, read func(r *canon.Reader) T) (T, error) {
	r := canon.NewReader(b)
	if r.Uint8() != Version {
		r.Fail(errField)
	}
	v := read(r)
	if err := r.Done(); err != nil {
		var zero T
		return zero, fmt.Errorf("%w payload, %s: %w", ErrInvalid, what, err)
	}
	return v, nil
}

// Append appends the payload.
func (p *Appended) Append(dst []byte) []byte {
	dst = canon.AppendUint32(canon.AppendUint8(dst, Version), uint32(p.UID))
	return canon.AppendUint64(dst, p.ModSeq)
}

// DecodeAppended decodes the payload of an Append.
func DecodeAppended(b []byte) (Appended, error) {
	return decodePayload("appended", b, func(r *canon.Reader) Appended {
		return Appended{UID: UID(r.Uint32()), ModSeq: r.Uint64()}
	})
}

// Append appends the payload.
func (p *Copied) Append(dst []byte) []byte {
	return appendRanges(appendRanges(canon.AppendUint8(dst, Version), p.Source), p.Target)
}

// DecodeCopied decodes the payload of a Copy; both sides name equally many UIDs.
func DecodeCopied(b []byte) (Copied, error) {
	return decodePayload("copied", b, func(r *canon.Reader) Copied {
		p := Copied{Source: readRanges(r, MaxAffected), Target: readRanges(r, MaxAffected)}
		if n := CountUIDs(p.Source); n != CountUIDs(p.Target) || n > MaxAffected {
			r.Fail(errField)
		}
		return p
	})
}

// CountUIDs returns how many UIDs canonical ranges name.
func CountUIDs(ranges []UIDRange) uint64 {
	var n uint64
	for _, u := range ranges {
		n += uint64(u.Last) - uint64(u.First) + 1
	}
	return n
}

// Append appends the payload.
func (p *Stored) Append(dst []byte) []byte {
	return appendRanges(canon.AppendUint64(canon.AppendUint8(dst, Version), p.ModSeq), p.Modified)
}

// DecodeStored decodes the payload of a Store.
func DecodeStored(b []byte) (Stored, error) {
	return decodePayload("stored", b, func(r *canon.Reader) Stored {
		return Stored{ModSeq: r.Uint64(), Modified: readRanges(r, MaxAffected)}
	})
}

// Append appends the payload.
func (p *Expunged) Append(dst []byte) []byte {
	dst = appendRanges(canon.AppendUint8(dst, Version), p.UIDs)
	return canon.AppendBool(canon.AppendUint64(dst, p.ModSeq), p.More)
}

// DecodeExpunged decodes the payload of an Expunge.
func DecodeExpunged(b []byte) (Expunged, error) {
	return decodePayload("expunged", b, func(r *canon.Reader) Expunged {
		return Expunged{UIDs: readRanges(r, MaxAffected), ModSeq: r.Uint64(), More: r.Bool()}
	})
}

// Append appends the payload.
func (p *AccountVersion) Append(dst []byte) []byte {
	return canon.AppendUint64(canon.AppendUint8(dst, Version), p.Version)
}

// DecodeAccountVersion decodes the payload of AccountSetVerifiers and AccountEnable.
func DecodeAccountVersion(b []byte) (AccountVersion, error) {
	return decodePayload("account version", b, func(r *canon.Reader) AccountVersion {
		return AccountVersion{Version: r.Uint64()}
	})
}

// Append appends the payload.
func (p *NamespaceChange) Append(dst []byte) []byte {
	dst = canon.AppendUint64(canon.AppendUint8(dst, Version), p.Version)
	dst = canon.AppendCount(dst, len(p.Created))
	for _, id := range p.Created {
		dst = canon.AppendUint32(dst, uint32(id))
	}
	return dst
}

// DecodeNamespaceChange decodes the payload of the commands that change a namespace.
func DecodeNamespaceChange(b []byte) (NamespaceChange, error) {
	return decodePayload("namespace change", b, func(r *canon.Reader) NamespaceChange {
		p := NamespaceChange{Version: r.Uint64()}
		if n := r.Count(MaxNewMailboxes+1, 4); n > 0 {
			p.Created = make([]MailboxID, n)
		}
		for i := range p.Created {
			p.Created[i] = readMailboxID(r)
		}
		return p
	})
}
