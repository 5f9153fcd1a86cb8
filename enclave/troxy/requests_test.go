package troxy

import (
	"bytes"
	"testing"

	"troxymail/bftcore/wire"
)

// What is remembered never makes another request pass, whatever shares its place: short headers, which are remembered
// themselves, and long ones.
func TestRequestsRememberWhatIsAuthenticAlone(t *testing.T) {
	for _, size := range []int{1, shortHeader, shortHeader + 1} {
		rememberAlone(t, bytes.Repeat([]byte("h"), size), bytes.Repeat([]byte("o"), size))
	}
	rememberAlone(t, []byte("header"), []byte("headers"))
}

func rememberAlone(t *testing.T, one, other []byte) {
	r := NewRequests(requestKey)
	m, d := r.Sign(one)
	check := func(what string, header []byte, m wire.MAC, want bool) {
		t.Helper()
		got, ok := r.Verify(header, m)
		if ok != want || ok && got != wire.Sum(header) || !ok && got != (wire.Digest{}) {
			t.Errorf("%s: %v, %x", what, ok, got)
		}
	}
	near := m
	near[31]++ // at the same place
	for range 2 {
		check("made here", one, m, true)
		check("other header", other, m, false)
		check("other MAC at the place", one, near, false)
		check("nothing", nil, wire.MAC{}, false)
	}
	if d != wire.Sum(one) {
		t.Errorf("digest %x", d)
	}
	fresh := NewRequests(requestKey)
	for range 2 {
		if got, ok := fresh.Verify(one, m); !ok || got != d {
			t.Errorf("made elsewhere: %v %x", ok, got)
		}
		if _, ok := fresh.Verify(other, m); ok {
			t.Error("another header with a MAC that is remembered")
		}
	}
	if _, ok := NewRequests([32]byte{9}).Verify(one, m); ok {
		t.Error("another key")
	}
}

// A later request takes the place of a former one, which is then checked as at first.
func TestRequestsForget(t *testing.T) {
	r := NewRequests(requestKey)
	type signed struct {
		header []byte
		mac    wire.MAC
	}
	var all []signed
	for i := range 3 * knownRequests {
		header := []byte{byte(i), byte(i >> 8), byte(i >> 16)}
		m, _ := r.Sign(header)
		all = append(all, signed{header, m})
	}
	for _, x := range all {
		if _, ok := r.Verify(x.header, x.mac); !ok {
			t.Fatalf("%x is not authentic any more", x.header)
		}
	}
}
