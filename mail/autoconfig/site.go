package autoconfig

import (
	"errors"
	"fmt"
	"strings"

	"troxymail/mail/accounts"
)

// Site is what clients are told. A port that is 0 is not offered.
type Site struct {
	Domain string // of the addresses
	Host   string // a name in the server's certificate
	// Ports: IMAP and Submission with STARTTLS, the others over TLS.
	IMAP, IMAPS, Submission, Submissions int
}

// security is how a connection is protected.
type security string

// The values are Thunderbird's.
const (
	starttls security = "STARTTLS"
	implicit security = "SSL"
)

// server is one line of either format.
type server struct {
	port     int
	security security
}

// offered lists what is open, the better first: TLS from the first byte (RFC 8314, 3.3).
func offered(overTLS, withSTARTTLS int) []server {
	var all []server
	for _, s := range []server{{overTLS, implicit}, {withSTARTTLS, starttls}} {
		if s.port != 0 {
			all = append(all, s)
		}
	}
	return all
}

// ErrSite is returned for a site without a host, a domain, or a way to read mail.
var ErrSite = errors.New("autoconfig: a domain, a host and a port for IMAP are needed")

func (s *Site) check() error {
	if s.Domain == "" || s.Host == "" || len(offered(s.IMAPS, s.IMAP)) == 0 {
		return ErrSite
	}
	return nil
}

// errAddress is an address that is none of this domain's.
var errAddress = errors.New("autoconfig: not an address of this domain")

// address checks the address of a query. Empty is no address.
func (s *Site) address(raw string) (string, error) {
	if raw == "" {
		return "", nil
	}
	address, err := accounts.Normalize(raw)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errAddress, err)
	}
	if _, domain, _ := strings.Cut(address, "@"); domain != s.Domain {
		return "", errAddress
	}
	return address, nil
}
