package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

// TestGolden holds the bytes of every message: they may change only with a new format version. Rewrite the
// file with -rewrite after such a change.
func TestGolden(t *testing.T) {
	all := map[string]codec{}
	for _, c := range codecs() {
		all[strings.ReplaceAll(c.name, " ", "-")] = c
	}
	seen := map[string]bool{}
	datadriven.RunTest(t, "testdata/golden.txt", func(t *testing.T, d *datadriven.TestData) string {
		c, ok := all[d.Cmd]
		if !ok {
			t.Fatalf("no message %q", d.Cmd)
		}
		seen[d.Cmd] = true
		var out strings.Builder
		for b := c.sample; len(b) > 0; b = b[min(48, len(b)):] {
			fmt.Fprintln(&out, hex.EncodeToString(b[:min(48, len(b))]))
		}
		return out.String()
	})
	for name := range all {
		if !seen[name] {
			t.Errorf("%s has no golden vector", name)
		}
	}
}

// What is decoded encodes to the same bytes: one spelling of every value.
func TestRoundTrip(t *testing.T) {
	for _, c := range codecs() {
		t.Run(c.name, rapid.MakeCheck(func(t *rapid.T) {
			b := c.random(t)
			again, err := c.again(b)
			if err != nil || !bytes.Equal(b, again) {
				t.Fatalf("%v\n%x\n%x", err, b, again)
			}
		}))
	}
}

// Every prefix, and every message with a byte more, is refused with ErrMalformed.
func TestCutAndLengthened(t *testing.T) {
	for _, c := range codecs() {
		for i := range len(c.sample) {
			if _, err := c.decode(c.sample[:i:i]); err == nil {
				t.Fatalf("%s: accepted %d of %d bytes", c.name, i, len(c.sample))
			} else if !errors.Is(err, ErrMalformed) {
				t.Fatalf("%s: %v does not wrap ErrMalformed", c.name, err)
			}
		}
		if _, err := c.decode(append(bytes.Clone(c.sample), 0)); err == nil {
			t.Fatalf("%s: accepted a byte after the end", c.name)
		}
	}
}

// A changed bit gives another value or a refusal, never the same value: nothing is left uncovered.
func TestEveryBitCounts(t *testing.T) {
	for _, c := range codecs() {
		for i := range len(c.sample) * 8 {
			b := bytes.Clone(c.sample)
			b[i/8] ^= 1 << (i % 8)
			if again, err := c.again(b); err == nil && bytes.Equal(again, c.sample) {
				t.Fatalf("%s: bit %d has no meaning", c.name, i)
			}
		}
	}
}

// Numbers, counts and lengths over their limits are refused.
func TestLimits(t *testing.T) {
	prepare, requests := samplePrepare()
	change := func(f func(c *Certificate)) []byte {
		c := prepare
		c.Vector = append([]uint32(nil), c.Vector...)
		f(&c)
		return c.Append(nil)
	}
	for name, b := range map[string][]byte{
		"view":         change(func(c *Certificate) { c.New.View = MaxNumber + 1 }),
		"order":        change(func(c *Certificate) { c.New.Order = 1<<64 - 1 }),
		"previous":     change(func(c *Certificate) { c.Previous.Order = MaxNumber + 1 }),
		"recovery":     change(func(c *Certificate) { c.RecoveryView = MaxNumber + 1 }),
		"incarnation":  change(func(c *Certificate) { c.Incarnation = MaxIncarnation + 1 }),
		"generation":   change(func(c *Certificate) { c.Founding.Generation = 1<<32 - 1 }),
		"replica":      change(func(c *Certificate) { c.Replica = MaxReplicas }),
		"kind 0":       change(func(c *Certificate) { c.Kind = 0 }),
		"kind unknown": change(func(c *Certificate) { c.Kind = maxCertKind + 1 }),
		"no vector":    change(func(c *Certificate) { c.Vector = nil }),
		"long vector":  change(func(c *Certificate) { c.Vector = make([]uint32, MaxReplicas+1) }),
	} {
		if _, err := DecodeCertificate(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("certificate with %s out of range: %v", name, err)
		}
	}
	raw := AppendPrepare(nil, &prepare, requests[:1])
	if _, err := DecodePrepare(raw); !errors.Is(err, ErrMalformed) {
		t.Errorf("PREPARE of another batch: %v", err)
	}
	many := make([]Request, MaxBatchRequests+1)
	for i := range many {
		many[i] = requests[0]
	}
	if _, err := DecodeForward(AppendForward(nil, many)); !errors.Is(err, ErrMalformed) {
		t.Errorf("too many requests: %v", err)
	}
	big := make([]byte, MaxCommandBytes+1)
	h := AppendRequestHeader(nil, requests[0].ID, 0, nil, nil, big)
	if _, err := DecodeRequest(AppendRequest(nil, h, MAC{}, big)); !errors.Is(err, ErrMalformed) {
		t.Errorf("command over the limit: %v", err)
	}
	long := Piece{Total: MaxBodyBytes, Bytes: make([]byte, ChunkBytes+1)}
	if _, err := DecodePiece(long.Append(nil, KindBody), KindBody); !errors.Is(err, ErrMalformed) {
		t.Errorf("piece over the limit: %v", err)
	}
}

func TestDecodersBindTheirParts(t *testing.T) {
	prepare, requests := samplePrepare()
	commit := sampleCertificate(CertCommit, 1, prepare.New)
	commit.Digest = prepare.Digest
	for name, f := range map[string]func(c, p *Certificate){
		"order":           func(c, p *Certificate) { c.New.Order++ },
		"view":            func(c, p *Certificate) { c.New.View++ },
		"digest":          func(c, p *Certificate) { c.Digest[0]++ },
		"kind":            func(c, p *Certificate) { c.Kind = CertPrepare },
		"kind of PREPARE": func(c, p *Certificate) { p.Kind = CertCommit },
	} {
		c, p := commit, prepare
		f(&c, &p)
		if _, err := DecodeCommit(AppendCommit(nil, &c, &p)); !errors.Is(err, ErrMalformed) {
			t.Errorf("COMMIT with another %s than its PREPARE: %v", name, err)
		}
	}
	q := requests[0]
	if _, err := DecodeRequest(AppendRequest(nil, q.Header, q.MAC, []byte("another"))); !errors.Is(err,
		ErrMalformed) {
		t.Errorf("command that does not fit its digest: %v", err)
	}
	if n := len(prepare.Append(nil)); n != CertificateBytes(3) {
		t.Errorf("CertificateBytes(3) = %d, a certificate has %d bytes", CertificateBytes(3), n)
	}
}

// Order and number of requests are part of the batch digest; so is an empty batch.
func TestBatchDigest(t *testing.T) {
	a, b := fill(1), fill(2)
	seen := map[Digest]string{}
	for name, list := range map[string][]Digest{"none": nil, "a": {a}, "b": {b}, "ab": {a, b}, "ba": {b, a},
		"aa": {a, a}} {
		d := BatchDigest(list)
		if other, ok := seen[d]; ok {
			t.Errorf("%s and %s have one digest", name, other)
		}
		seen[d] = name
	}
}

// FuzzDecoders feeds one input to every decoder: none panics, and what is accepted has one spelling.
func FuzzDecoders(f *testing.F) {
	all := codecs()
	for _, c := range all {
		f.Add(c.sample)
		f.Add(c.sample[:len(c.sample)/2])
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = PeekKind(b)
		for _, c := range all {
			if again, err := c.again(b); err == nil && !bytes.Equal(again, b) {
				t.Fatalf("%s: decoded %x encodes to %x", c.name, b, again)
			}
		}
	})
}
