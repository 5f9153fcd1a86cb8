package adminapi

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"troxymail/enclave/boundary"
	"troxymail/enclave/refound"
)

var requests = []Request{
	{Op: OpAdd, Address: "a@example.org", Password: "pw", QuotaBytes: 9},
	{Op: OpPassword, Address: "a@example.org", Password: "pw"},
	{Op: OpList}, {Op: OpList, After: "a@example.org"},
	{Op: OpDisable, Address: "a@example.org"}, {Op: OpEnable, Address: "b@example.org"},
	{Op: OpRemove, Address: "c@example.org"}, {Op: OpStatus},
	{Op: OpAppAdd, Address: "a@example.org", Label: "phone", Password: "pw"},
	{Op: OpAppRemove, Address: "a@example.org", Label: "phone"}, {Op: OpAppList, Address: "a@example.org"},
	{Op: OpRefound, Members: 5}, {Op: OpRefound}, {Op: OpOrder, Order: "order"},
}

func sampleResponses() []Response {
	return []Response{
		{Result: ResultOK}, {Result: ResultDenied, Text: "no"}, {Result: ResultOK, Labels: []string{"phone", ""}},
		{Result: ResultOK, More: true, Accounts: []Account{{Address: "a@example.org", Enabled: true, QuotaBytes: 1, UsedBytes: 2, Messages: 3}, {}}},
		{Result: ResultOK, Status: &Status{
			Replica: 1, Replicas: 3, Platform: "SIMULATED", Simulated: true, Active: true, Generation: 1, Incarnation: 7,
			Reads: boundary.Reads{Current: 1, Checked: 2, Ordered: 3, Mismatch: 4, Bounded: 12, Validated: 5, SwitchedOff: 11, ContentHits: 13, PartsBytes: 14},
			Host: &boundary.HostFacts{
				View: 1, Executed: 2, Stable: 0, Synced: 2, Known: 3, Roots: []boundary.Root{{Order: 2, Digest: [32]byte{5}}},
				Peers: []uint64{1, 2, 3}, Alarms: []boundary.Alarm{}, Out: []boundary.Outage{{Replica: 2, Cause: boundary.CauseLagging}}, Strict: true,
			},
			Alarms: []boundary.Alarm{{Code: boundary.AlarmPeerSilent, Subject: 2}},
		}},
		{Result: ResultOK, Status: &Status{Alarms: []boundary.Alarm{}}},
		{Result: ResultOK, Plan: &refound.Plan{Replicas: 3, Begins: 9, Members: []refound.Shown{{Replica: 0, Last: 9}, {Replica: 2, Nonce: [16]byte{1}, Generation: 1}}}},
	}
}

func TestGolden(t *testing.T) {
	h := sha256.New()
	for _, q := range requests {
		h.Write(AppendFrame(nil, q.Append(nil)))
	}
	for _, s := range sampleResponses() {
		h.Write(AppendFrame(nil, s.Append(nil)))
	}
	seed := sha256.Sum256([]byte("golden"))
	c := Context{Genesis: [32]byte{1}, Nonce: [32]byte{2}, Exporter: [32]byte{3}}
	h.Write(AppendFrame(nil, c.Sign(ed25519.NewKeyFromSeed(seed[:]), 4, &requests[0])))
	hello := Hello{Replica: 1, Genesis: [32]byte{1}, Nonce: [32]byte{2}}
	h.Write(AppendFrame(nil, hello.Append(nil)))
	const want = "a97e45ff348054ba05be8040e575827c8b72bb814d2f747e14912e8a33f5143d"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("the encodings changed: %s; a deployed program would not be understood", got)
	}
	if got := hex.EncodeToString(requests[2].Append(nil)); got != "050300000000" {
		t.Errorf("list is %s", got)
	}
}

func TestRoundTrips(t *testing.T) {
	for _, q := range requests {
		b := q.Append(nil)
		if got, err := DecodeRequest(b); err != nil || got != q {
			t.Errorf("%+v: %+v, %v", q, got, err)
		}
		for i := range b {
			if _, err := DecodeRequest(b[:i]); !errors.Is(err, ErrFrame) {
				t.Errorf("%v cut at %d: %v", q, i, err)
			}
		}
	}
	for _, s := range sampleResponses() {
		b := s.Append(nil)
		got, err := DecodeResponse(b)
		if err != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("%+v: %+v, %v", s, got, err)
		}
		for i := range b {
			if _, err := DecodeResponse(b[:i]); !errors.Is(err, ErrFrame) {
				t.Errorf("response cut at %d: %v", i, err)
			}
		}
	}
	h := Hello{Replica: 2, Genesis: [32]byte{1}, Nonce: [32]byte{2}}
	if got, err := DecodeHello(h.Append(nil)); err != nil || got != h {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestLimits(t *testing.T) {
	for _, q := range []Request{
		{Op: OpAdd, Address: strings.Repeat("a", MaxAddressBytes+1)},
		{Op: OpPassword, Password: strings.Repeat("a", MaxPasswordBytes+1)},
		{Op: 0}, {Op: 99}, {Op: OpRefound, Members: 1 << 15}, {Op: OpOrder, Order: strings.Repeat("a", refound.MaxOrderBytes+1)},
	} {
		if _, err := DecodeRequest(q.Append(nil)); !errors.Is(err, ErrFrame) {
			t.Errorf("%v: %v", q, err)
		}
	}
	largest := Request{Op: OpAdd, Address: strings.Repeat("a", MaxAddressBytes), Password: strings.Repeat("p", MaxPasswordBytes)}
	order := Request{Op: OpOrder, Order: strings.Repeat("o", refound.MaxOrderBytes)}
	for _, q := range []Request{largest, order} {
		signed := Signed{Request: q.Append(nil)}
		if n := len(signed.Append(nil)); n > MaxRequestBytes {
			t.Errorf("the largest request takes %d bytes", n)
		}
	}
	page := Response{Result: ResultOK, Text: strings.Repeat("x", 2*MaxTextBytes), Accounts: make([]Account, MaxPage)}
	for i := range page.Accounts {
		page.Accounts[i].Address = strings.Repeat("a", MaxAddressBytes)
	}
	b := page.Append(nil)
	if len(b) > MaxResponseBytes {
		t.Errorf("the largest page takes %d bytes", len(b))
	}
	if got, err := DecodeResponse(b); err != nil || len(got.Text) != MaxTextBytes {
		t.Errorf("%d bytes of text, %v", len(got.Text), err)
	}
}

// A frame's length is checked before memory is taken for it.
func TestReadFrame(t *testing.T) {
	if b, err := ReadFrame(bytes.NewReader(AppendFrame(nil, []byte("abc"))), 3); err != nil || string(b) != "abc" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := ReadFrame(bytes.NewReader(AppendFrame(nil, []byte("abcd"))), 3); !errors.Is(err, ErrFrame) {
		t.Error(err)
	}
	if _, err := ReadFrame(strings.NewReader("\xff\xff\xff\xff"), 3); !errors.Is(err, ErrFrame) {
		t.Error(err)
	}
	if _, err := ReadFrame(strings.NewReader("\x00\x00\x00\x03ab"), 3); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

func TestSignatureIsBoundToEverything(t *testing.T) {
	seed := sha256.Sum256([]byte("admin"))
	key := ed25519.NewKeyFromSeed(seed[:])
	public := key.Public().(ed25519.PublicKey)
	c := Context{Genesis: [32]byte{1}, Nonce: [32]byte{2}, Exporter: [32]byte{3}}
	q := requests[0]
	frame := c.Sign(key, 5, &q)
	if got, err := c.Verify(public, 5, frame); err != nil || got != q {
		t.Fatalf("%+v, %v", got, err)
	}
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)).Public().(ed25519.PublicKey)
	for name, verify := range map[string]func() error{
		"genesis":  func() error { d := c; d.Genesis[0]++; _, err := d.Verify(public, 5, frame); return err },
		"nonce":    func() error { d := c; d.Nonce[0]++; _, err := d.Verify(public, 5, frame); return err },
		"exporter": func() error { d := c; d.Exporter[0]++; _, err := d.Verify(public, 5, frame); return err },
		"number":   func() error { _, err := c.Verify(public, 6, frame); return err },
		"key":      func() error { _, err := c.Verify(other, 5, frame); return err },
		"no key":   func() error { _, err := c.Verify(nil, 5, frame); return err },
		"empty":    func() error { _, err := c.Verify(public, 5, nil); return err },
	} {
		if err := verify(); err != ErrSignature {
			t.Errorf("another %s: %v", name, err)
		}
	}
	for i := range frame {
		bad := bytes.Clone(frame)
		bad[i] ^= 1
		if _, err := c.Verify(public, 5, bad); err != ErrSignature {
			t.Fatalf("byte %d flipped: %v", i, err)
		}
	}
	// What is signed and makes no sense is told apart: the administrator's program is newer.
	odd := Request{Op: 99}
	if _, err := c.Verify(public, 5, c.Sign(key, 5, &odd)); !errors.Is(err, ErrFrame) {
		t.Error(err)
	}
}

func TestRequestsDoNotPrint(t *testing.T) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, Request{Op: OpAdd, Address: "alice", Password: "secret"}); strings.Contains(text, "secret") || strings.Contains(text, "alice") {
			t.Errorf("%s prints %s", verb, text)
		}
	}
}

func FuzzRequest(f *testing.F) {
	for _, q := range requests {
		f.Add(q.Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		q, err := DecodeRequest(b)
		if err == nil && !bytes.Equal(q.Append(nil), b) {
			t.Fatal("two encodings of one request")
		}
	})
}

func FuzzSigned(f *testing.F) {
	s := Signed{Number: 1, Request: requests[0].Append(nil)}
	f.Add(s.Append(nil))
	public := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32)).Public().(ed25519.PublicKey)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeSigned(b)
		if err == nil && !bytes.Equal(s.Append(nil), b) {
			t.Fatal("two encodings of one frame")
		}
		if _, err := (&Context{}).Verify(public, 0, b); err == nil {
			t.Fatal("a signature without a key")
		}
	})
}

func FuzzResponse(f *testing.F) {
	for _, s := range sampleResponses() {
		f.Add(s.Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeResponse(b)
		if err == nil && !bytes.Equal(s.Append(nil), b) {
			t.Fatal("two encodings of one response")
		}
	})
}

func FuzzHello(f *testing.F) {
	f.Add((&Hello{Replica: 1}).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := DecodeHello(b)
		if err == nil && !bytes.Equal(h.Append(nil), b) {
			t.Fatal("two encodings of one hello")
		}
	})
}
