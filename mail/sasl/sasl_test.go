package sasl

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"troxymail/mail/auth"
)

// The example of RFC 7677 (3).
const (
	user        = "user"
	password    = "pencil"
	clientNonce = "rOprNGfwEbeRWgbNEkqO"
	serverNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
	clientFirst = "n,,n=user,r=" + clientNonce
	serverFirst = "r=" + clientNonce + serverNonce + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
	clientFinal = "c=biws,r=" + clientNonce + serverNonce + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
	serverFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
)

var errWrong = errors.New("test: wrong")

// book knows one account.
type book struct {
	auth *auth.Authenticator
	list auth.Verifiers
	salt auth.Salt
	down bool
	says []string
}

func newBook(t testing.TB) *book {
	t.Helper()
	a, err := auth.New(auth.Options{Params: auth.Params{MemoryKiB: 64, Passes: 1, Lanes: 1}, Iterations: 4096, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	b := &book{auth: a}
	salt, _ := base64.StdEncoding.DecodeString("W22ZaJ0SNY7soEsUEjb6gQ==")
	copy(b.salt[:], salt)
	if b.list, err = a.NewPassword(context.Background(), b.salt, password); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *book) CheckPassword(_ context.Context, username, given string) error {
	b.says = append(b.says, username+" "+given)
	if username != user || given != password {
		return errWrong
	}
	return nil
}

func (b *book) Challenge(string) (auth.Salt, int) { return b.salt, b.auth.Iterations() }

func (b *book) CheckProof(_ context.Context, username string, p *auth.Proof) ([sha256.Size]byte, error) {
	s, known := b.auth.CheckProof(b.list, b.salt, p)
	b.says = append(b.says, username)
	if b.down || !known || username != user {
		return s, errWrong
	}
	return s, nil
}

// talk plays a script: what the client says, "-" for nothing yet, and what it must hear: a challenge behind "+", "ok",
// or an error.
func talk(t *testing.T, b *book, mechanism string, script ...any) {
	t.Helper()
	x := Begin(mechanism, b, serverNonce)
	if x == nil {
		t.Fatalf("%s is unknown", mechanism)
	}
	for i := 0; i < len(script); i += 2 {
		var response []byte
		if s := script[i].(string); s != "-" {
			response = []byte(s)
		}
		challenge, done, err := x.Next(t.Context(), response)
		switch want := script[i+1].(type) {
		case error:
			if !errors.Is(err, want) || done || challenge != nil {
				t.Errorf("%s, %q: %q, %v, %v, want %v", mechanism, script, challenge, done, err, want)
			}
		case string:
			if err != nil || done != (want == "ok") || !done && "+"+string(challenge) != want {
				t.Errorf("%s, %q: %q, %v, %v, want %s", mechanism, script, challenge, done, err, want)
			}
		}
	}
	if _, done, err := x.Next(t.Context(), nil); len(script)%2 == 0 && (done || err != nil) && !errors.Is(err, ErrMalformed) {
		t.Errorf("after the end: %v, %v", done, err)
	}
}

func TestSCRAM(t *testing.T) {
	b := newBook(t)
	talk(t, b, "scram-sha-256", clientFirst, "+"+serverFirst, clientFinal, "+"+serverFinal, "", "ok")
	talk(t, b, SCRAM, "-", "+", clientFirst, "+"+serverFirst, clientFinal, "+"+serverFinal, "", "ok")
	talk(t, b, SCRAM, clientFirst, "+"+serverFirst, clientFinal, "+"+serverFinal, "x", ErrMalformed)
	b.down = true // the Checker has the last word, whatever the proof
	talk(t, b, SCRAM, clientFirst, "+"+serverFirst, clientFinal, errWrong, "", ErrMalformed)
	b.down = false
	for first, want := range map[string]error{
		"": ErrMalformed, "n": ErrMalformed, "n,": ErrMalformed, "n,,": ErrMalformed, "n,,n=user": ErrMalformed,
		"n,,r=" + clientNonce + ",n=user": ErrMalformed, "n,,n=,r=" + clientNonce: ErrMalformed,
		"n,,n=us=er,r=" + clientNonce: ErrMalformed, "n,,n=user,r=": ErrMalformed, "n,,n=user,r=short": ErrMalformed,
		"n,,n=user,r=with space in it": ErrMalformed, "n,,m=x,n=user,r=" + clientNonce: ErrMalformed,
		"n,,n=user,r=" + clientNonce + ",": ErrMalformed, "n,,n=user,r=" + clientNonce + ",1=x": ErrMalformed,
		"x,,n=user,r=" + clientNonce: ErrMalformed, "n,b=user,n=user,r=" + clientNonce: ErrMalformed,
		"p=tls-exporter,,n=user,r=" + clientNonce: ErrBinding, "n,a=other,n=user,r=" + clientNonce: ErrIdentity,
		"n,,n=us\x00er,r=" + clientNonce: ErrMalformed, "n,,n=user,r=" + strings.Repeat("x", maxNonce+1): ErrMalformed,
		"n,,n=" + strings.Repeat("x", maxMessage) + ",r=" + clientNonce: ErrMalformed,
	} {
		talk(t, b, SCRAM, first, want)
	}
	for _, first := range []string{"y,,n=user,r=" + clientNonce, "n,a=user,n=user,r=" + clientNonce,
		"n,,n=user,r=" + clientNonce + ",x=extension"} {
		talk(t, b, SCRAM, first, "+"+serverFirst)
	}
	for _, final := range []string{"", "x", "c=biws", strings.Replace(clientFinal, "biws", "eSws", 1),
		strings.Replace(clientFinal, "r=r", "r=x", 1), strings.Replace(clientFinal, ",p=", ",1,p=", 1),
		clientFinal + "=", clientFinal[:len(clientFinal)-1], "c=biws,r=" + clientNonce + ",p=AAAA",
		strings.TrimPrefix(clientFinal, "c=biws,")} {
		talk(t, b, SCRAM, clientFirst, "+"+serverFirst, final, ErrMalformed)
	}
	talk(t, b, SCRAM, clientFirst, "+"+serverFirst, strings.Replace(clientFinal, "p=d", "p=e", 1), errWrong)
	talk(t, b, SCRAM, clientFirst, "+"+serverFirst, strings.Replace(clientFinal, ",p=", ",x=y,p=", 1), errWrong) // not what was signed
}

func TestNamesAreSpelledOut(t *testing.T) {
	b := newBook(t)
	x := Begin(SCRAM, b, "nonce")
	if _, _, err := x.Next(t.Context(), []byte("n,,n=a=2Cb=3Dc,r="+clientNonce)); err != nil {
		t.Fatal(err)
	}
	x.Next(t.Context(), []byte("c=biws,r="+clientNonce+"nonce,p="+base64.StdEncoding.EncodeToString(make([]byte, 32))))
	if len(b.says) != 1 || b.says[0] != "a,b=c" {
		t.Errorf("the name is %q", b.says)
	}
}

func TestPlainAndLogin(t *testing.T) {
	b := newBook(t)
	talk(t, b, Plain, "\x00user\x00pencil", "ok")
	talk(t, b, "plain", "-", "+", "user\x00user\x00pencil", "ok")
	talk(t, b, Plain, "\x00user\x00pen", errWrong)
	talk(t, b, Plain, "root\x00user\x00pencil", ErrIdentity)
	for _, s := range []string{"", "user", "\x00user", "\x00user\x00pencil\x00"} {
		talk(t, b, Plain, s, ErrMalformed)
	}
	talk(t, b, Login, "-", "+Username:", "user", "+Password:", "pencil", "ok")
	talk(t, b, Login, "user", "+Password:", "pencil", "ok")
	talk(t, b, Login, "", "+Password:", "", errWrong)
	for _, m := range []string{"", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "EXTERNAL"} {
		if Begin(m, b, "x") != nil {
			t.Errorf("%s is known", m)
		}
	}
}

// FuzzSCRAM: whatever a client says, it gets in by nothing but a proof of the password.
func FuzzSCRAM(f *testing.F) {
	b := newBook(f)
	f.Add([]byte(clientFirst), []byte(clientFinal))
	f.Add([]byte("y,a=user,n=user,r="+clientNonce+",x=y"), []byte("c=eSxhPXVzZXIs,r="+clientNonce+serverNonce+",x=y,p="))
	f.Fuzz(func(t *testing.T, first, final []byte) {
		x := Begin(SCRAM, b, serverNonce)
		challenge, done, err := x.Next(t.Context(), append([]byte{}, first...))
		if done {
			t.Fatal("in after one message")
		}
		if err != nil {
			return
		}
		if !strings.HasPrefix(string(challenge), "r=") {
			t.Fatalf("challenge %q", challenge)
		}
		challenge, done, err = x.Next(t.Context(), final)
		if done || err == nil && (string(first) != clientFirst || string(final) != clientFinal || string(challenge) != serverFinal) {
			t.Fatalf("in by %q and %q", first, final)
		}
	})
}
