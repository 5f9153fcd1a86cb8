package seal

import (
	"bytes"
	"errors"
	"testing"
)

// form is one way to seal and open a record in one piece, with what it binds besides the record.
type form struct {
	kind Kind
	seal func(seed string, r Record, bound, plaintext []byte) ([]byte, error)
	open func(r Record, bound, sealed []byte) ([]byte, error)
}

// forms returns all kinds but bodies, under keys made from seed. bound is the context or, for a summary,
// what the sibling is made from.
func forms(seed string) map[string]form {
	keys, key := testKeys(seed), testAccountKey(seed)
	small := func(kind Kind) form {
		return form{kind,
			func(seed string, r Record, bound, plaintext []byte) ([]byte, error) {
				return SealSmall(fixed(seed), key, kind, r, bound, plaintext)
			},
			func(r Record, bound, sealed []byte) ([]byte, error) {
				return OpenSmall(key, kind, r, bound, sealed)
			}}
	}
	return map[string]form{
		"name":     small(KindName),
		"keyword":  small(KindKeyword),
		"verifier": small(KindVerifier),
		"address": {KindAddress,
			func(seed string, r Record, bound, plaintext []byte) ([]byte, error) {
				return SealAddress(fixed(seed), keys, r, bound, plaintext)
			},
			func(r Record, bound, sealed []byte) ([]byte, error) {
				return OpenAddress(keys, r, bound, sealed)
			}},
		"summary": {KindSummary,
			func(seed string, r Record, bound, plaintext []byte) ([]byte, error) {
				return SealSummary(fixed(seed), key, r, Sum(bound), plaintext)
			},
			func(r Record, bound, sealed []byte) ([]byte, error) {
				return OpenSummary(key, r, Sum(bound), sealed)
			}},
	}
}

func TestRecordsOpenOnlyWhereTheyWereSealed(t *testing.T) {
	context, plaintext, r := []byte("context"), []byte("Grüße"), testRecord()
	foreign := forms("other")
	for name, f := range forms("mine") {
		sealed := must(f.seal("salt", r, context, plaintext))
		if len(sealed) != len(plaintext)+SmallOverhead || bytes.Contains(sealed, plaintext) {
			t.Errorf("%s: sealed as %q", name, sealed)
		}
		if got, err := f.open(r, context, sealed); err != nil || !bytes.Equal(got, plaintext) {
			t.Errorf("%s: opened as %q, %v", name, got, err)
		}
		if id, ok := RecordID(sealed); !ok || id != r.ID {
			t.Errorf("%s: record id %x, %v", name, id, ok)
		}
		for field, other := range otherRecords() {
			got, err := f.open(other, context, sealed)
			refused(t, name+", other "+field, got, err)
		}
		for _, other := range []string{"", "contex", "contexu", "context\x00"} {
			got, err := f.open(r, []byte(other), sealed)
			refused(t, name+", context or sibling of "+other, got, err)
		}
		got, err := foreign[name].open(r, context, sealed)
		refused(t, name+", other keys", got, err)
		everyByteFlipped(t, sealed, func(b []byte) ([]byte, error) { return f.open(r, context, b) })
	}
}

// The kind is in the key, in the associated data and in the header: relabelling does not help a host.
func TestRecordsOpenOnlyAsTheirKind(t *testing.T) {
	context, r := []byte("context"), testRecord()
	all := forms("mine")
	for name, f := range all {
		sealed := must(f.seal("salt", r, context, []byte("x")))
		for other, g := range all {
			if other == name {
				continue
			}
			got, err := g.open(r, context, sealed)
			refused(t, name+" as "+other, got, err)
			relabelled := bytes.Clone(sealed)
			relabelled[1] = byte(g.kind)
			got, err = g.open(r, context, relabelled)
			refused(t, name+" relabelled as "+other, got, err)
		}
	}
	key := testAccountKey("mine")
	for kind := range Kind(20) {
		if kind.small() {
			continue
		}
		if b, err := SealSmall(fixed("salt"), key, kind, r, nil, nil); !errors.Is(err, ErrKind) || b != nil {
			t.Errorf("kind %d sealed as a small record: %v", kind, err)
		}
		got, err := OpenSmall(key, kind, r, nil, make([]byte, SmallOverhead))
		refused(t, "kind that is not small", got, err)
	}
}

func TestRecordLimits(t *testing.T) {
	r, context := testRecord(), make([]byte, MaxContext)
	for name, f := range forms("mine") {
		most := f.kind.maxSealed() - SmallOverhead
		for _, n := range []int{0, 1, most} {
			sealed := must(f.seal("salt", r, context, text(n)))
			if got, err := f.open(r, context, sealed); err != nil || !bytes.Equal(got, text(n)) {
				t.Errorf("%s of %d bytes: %v", name, n, err)
			}
		}
		if b, err := f.seal("salt", r, nil, text(most+1)); !errors.Is(err, ErrTooLong) || b != nil {
			t.Errorf("%s of %d bytes: %v", name, most+1, err)
		}
	}
	key, long := testAccountKey("mine"), make([]byte, MaxContext+1)
	if _, err := SealSmall(fixed("salt"), key, KindName, r, long, nil); !errors.Is(err, ErrTooLong) {
		t.Errorf("long context: %v", err)
	}
	if _, err := SealSummary(fixed("salt"), key, r, Digest{}, nil); !errors.Is(err, ErrSibling) {
		t.Errorf("summary of no body: %v", err)
	}
	if _, err := SealSmall(bytes.NewReader(nil), key, KindName, r, nil, nil); err == nil {
		t.Error("sealed without randomness")
	}
}

// Genuine, but longer than anything this code seals: refused before the ciphertext is touched.
func TestOverlongRecordsDoNotOpen(t *testing.T) {
	key, r := testAccountKey("mine"), testRecord()
	for n, opens := range map[int]bool{MaxSealedName: true, MaxSealedName + 1: false} {
		b := bound{kind: KindName, size: n - SmallOverhead}
		header, aead, err := newHeader(fixed("salt"), key.secrets.key[:], b.kind, r.ID, n)
		if err != nil {
			t.Fatal(err)
		}
		sealed := aead.Seal(header, singleUse[:], text(b.size), r.aad(b))
		if got, err := OpenSmall(key, KindName, r, nil, sealed); (err == nil) != opens || len(sealed) != n {
			t.Errorf("record of %d bytes: %d, %v", len(sealed), len(got), err)
		}
	}
}

// By design an older sealing of the same record opens as well as the newer one: which of them is current
// is in the voted state, by digest, and nowhere else.
func TestOldRecordsOpen(t *testing.T) {
	r, key := testRecord(), testAccountKey("mine")
	older := must(SealSmall(fixed("a"), key, KindName, r, nil, []byte("old")))
	newer := must(SealSmall(fixed("b"), key, KindName, r, nil, []byte("new")))
	for want, sealed := range map[string][]byte{"old": older, "new": newer} {
		if got, err := OpenSmall(key, KindName, r, nil, sealed); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", want, got, err)
		}
	}
	if Sum(older) == Sum(newer) {
		t.Error("the digest does not tell them apart")
	}
}

func TestSummaryNamesItsBody(t *testing.T) {
	r, key := testRecord(), testAccountKey("mine")
	body := must(SealBody(fixed("a"), key, r, []byte("text")))
	swapped := must(SealBody(fixed("b"), key, r, []byte("text")))
	summary := must(SealSummary(fixed("c"), key, r, Sum(body), []byte("subject")))
	if got, err := OpenSummary(key, r, Sum(body), summary); err != nil || string(got) != "subject" {
		t.Errorf("with its body: %q, %v", got, err)
	}
	for what, sibling := range map[string]Digest{"swapped body": Sum(swapped), "no body": {}} {
		got, err := OpenSummary(key, r, sibling, summary)
		refused(t, what, got, err)
	}
}
