package mac

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
)

func TestAuthenticatorBindsTagLengthKeyAndBody(t *testing.T) {
	key := [32]byte{1}
	a := New(key, "one")
	m := a.Sum([]byte("body"))
	if !a.Verify([]byte("body"), m) {
		t.Fatal("own MAC refused")
	}
	for name, ok := range map[string]bool{
		"another body": a.Verify([]byte("bodz"), m),
		"another tag":  New(key, "two").Verify([]byte("body"), m),
		"another key":  New([32]byte{2}, "one").Verify([]byte("body"), m),
		"moved border": New(key, "oneb").Verify([]byte("ody"), m),
		"flipped bit":  a.Verify([]byte("body"), wire.MAC{m[0] ^ 1}),
		"zero MAC":     a.Verify([]byte("body"), wire.MAC{}),
	} {
		if ok {
			t.Errorf("accepted with %s", name)
		}
	}
	if again := a.Sum([]byte("body")); again != m {
		t.Error("reused state gives another MAC")
	}
}

func TestAuthenticatorHidesItsKey(t *testing.T) {
	a := New([32]byte{0xAB, 0xCD}, "t")
	for _, s := range []string{fmt.Sprint(a), fmt.Sprintf("%v", a), fmt.Sprintf("%#v", a), fmt.Sprintf("%+v", a)} {
		if s != "mac.Authenticator(hidden)" {
			t.Errorf("printed %q", s)
		}
	}
}

// A MAC is HMAC-SHA256 over the tag behind its 16-bit length, the body's 64-bit length, and the body: the bytes
// are the same in every build of the program.
func TestAuthenticatorIsPinned(t *testing.T) {
	want := hmac.New(sha256.New, append([]byte{9}, make([]byte, 31)...))
	want.Write([]byte("\x00\x03tag\x00\x00\x00\x00\x00\x00\x00\x04body"))
	if m := New([32]byte{9}, "tag").Sum([]byte("body")); !hmac.Equal(m[:], want.Sum(nil)) {
		t.Errorf("got %x, want %x", m, want.Sum(nil))
	}
}

// Two different (tag, body) never have one MAC, and the state carries nothing from one body to the next.
func TestAuthenticatorSeparates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching("[ab\\x00]{0,6}")
		type statement struct{ tag, body string }
		seen := map[wire.MAC]statement{}
		byTag := map[string]*Authenticator{}
		for range 20 {
			s := statement{word.Draw(t, "tag"), word.Draw(t, "body")}
			if byTag[s.tag] == nil {
				byTag[s.tag] = New([32]byte{1}, s.tag)
			}
			m := byTag[s.tag].Sum([]byte(s.body))
			if before, ok := seen[m]; ok && before != s {
				t.Fatalf("%q and %q have one MAC", before, s)
			}
			if !New([32]byte{1}, s.tag).Verify([]byte(s.body), m) {
				t.Fatalf("%q: the reused state gives another MAC", s)
			}
			seen[m] = s
		}
	})
}
