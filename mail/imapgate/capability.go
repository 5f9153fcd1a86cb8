package imapgate

import (
	"strconv"

	"troxymail/mail/sasl"
)

// Capabilities. Each is covered by a test; the engine knows more, which are not offered.
const (
	capsAlways     = "IMAP4rev1 LITERAL- SASL-IR ID"
	capsAfterLogin = " UIDPLUS MOVE NAMESPACE SPECIAL-USE CHILDREN LIST-EXTENDED LIST-STATUS STATUS=SIZE" +
		" ESEARCH SEARCHRES UNSELECT IDLE APPENDLIMIT="
)

// capabilities lists what the connection can do in its present state (RFC 3501 section 7.2.1).
func (g *guard) capabilities() string {
	caps := capsAlways
	if g.session != nil {
		return caps + capsAfterLogin + strconv.FormatUint(uint64(g.session.AppendLimit()), 10)
	}
	if !g.secure && g.server.tls != nil {
		caps += " STARTTLS"
	}
	if g.mayLogin() {
		for _, m := range sasl.Mechanisms {
			caps += " AUTH=" + m
		}
		return caps
	}
	return caps + " LOGINDISABLED"
}

// greeting is the first line a client sees.
func (g *guard) greeting() string {
	text := "Troxymail ready"
	if g.server.options.Simulated {
		text += " (SIMULATED enclave: development only)"
	}
	return statusLine("*", "OK", "CAPABILITY "+g.capabilities(), text)
}
