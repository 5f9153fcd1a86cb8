package mac

import (
	"fmt"
	"testing"

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
