package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// App passwords: one for each device or program, drawn at random, so that one can be taken back alone. They
// have 120 bits of randomness, so that one hash is enough to keep them by.
const (
	appPasswordBytes = 15
	appPasswordChars = 24
	// MaxAppPasswords bounds those of one account.
	MaxAppPasswords = 12
	// appSeparator stands in an entry between the hash of an app password and its SCRAM keys.
	appSeparator = " "
	appTag       = "troxymail/app-password"
)

// Errors of app passwords.
var (
	// ErrAppPassword is returned for text that NewAppPassword did not draw.
	ErrAppPassword = fmt.Errorf("auth: an app password is %d letters and digits, drawn at random", appPasswordChars)
	// ErrLabel is returned for a label that is empty, too long or unprintable.
	ErrLabel = fmt.Errorf("auth: the name of an app password has 1 to %d bytes of printable text", MaxLabelBytes)
	// ErrLabelTaken is returned when the account has another app password of that label.
	ErrLabelTaken = errors.New("auth: the account has an app password of that name; remove it first or choose another name")
	// ErrNoLabel is returned when the account has no app password of that label.
	ErrNoLabel = errors.New("auth: the account has no app password of that name")
	// ErrFull is returned when an account has as many as it may.
	ErrFull = fmt.Errorf("auth: the account has %d app passwords already; remove one first", MaxAppPasswords)
)

// appAlphabet has no letters that look alike; 32 of them.
const appAlphabet = "abcdefghijkmnpqrstuvwxyz23456789"

// NewAppPassword draws an app password. rand: crypto/rand.Reader outside of tests.
func NewAppPassword(rand io.Reader) (string, error) {
	random := make([]byte, appPasswordBytes)
	if _, err := io.ReadFull(rand, random); err != nil {
		return "", fmt.Errorf("auth: draw an app password: %w", err)
	}
	var b strings.Builder
	for i := range appPasswordChars { // five bits each
		bit := 5 * i
		pair := uint16(random[bit/8]) << 8
		if bit/8+1 < len(random) {
			pair |= uint16(random[bit/8+1])
		}
		b.WriteByte(appAlphabet[pair>>(11-bit%8)&31])
	}
	return b.String(), nil
}

// AddApp returns v with an app password. Adding the same once more changes nothing, so that whoever got no
// answer may repeat. It costs one PBKDF2. Errors: ErrAppPassword, ErrLabel, ErrLabelTaken, ErrFull, ErrBusy,
// ctx's.
func (a *Authenticator) AddApp(ctx context.Context, v Verifiers, salt Salt, label, password string) (Verifiers, error) {
	if len(password) != appPasswordChars || strings.Trim(password, appAlphabet) != "" {
		return nil, ErrAppPassword
	}
	if !printableLabel(label) {
		return nil, ErrLabel
	}
	quick := appHash(salt, password)
	apps := 0
	for i := range v {
		if v[i].Kind != KindAppPassword {
			continue
		}
		if apps++; v[i].Label == label {
			if v[i].isApp(quick) {
				return v, nil
			}
			return nil, ErrLabelTaken
		}
	}
	if apps >= MaxAppPasswords || len(v) >= MaxEntries {
		return nil, ErrFull
	}
	release, err := a.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	k, err := deriveSCRAM(salt, a.iterations, password)
	if err != nil {
		return nil, err
	}
	return append(slices.Clone(v), Entry{Kind: KindAppPassword, Label: label, data: quick + appSeparator + k.encode()}), nil
}

// RemoveApp returns v without the app password of that label. ErrNoLabel.
func (v Verifiers) RemoveApp(label string) (Verifiers, error) {
	i := slices.IndexFunc(v, func(e Entry) bool { return e.Kind == KindAppPassword && e.Label == label })
	if i < 0 {
		return nil, ErrNoLabel
	}
	return slices.Delete(slices.Clone(v), i, i+1), nil
}

// Apps returns the labels of the app passwords, oldest first.
func (v Verifiers) Apps() []string {
	var labels []string
	for _, e := range v {
		if e.Kind == KindAppPassword {
			labels = append(labels, e.Label)
		}
	}
	return labels
}

// hasApp reports whether password is one of v's app passwords, in a time that tells nothing of them.
func (v Verifiers) hasApp(salt Salt, password string) bool {
	quick := appHash(salt, password)
	found := false
	for i := range v {
		found = v[i].isApp(quick) || found
	}
	return found
}

func (e *Entry) isApp(quick string) bool {
	own, _, _ := strings.Cut(e.data, appSeparator)
	return e.Kind == KindAppPassword && subtle.ConstantTimeCompare([]byte(own), []byte(quick)) == 1
}

// appHash is what tells an app password that was sent in plain.
func appHash(salt Salt, password string) string {
	key := sha256.Sum256(append([]byte(appTag), salt[:]...))
	h := keyedHash(key[:], password)
	return base64.RawStdEncoding.EncodeToString(h[:])
}

func printableLabel(s string) bool {
	return s != "" && len(s) <= MaxLabelBytes && utf8.ValidString(s) && strings.TrimSpace(s) == s &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}
