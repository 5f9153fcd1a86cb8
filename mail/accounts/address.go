package accounts

import (
	"errors"
	"fmt"
	"strings"
)

// Limits of an address, in bytes (RFC 5321, 4.5.3.1; RFC 3696 erratum 1690).
const (
	MaxLocalBytes   = 64
	MaxAddressBytes = 254
	maxLabelBytes   = 63
)

// ErrAddress is wrapped for text that cannot be the address of an account here; the message says why.
var ErrAddress = errors.New("accounts: not an address that can have an account")

func badAddress(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrAddress, fmt.Sprintf(format, args...))
}

// Normalize returns the one spelling of an account's address: local part and domain in lower case. Local
// parts are compared without case, as every widespread server does and RFC 5321 (2.4) leaves to the host of
// the domain. Only dot-atoms of ASCII are taken, no quoted local parts or address literals; domains with
// other letters are written in their ASCII form (xn--...). Errors wrap ErrAddress.
func Normalize(address string) (string, error) {
	if len(address) > MaxAddressBytes {
		return "", badAddress("longer than %d bytes", MaxAddressBytes)
	}
	local, domain, found := strings.Cut(address, "@")
	switch {
	case !found:
		return "", badAddress("write it whole, as in alice@example.org")
	case strings.Contains(domain, "@"):
		return "", badAddress("more than one @")
	case len(local) > MaxLocalBytes:
		return "", badAddress("the part before @ is longer than %d bytes", MaxLocalBytes)
	}
	for _, atom := range strings.Split(local, ".") {
		if atom == "" || strings.ContainsFunc(atom, notAtom) {
			return "", badAddress("before @ only letters, digits and !#$%%&'*+-/=?^_`{|}~ with single dots between")
		}
	}
	for _, label := range strings.Split(domain, ".") {
		if label == "" || len(label) > maxLabelBytes || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, notLabel) {
			return "", badAddress("after @ a domain is needed: letters, digits and hyphens, with dots between;" +
				" other letters in their xn-- form")
		}
	}
	return strings.ToLower(address), nil
}

func notLabel(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-')
}

func notAtom(r rune) bool { return notLabel(r) && !strings.ContainsRune("!#$%&'*+/=?^_`{|}~", r) }
