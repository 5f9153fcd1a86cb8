package sasl

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"strings"

	"troxymail/mail/auth"
)

// Limits of SCRAM's messages, in bytes.
const (
	maxMessage = 4 << 10
	maxNonce   = 512
	minNonce   = 8 // a shorter one of the client's would make its freshness guessable
)

// scram is the server's side of RFC 5802.
type scram struct {
	checker  Checker
	nonce    string // of the server; with the client's before it once that is known
	next     func(stepFunc)
	username string
	gs2      string // header of the client's first message
	said     string // what both said so far of AuthMessage
}

// first reads the client's first message and answers with salt and iterations.
func (s *scram) first(_ context.Context, response []byte) ([]byte, bool, error) {
	if response == nil {
		return []byte{}, false, nil
	}
	message := string(response)
	if len(message) > maxMessage || !isMessage(message) {
		return nil, false, ErrMalformed
	}
	// gs2-header: cbind-flag "," [authzid] ","
	flag, rest, ok := strings.Cut(message, ",")
	identity, bare, ok2 := strings.Cut(rest, ",")
	switch {
	case !ok || !ok2:
		return nil, false, ErrMalformed
	case strings.HasPrefix(flag, "p="):
		return nil, false, ErrBinding
	case flag != "n" && flag != "y": // y: it could, and believes that we cannot, which is so
		return nil, false, ErrMalformed
	}
	s.gs2 = message[:len(message)-len(bare)]
	// client-first-message-bare; an extension that must be understood would come first.
	parts := strings.Split(bare, ",")
	if len(parts) < 2 || !strings.HasPrefix(parts[0], "n=") || !strings.HasPrefix(parts[1], "r=") || !areAttributes(parts[2:]) {
		return nil, false, ErrMalformed
	}
	if s.username, ok = saslName(parts[0][2:]); !ok {
		return nil, false, ErrMalformed
	}
	if identity != "" {
		as, ok := saslName(strings.TrimPrefix(identity, "a="))
		if !ok || !strings.HasPrefix(identity, "a=") {
			return nil, false, ErrMalformed
		}
		if as != s.username {
			return nil, false, ErrIdentity
		}
	}
	theirs := parts[1][2:]
	if len(theirs) < minNonce || len(theirs) > maxNonce || !isNonce(theirs) {
		return nil, false, ErrMalformed
	}
	s.nonce = theirs + s.nonce
	salt, iterations := s.checker.Challenge(s.username)
	challenge := "r=" + s.nonce + ",s=" + base64.StdEncoding.EncodeToString(salt[:]) + ",i=" + strconv.Itoa(iterations)
	s.said = bare + "," + challenge
	s.next(s.final)
	return []byte(challenge), false, nil
}

// final reads the client's proof and answers with the server's.
func (s *scram) final(ctx context.Context, response []byte) ([]byte, bool, error) {
	message := string(response)
	if len(message) > maxMessage || !isMessage(message) {
		return nil, false, ErrMalformed
	}
	end := strings.LastIndex(message, ",p=")
	if end < 0 {
		return nil, false, ErrMalformed
	}
	parts := strings.Split(message[:end], ",")
	binding := "c=" + base64.StdEncoding.EncodeToString([]byte(s.gs2))
	if len(parts) < 2 || parts[0] != binding || !areAttributes(parts[2:]) ||
		subtle.ConstantTimeCompare([]byte(parts[1]), []byte("r="+s.nonce)) != 1 {
		return nil, false, ErrMalformed
	}
	proof, err := base64.StdEncoding.Strict().DecodeString(message[end+3:])
	if err != nil || len(proof) != sha256.Size {
		return nil, false, ErrMalformed
	}
	p := &auth.Proof{Message: s.said + "," + message[:end], Proof: [sha256.Size]byte(proof)}
	signature, err := s.checker.CheckProof(ctx, s.username, p)
	if err != nil {
		return nil, false, err
	}
	s.next(s.acknowledged)
	return []byte("v=" + base64.StdEncoding.EncodeToString(signature[:])), false, nil
}

// acknowledged takes the empty response to the server's signature: neither IMAP nor SMTP can send it along with
// the outcome.
func (s *scram) acknowledged(_ context.Context, response []byte) ([]byte, bool, error) {
	if len(response) != 0 {
		return nil, false, ErrMalformed
	}
	return nil, true, nil
}

// isMessage reports whether s is text without NUL.
func isMessage(s string) bool { return !strings.Contains(s, "\x00") }

// isNonce reports whether s is printable ASCII without a comma.
func isNonce(s string) bool {
	for i := range len(s) {
		if s[i] < 0x21 || s[i] > 0x7e || s[i] == ',' {
			return false
		}
	}
	return true
}

// areAttributes reports whether each part is a letter and a value: extensions that may be passed over.
func areAttributes(parts []string) bool {
	for _, p := range parts {
		if len(p) < 3 || p[1] != '=' || !(p[0] >= 'a' && p[0] <= 'z' || p[0] >= 'A' && p[0] <= 'Z') {
			return false
		}
	}
	return true
}

// saslName undoes the spelling of a name: =2C for a comma, =3D for an equals sign.
func saslName(s string) (string, bool) {
	var b bytes.Buffer
	for {
		plain, rest, found := strings.Cut(s, "=")
		b.WriteString(plain)
		switch {
		case !found:
			return b.String(), b.Len() > 0
		case strings.HasPrefix(rest, "2C"):
			b.WriteByte(',')
		case strings.HasPrefix(rest, "3D"):
			b.WriteByte('=')
		default:
			return "", false
		}
		s = rest[2:]
	}
}
