package auth

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

// cheap keeps tests fast; the format and the bounds are what they are about.
var cheap = Params{MemoryKiB: 64, Passes: 1, Lanes: 1}

var salt = Salt{1, 2, 3}

func newAuthenticator(t *testing.T, o Options) *Authenticator {
	t.Helper()
	o.Params, o.Iterations, o.Rand = cheap, 4096, rand.Reader
	a, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestCheckTellsTheRightPassword(t *testing.T) {
	a := newAuthenticator(t, Options{})
	v, err := a.NewPassword(t.Context(), salt, "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	v, err = Decode(v.Append(nil))
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", MaxPasswordBytes)
	w, err := a.NewPassword(t.Context(), salt, long)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		v        Verifiers
		password string
		want     bool
	}{
		{"right", v, "correct horse", true},
		{"wrong", v, "correct horsf", false},
		{"empty", v, "", false},
		{"prefix", v, "correct", false},
		{"no such account", nil, "correct horse", false},
		{"unknown kind", Verifiers{{Kind: 200, data: v[0].data}}, "correct horse", false},
		{"damaged", Verifiers{{Kind: KindPassword, data: v[0].data + "A"}}, "correct horse", false},
		{"longest", w, long, true},
		{"longer than allowed, right so far", w, long + "x", false},
	} {
		got, err := a.Check(t.Context(), c.v, salt, c.password)
		if err != nil || got != c.want {
			t.Errorf("%s: %v, %v; want %v", c.name, got, err, c.want)
		}
	}
}

func TestPasswordsOutOfBoundsAreRefused(t *testing.T) {
	for _, p := range []string{"", strings.Repeat("x", MaxPasswordBytes+1)} {
		if _, err := NewPassword(rand.Reader, cheap, p); !errors.Is(err, ErrPasswordLength) {
			t.Errorf("%d bytes: %v", len(p), err)
		}
	}
}

// The dummy's costs are the authenticator's, so that an unknown account costs what a known one does.
func TestUnknownAccountsCostTheSame(t *testing.T) {
	a := newAuthenticator(t, Options{})
	v, err := a.NewPassword(t.Context(), salt, "p")
	if err != nil {
		t.Fatal(err)
	}
	h, ok := v.password()
	if !ok || h.params != a.dummy.params {
		t.Fatalf("dummy costs %+v, passwords %+v", a.dummy.params, h.params)
	}
	if a.dummy.sum == [hashBytes]byte{} || a.dummy.salt == [saltBytes]byte{} {
		t.Fatal("the dummy's secret is not random")
	}
}

func TestOneHashHasOneSpelling(t *testing.T) {
	v, err := NewPassword(rand.Reader, cheap, "p")
	if err != nil {
		t.Fatal(err)
	}
	good := v[0].data
	if !strings.HasPrefix(good, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Fatalf("hash is %q", good)
	}
	if h, err := decodeHash(good); err != nil || h.encode() != good {
		t.Fatalf("own hash does not decode: %v", err)
	}
	for _, bad := range []string{
		"", "$", good + "$", " " + good, good[:len(good)-1], good + "=",
		strings.Replace(good, "argon2id", "argon2i", 1),
		strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=64", "m=064", 1),
		strings.Replace(good, "m=64", "m=4294967360", 1),
		strings.Replace(good, "m=64", "m=65537", 1),
		strings.Replace(good, "t=1", "t=9", 1),
		strings.Replace(good, "t=1", "t=0", 1),
		strings.Replace(good, "p=1", "p=257", 1),
		strings.Replace(good, "m=64,t=1", "t=1,m=64", 1),
	} {
		if _, err := decodeHash(bad); !errors.Is(err, ErrHash) {
			t.Errorf("%q: %v, want ErrHash", bad, err)
		}
	}
}

func TestListsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := make(Verifiers, rapid.IntRange(0, MaxEntries).Draw(t, "entries"))
		for i := range v {
			v[i] = Entry{
				Kind:  Kind(rapid.Uint8().Draw(t, "kind")),
				Label: string(rapid.SliceOfN(rapid.Byte(), 0, MaxLabelBytes).Draw(t, "label")),
				data:  string(rapid.SliceOfN(rapid.Byte(), 0, maxEntryBytes).Draw(t, "data")),
			}
		}
		b := v.Append(nil)
		got, err := Decode(b)
		if err != nil || !bytes.Equal(got.Append(nil), b) {
			t.Fatalf("decode: %v", err)
		}
		if len(b) > MaxVerifiersBytes {
			t.Fatalf("%d bytes, limit %d", len(b), MaxVerifiersBytes)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add(Verifiers{}.Append(nil))
	f.Add(Verifiers{{Kind: KindPassword, data: "$argon2id$v=19$m=64,t=1,p=1$"}}.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := Decode(b)
		if err != nil {
			if !errors.Is(err, ErrVerifiers) {
				t.Fatalf("error %v", err)
			}
			return
		}
		if !bytes.Equal(v.Append(nil), b) {
			t.Fatal("one list has two encodings")
		}
		v.password()
	})
}

func FuzzDecodeHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, s string) {
		if h, err := decodeHash(s); err == nil && h.encode() != s {
			t.Fatal("one hash has two spellings")
		}
	})
}

// Callers beyond those that compute and those that may wait are refused; a caller that gives up leaves its
// place.
func TestWaitingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthenticator(t, Options{Concurrent: 1, Waiting: 1})
		leave, err := a.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		waited := make(chan error)
		go func() {
			_, err := a.Check(ctx, nil, salt, "p")
			waited <- err
		}()
		synctest.Wait()
		if _, err := a.Check(t.Context(), nil, salt, "p"); !errors.Is(err, ErrBusy) {
			t.Fatalf("a third caller: %v, want ErrBusy", err)
		}
		cancel()
		if err := <-waited; !errors.Is(err, context.Canceled) {
			t.Fatalf("a caller that gave up: %v", err)
		}
		go func() {
			_, err := a.Check(context.Background(), nil, salt, "p")
			waited <- err
		}()
		synctest.Wait()
		leave()
		if err := <-waited; err != nil {
			t.Fatalf("the next caller: %v", err)
		}
	})
}

func TestCostsOutOfBoundsAreRefused(t *testing.T) {
	for _, p := range []Params{{1, 1, 1}, {maxMemoryKiB + 1, 1, 1}, {64, 0, 1}, {64, maxPasses + 1, 1},
		{64, 1, 0}, {1024, 1, maxLanes + 1}} {
		if _, err := New(Options{Params: p, Rand: rand.Reader}); err == nil {
			t.Errorf("%+v is taken", p)
		}
		if _, err := NewPassword(rand.Reader, p, "p"); err == nil {
			t.Errorf("%+v is taken for a password", p)
		}
	}
}
