package adminapi

import (
	"fmt"

	"troxymail/bftcore/wire/canon"
)

// Version is the first byte of every frame; it changes when the format does.
const Version = 1

// Limits of a request's fields, in bytes. They are what the accounts take and a little more: what is too
// long for an account is refused by its rules, which say why.
const (
	MaxAddressBytes  = 512
	MaxPasswordBytes = 2048
)

// Op is what an administrator asks for. Numbers are fixed for ever.
type Op uint8

// The operations.
const (
	OpAdd      Op = 1 // Address, Password, QuotaBytes
	OpPassword Op = 2 // Address, Password
	OpList     Op = 3 // After
	OpDisable  Op = 4 // Address
	OpEnable   Op = 5 // Address
	OpRemove   Op = 6 // Address
	OpStatus   Op = 7
)

// Request is one request. Fields that its Op does not name are empty.
type Request struct {
	Op         Op
	Address    string
	Password   string
	QuotaBytes uint64 // 0: the default
	After      string // List: accounts behind this address; empty for the first page
}

// Append appends the request: what is signed.
func (q *Request) Append(dst []byte) []byte {
	dst = append(dst, Version, byte(q.Op))
	switch q.Op {
	case OpAdd, OpPassword:
		dst = canon.AppendBytes(dst, []byte(q.Address))
		dst = canon.AppendBytes(dst, []byte(q.Password))
		if q.Op == OpAdd {
			dst = canon.AppendUint64(dst, q.QuotaBytes)
		}
	case OpDisable, OpEnable, OpRemove:
		dst = canon.AppendBytes(dst, []byte(q.Address))
	case OpList:
		dst = canon.AppendBytes(dst, []byte(q.After))
	}
	return dst
}

// DecodeRequest decodes a request. Errors wrap ErrFrame and show nothing of its content.
func DecodeRequest(b []byte) (Request, error) {
	r := canon.NewReader(b)
	version(r)
	q := Request{Op: Op(r.Uint8())}
	switch q.Op {
	case OpAdd, OpPassword:
		q.Address, q.Password = string(r.Bytes(MaxAddressBytes)), string(r.Bytes(MaxPasswordBytes))
		if q.Op == OpAdd {
			q.QuotaBytes = r.Uint64()
		}
	case OpDisable, OpEnable, OpRemove:
		q.Address = string(r.Bytes(MaxAddressBytes))
	case OpList:
		q.After = string(r.Bytes(MaxAddressBytes))
	case OpStatus:
	default:
		r.Fail(canon.ErrNonCanonical)
	}
	return q, done(r, "request")
}

func version(r *canon.Reader) {
	if r.Uint8() != Version {
		r.Fail(canon.ErrNonCanonical)
	}
}

func done(r *canon.Reader, what string) error {
	if err := r.Done(); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrFrame, what, err)
	}
	return nil
}

// String names the operation and nothing else: a request holds a password.
func (q Request) String() string { return fmt.Sprintf("adminapi.Request(op %d)", q.Op) }

// GoString is String.
func (q Request) GoString() string { return q.String() }
