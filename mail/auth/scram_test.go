package auth

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// proofOf is a client's part of RFC 5802 (3).
func proofOf(t *testing.T, password, message string) *Proof {
	t.Helper()
	k, err := deriveSCRAM(salt, 4096, password)
	if err != nil {
		t.Fatal(err)
	}
	client := keyedHash(saltedPassword(t, password), "Client Key")
	signature := keyedHash(k.stored[:], message)
	p := &Proof{Message: message}
	subtle.XORBytes(p.Proof[:], client[:], signature[:])
	return p
}

func saltedPassword(t *testing.T, password string) []byte {
	t.Helper()
	// RFC 5802, 2.2: Hi, written out, so that the library's is checked too.
	u := keyedHash([]byte(password), string(salt[:])+"\x00\x00\x00\x01")
	sum := u
	for range 4095 {
		u = keyedHash([]byte(password), string(u[:]))
		subtle.XORBytes(sum[:], sum[:], u[:])
	}
	return sum[:]
}

func TestProofs(t *testing.T) {
	a := newAuthenticator(t, Options{})
	v, err := a.NewPassword(t.Context(), salt, "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	app, err := NewAppPassword(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if v, err = a.AddApp(t.Context(), v, salt, "phone", app); err != nil {
		t.Fatal(err)
	}
	if v, err = Decode(v.Append(nil)); err != nil {
		t.Fatal(err)
	}
	const message = "what was said"
	for _, c := range []struct {
		name  string
		list  Verifiers
		salt  Salt
		proof *Proof
		want  string // password whose server key must have signed
	}{
		{"the password", v, salt, proofOf(t, "correct horse", message), "correct horse"},
		{"an app password", v, salt, proofOf(t, app, message), app},
		{"wrong", v, salt, proofOf(t, "correct horsf", message), ""},
		{"of another message", v, salt, &Proof{message, proofOf(t, "correct horse", "x").Proof}, ""},
		{"no such account", nil, salt, proofOf(t, "correct horse", message), ""},
		{"no proof", v, salt, &Proof{Message: message}, ""},
		{"another account's salt", v, Salt{5}, proofOf(t, "correct horse", message), ""},
		{"other kinds", Verifiers{{Kind: 200, data: v[1].data}, {Kind: KindPassword, data: v[1].data}}, salt, proofOf(t, "correct horse", message), ""},
		{"damaged", Verifiers{{Kind: KindSCRAMSHA256, data: v[1].data + "A"}}, salt, proofOf(t, "correct horse", message), ""},
		{"the dummy's", Verifiers{}, salt, &Proof{Message: message}, ""},
	} {
		signature, known := a.CheckProof(c.list, c.salt, c.proof)
		if known != (c.want != "") {
			t.Errorf("%s: %v", c.name, known)
		}
		if known && signature != keyedHash(func() []byte { k := keyedHash(saltedPassword(t, c.want), "Server Key"); return k[:] }(), message) {
			t.Errorf("%s: the server's signature is wrong", c.name)
		}
		if !known && signature != [sha256.Size]byte{} {
			t.Errorf("%s: a signature without a proof", c.name)
		}
	}
}

// Every check makes the same number of hashes: as many as the longest list has entries.
func TestAListOfAnyLengthIsChecked(t *testing.T) {
	a := newAuthenticator(t, Options{})
	v, err := a.NewPassword(t.Context(), salt, "p")
	if err != nil {
		t.Fatal(err)
	}
	full := make(Verifiers, MaxEntries-1, MaxEntries)
	for i := range full {
		full[i] = Entry{Kind: 99}
	}
	full = append(full, v[1])
	if _, known := a.CheckProof(full, salt, proofOf(t, "p", "m")); !known {
		t.Error("the last entry is not looked at")
	}
}

func TestSCRAMKeysHaveOneSpelling(t *testing.T) {
	k, err := deriveSCRAM(salt, 4096, "p")
	if err != nil {
		t.Fatal(err)
	}
	good := k.encode()
	if got, ok := decodeSCRAM(good); !ok || got != k {
		t.Fatalf("%q does not decode", good)
	}
	for _, bad := range []string{"", "$", good + "$", " " + good, good[:len(good)-1], strings.Replace(good, "$4096", "$04096", 1),
		strings.Replace(good, "$4096", "$0", 1), strings.Replace(good, "$4096", "$4294967296", 1), strings.Replace(good, "256", "1", 1),
		strings.Replace(good, ":", "$", 1), strings.Replace(good, "$", "$$", 1)} {
		if _, ok := decodeSCRAM(bad); ok {
			t.Errorf("%q decodes", bad)
		}
	}
}

func TestAppPasswords(t *testing.T) {
	a := newAuthenticator(t, Options{})
	v, err := a.NewPassword(t.Context(), salt, "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	draw := func() string {
		p, err := NewAppPassword(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	phone := draw()
	add := func(label, password string, want error) {
		t.Helper()
		list, err := a.AddApp(t.Context(), v, salt, label, password)
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", label, err, want)
		}
		if err == nil {
			v = list
		}
	}
	check := func(password string, want bool) {
		t.Helper()
		if ok, err := a.Check(t.Context(), v, salt, password); err != nil || ok != want {
			t.Errorf("%q: %v, %v, want %v", password, ok, err, want)
		}
	}
	add("phone", phone, nil)
	add("phone", phone, nil) // once more
	add("phone", draw(), ErrLabelTaken)
	for _, label := range []string{"", " phone", "a\nb", "a\x00", "\xff", strings.Repeat("x", MaxLabelBytes+1)} {
		add(label, draw(), ErrLabel)
	}
	for _, p := range []string{"", "password", phone[1:], phone + "a", strings.ToUpper(phone), strings.Repeat("l", 24)} {
		add("x", p, ErrAppPassword)
	}
	check(phone, true)
	check("correct horse", true)
	check(draw(), false)
	if ok, _ := a.Check(t.Context(), v, Salt{7}, phone); ok {
		t.Error("an app password counts under another account's salt")
	}
	for i := range MaxAppPasswords - 1 {
		add(fmt.Sprintf("Gerät %d", i), draw(), nil)
	}
	add("one more", draw(), ErrFull)
	if b := v.Append(nil); len(b) > MaxVerifiersBytes || len(v.Apps()) != MaxAppPasswords || v.Apps()[0] != "phone" {
		t.Errorf("%d bytes, %q", len(b), v.Apps())
	}
	if _, err := v.RemoveApp("none"); !errors.Is(err, ErrNoLabel) {
		t.Error(err)
	}
	if v, err = v.RemoveApp("phone"); err != nil {
		t.Fatal(err)
	}
	check(phone, false)
	check("correct horse", true)
}

// App passwords use all their randomness: other bits give other letters.
func TestDrawingAppPasswords(t *testing.T) {
	seen := map[string]bool{}
	for i := range 8 * appPasswordBytes {
		random := make([]byte, appPasswordBytes)
		random[i/8] = 1 << (i % 8)
		p, err := NewAppPassword(bytes.NewReader(random))
		if err != nil || len(p) != appPasswordChars || strings.Trim(p, appAlphabet) != "" || seen[p] {
			t.Errorf("bit %d: %q, %v", i, p, err)
		}
		seen[p] = true
	}
	if _, err := NewAppPassword(strings.NewReader("short")); err == nil {
		t.Error("too little randomness is taken")
	}
}

func FuzzDecodeSCRAM(f *testing.F) {
	f.Add("SCRAM-SHA-256$4096:" + base64.StdEncoding.EncodeToString(make([]byte, 16)) + "$x:y")
	f.Fuzz(func(t *testing.T, s string) {
		if k, ok := decodeSCRAM(s); ok && k.encode() != s {
			t.Fatal("keys have two spellings")
		}
	})
}
