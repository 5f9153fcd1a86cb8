package genesis

import (
	"io"

	"troxymail/enclave/seal"
)

// GroupKey returns the group's key: to be sent to an enclave that proved what it is (enclave/handover), and
// to nobody else.
func (s *Secrets) GroupKey() seal.GroupKey { return s.group }

// Received makes the secrets of an enclave that was given the group's key: with a TLS key of its own that
// nobody else ever had, for which a certificate is to be issued (SigningRequest).
func Received(group seal.GroupKey, rand io.Reader) (*Secrets, error) {
	return withServerKey(group, rand)
}
