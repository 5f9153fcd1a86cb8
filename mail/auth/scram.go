package auth

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// SCRAMIterations is the cost of a SCRAM-SHA-256 verifier (RFC 7677 asks for at least 4096). Clients pay it at
// every login, and Cyrus SASL (mutt, mbsync) refuses more than 65536. That is less than what Argon2id costs
// somebody who tries passwords; it matters only to who has the group's key, as verifiers are sealed under it.
const SCRAMIterations = 50_000

// maxIterations bounds what a stored verifier may say.
const maxIterations = 10_000_000

// Salt is the salt of all SCRAM verifiers of one account. It follows from the account and the group's key, so
// that the challenge for an account that does not exist looks like any other, and the same at every replica and
// every time.
type Salt [16]byte

// scramKeys are what a server knows of a password by RFC 5802 (3).
type scramKeys struct {
	salt       Salt
	iterations int
	stored     [sha256.Size]byte
	server     [sha256.Size]byte
}

// deriveSCRAM computes the keys of a password. It is taken as its bytes are: SASLprep (RFC 4013) changes nothing
// in ASCII, nor in what keyboards give for other letters.
func deriveSCRAM(salt Salt, iterations int, password string) (scramKeys, error) {
	k := scramKeys{salt: salt, iterations: iterations}
	salted, err := pbkdf2.Key(sha256.New, password, salt[:], iterations, sha256.Size)
	if err != nil {
		return k, fmt.Errorf("auth: derive a SCRAM key: %w", err)
	}
	client := keyedHash(salted, "Client Key")
	k.stored = sha256.Sum256(client[:])
	k.server = keyedHash(salted, "Server Key")
	return k, nil
}

func keyedHash(key []byte, text string) [sha256.Size]byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return [sha256.Size]byte(h.Sum(nil))
}

// encode writes k as RFC 5803 does: SCRAM-SHA-256$iterations:salt$stored:server.
func (k *scramKeys) encode() string {
	b64 := base64.StdEncoding
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", k.iterations, b64.EncodeToString(k.salt[:]),
		b64.EncodeToString(k.stored[:]), b64.EncodeToString(k.server[:]))
}

// decodeSCRAM reads what encode wrote and nothing else.
func decodeSCRAM(s string) (scramKeys, bool) {
	var k scramKeys
	fields := strings.FieldsFunc(s, func(r rune) bool { return r == '$' || r == ':' })
	if len(fields) != 5 || len(s) > maxEntryBytes {
		return k, false
	}
	n, err := strconv.ParseUint(fields[1], 10, 32)
	if err != nil || n == 0 || n > maxIterations {
		return k, false
	}
	k.iterations = int(n)
	for i, to := range [][]byte{k.salt[:], k.stored[:], k.server[:]} {
		b, err := base64.StdEncoding.Strict().DecodeString(fields[2+i])
		if err != nil || len(b) != len(to) {
			return k, false
		}
		copy(to, b)
	}
	return k, k.encode() == s
}

// Proof is what a client shows by SCRAM in place of its password (RFC 5802, 3).
type Proof struct {
	Message string // AuthMessage: all that was said
	Proof   [sha256.Size]byte
}

// shows reports whether the client knows the password, and what shows the client that the server does.
func (p *Proof) shows(k *scramKeys) (signature [sha256.Size]byte, known bool) {
	client := keyedHash(k.stored[:], p.Message)
	subtle.XORBytes(client[:], client[:], p.Proof[:])
	stored := sha256.Sum256(client[:])
	return keyedHash(k.server[:], p.Message), subtle.ConstantTimeCompare(stored[:], k.stored[:]) == 1
}

// Iterations is what clients must be asked for.
func (a *Authenticator) Iterations() int { return a.iterations }

// CheckProof reports whether a proof was made with one of v's passwords, by an account with that salt, and
// returns the server's signature then. It costs the same whatever v is, nil included.
func (a *Authenticator) CheckProof(v Verifiers, salt Salt, p *Proof) (signature [sha256.Size]byte, known bool) {
	for i := range MaxEntries {
		k, usable := a.dummySCRAM, false
		if i < len(v) {
			if own, ok := v[i].scram(); ok && own.salt == salt && own.iterations == a.iterations {
				k, usable = own, true
			}
		}
		if s, shown := p.shows(&k); shown && usable {
			signature, known = s, true
		}
	}
	return signature, known
}

// scram returns the SCRAM keys of an entry that has some.
func (e *Entry) scram() (scramKeys, bool) {
	switch e.Kind {
	case KindSCRAMSHA256:
		return decodeSCRAM(e.data)
	case KindAppPassword:
		_, rest, _ := strings.Cut(e.data, appSeparator)
		return decodeSCRAM(rest)
	}
	return scramKeys{}, false
}
