package adminapi

import (
	"troxymail/bftcore/wire/canon"
	"troxymail/enclave/refound"
)

// Limits of a Response.
const (
	// MaxPage bounds the accounts in one response.
	MaxPage = 500
	// MaxLabels bounds the app passwords in one response.
	MaxLabels = 64
	// MaxTextBytes bounds the text of a refusal.
	MaxTextBytes = 512
)

// Result says how a request fared. Numbers are fixed for ever.
type Result uint8

// The results.
const (
	ResultOK          Result = 1
	ResultDenied      Result = 2 // not signed by the administrator for this connection
	ResultExists      Result = 3
	ResultNoAccount   Result = 4
	ResultInvalid     Result = 5 // an argument breaks a rule; Text says which
	ResultNotServing  Result = 6 // this replica serves nobody now: nothing was done, ask another
	ResultUnknown     Result = 7 // no quorum answered: it may have been done or be done still
	ResultUnsupported Result = 8 // a request that this version does not know
	ResultFailed      Result = 9 // refused by the group; Text says why
	ResultNoLabel     Result = 10
	ResultOtherPlan   Result = 11 // an order for another founding than the one planned here: plan again
)

// Hello is the server's first frame.
type Hello struct {
	Replica uint16
	Genesis [32]byte
	Nonce   [NonceBytes]byte
}

// Append appends the frame.
func (h *Hello) Append(dst []byte) []byte {
	dst = canon.AppendUint16(append(dst, Version), h.Replica)
	return canon.AppendFixed(canon.AppendFixed(dst, h.Genesis[:]), h.Nonce[:])
}

// DecodeHello decodes the frame.
func DecodeHello(frame []byte) (Hello, error) {
	r := canon.NewReader(frame)
	version(r)
	h := Hello{Replica: r.Uint16(), Genesis: r.Copy32()}
	h.Nonce = r.Copy32()
	return h, done(r, "hello")
}

// Account is what an administrator sees of an account.
type Account struct {
	Address    string
	Enabled    bool
	QuotaBytes uint64
	UsedBytes  uint64
	Messages   uint64
}

// Response answers a request.
type Response struct {
	Result   Result
	Text     string        // for people; empty with ResultOK
	Accounts []Account     // OpList, sorted by address
	More     bool          // OpList: ask again behind the last one
	Labels   []string      // OpAppList, oldest first
	Status   *Status       // OpStatus
	Plan     *refound.Plan // OpRefound; nil: not planned yet
}

const minAccountBytes = 4 + 1 + 3*8

// Append appends the frame.
func (s *Response) Append(dst []byte) []byte {
	dst = append(dst, Version, byte(s.Result))
	dst = canon.AppendBytes(dst, []byte(s.Text[:min(len(s.Text), MaxTextBytes)]))
	dst = canon.AppendCount(dst, len(s.Accounts))
	for i := range s.Accounts {
		a := &s.Accounts[i]
		dst = canon.AppendBool(canon.AppendBytes(dst, []byte(a.Address)), a.Enabled)
		for _, v := range []uint64{a.QuotaBytes, a.UsedBytes, a.Messages} {
			dst = canon.AppendUint64(dst, v)
		}
	}
	dst = canon.AppendBool(dst, s.More)
	dst = canon.AppendCount(dst, len(s.Labels))
	for _, l := range s.Labels {
		dst = canon.AppendBytes(dst, []byte(l))
	}
	dst = canon.AppendBool(dst, s.Status != nil)
	if s.Status != nil {
		dst = s.Status.appendTo(dst)
	}
	dst = canon.AppendBool(dst, s.Plan != nil)
	if s.Plan != nil {
		dst = s.Plan.Append(dst)
	}
	return dst
}

// DecodeResponse decodes the frame.
func DecodeResponse(frame []byte) (Response, error) {
	r := canon.NewReader(frame)
	version(r)
	s := Response{Result: Result(r.Uint8()), Text: string(r.Bytes(MaxTextBytes))}
	if n := r.Count(MaxPage, minAccountBytes); n > 0 {
		s.Accounts = make([]Account, n)
	}
	for i := range s.Accounts {
		s.Accounts[i] = Account{
			Address: string(r.Bytes(MaxAddressBytes)), Enabled: r.Bool(),
			QuotaBytes: r.Uint64(), UsedBytes: r.Uint64(), Messages: r.Uint64(),
		}
	}
	s.More = r.Bool()
	if n := r.Count(MaxLabels, 4); n > 0 {
		s.Labels = make([]string, n)
	}
	for i := range s.Labels {
		s.Labels[i] = string(r.Bytes(MaxLabelBytes))
	}
	if r.Bool() {
		s.Status = readStatus(r)
	}
	if r.Bool() {
		plan := refound.Read(r)
		s.Plan = &plan
	}
	return s, done(r, "response")
}
