package adminapi

import (
	"fmt"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
	"troxymail/enclave/refound"
)

// Version is the first byte of every frame; it changes when the format does.
const Version = 5

// Limits of a request's fields, in bytes. They are what the accounts take and a little more: what is too
// long for an account is refused by its rules, which say why.
const (
	MaxAddressBytes  = 512
	MaxPasswordBytes = 2048
	MaxLabelBytes    = 256
)

// Op is what an administrator asks for. Numbers are fixed for ever.
type Op uint8

// The operations.
const (
	OpAdd       Op = 1 // Address, Password, QuotaBytes
	OpPassword  Op = 2 // Address, Password
	OpList      Op = 3 // After
	OpDisable   Op = 4 // Address
	OpEnable    Op = 5 // Address
	OpRemove    Op = 6 // Address
	OpStatus    Op = 7
	OpAppAdd    Op = 8  // Address, Label, Password
	OpAppRemove Op = 9  // Address, Label
	OpAppList   Op = 10 // Address
	// OpRefound asks for a founding by Members alone, without the replicas that are gone for good; by all again with no
	// Members. The answer has the Plan once there is one: ask again.
	OpRefound Op = 11
	OpOrder   Op = 12 // Order: for what OpRefound planned
)

// Request is one request. Fields that its Op does not name are empty.
type Request struct {
	Op         Op
	Address    string
	Label      string // names an app password
	Password   string
	QuotaBytes uint64 // 0: the default
	After      string // List: accounts behind this address; empty for the first page
	Members    uint16 // bit i: replica i
	Order      string // an encoded refound.Order
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
	case OpAppAdd, OpAppRemove:
		dst = canon.AppendBytes(dst, []byte(q.Address))
		dst = canon.AppendBytes(dst, []byte(q.Label))
		if q.Op == OpAppAdd {
			dst = canon.AppendBytes(dst, []byte(q.Password))
		}
	case OpDisable, OpEnable, OpRemove, OpAppList:
		dst = canon.AppendBytes(dst, []byte(q.Address))
	case OpList:
		dst = canon.AppendBytes(dst, []byte(q.After))
	case OpRefound:
		dst = canon.AppendUint16(dst, q.Members)
	case OpOrder:
		dst = canon.AppendBytes(dst, []byte(q.Order))
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
	case OpAppAdd, OpAppRemove:
		q.Address, q.Label = string(r.Bytes(MaxAddressBytes)), string(r.Bytes(MaxLabelBytes))
		if q.Op == OpAppAdd {
			q.Password = string(r.Bytes(MaxPasswordBytes))
		}
	case OpDisable, OpEnable, OpRemove, OpAppList:
		q.Address = string(r.Bytes(MaxAddressBytes))
	case OpList:
		q.After = string(r.Bytes(MaxAddressBytes))
	case OpRefound:
		q.Members = r.Uint16()
		if q.Members>>wire.MaxReplicas != 0 {
			r.Fail(canon.ErrLimit)
		}
	case OpOrder:
		q.Order = string(r.Bytes(refound.MaxOrderBytes))
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
