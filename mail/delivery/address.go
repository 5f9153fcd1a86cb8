package delivery

import (
	"strings"

	"troxymail/mail/accounts"
)

// Address is a mailbox of an SMTP command (RFC 5321, 4.1.2), unquoted. The zero value is the null reverse path.
type Address struct {
	Local  string
	Domain string // empty: only postmaster has none
}

// String returns the address with its local part as given: for comparing, not for the wire.
func (a Address) String() string {
	if a.Domain == "" {
		return a.Local
	}
	return a.Local + "@" + a.Domain
}

// IsNull reports whether a is the null reverse path.
func (a Address) IsNull() bool { return a == Address{} }

// tagMark separates the local part of an account from what its owner adds to it.
const tagMark = "+"

// candidates are the addresses of accounts that a belongs to, the first that exists counting; none when no
// account can have it.
func (a Address) candidates() []string {
	exact, err := accounts.Normalize(a.String())
	if err != nil {
		return nil
	}
	local, domain, _ := strings.Cut(exact, "@")
	base, _, tagged := strings.Cut(local, tagMark)
	if !tagged || base == "" {
		return []string{exact}
	}
	plain, err := accounts.Normalize(base + "@" + domain)
	if err != nil {
		return []string{exact}
	}
	return []string{exact, plain}
}

// Owns reports whether a is an address of the account: its own, or that with a tag.
func Owns(account string, a Address) bool {
	for _, candidate := range a.candidates() {
		if candidate == account {
			return true
		}
	}
	return false
}
