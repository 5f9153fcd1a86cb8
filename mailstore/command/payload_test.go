package command

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/digesttree/verify"
)

type appender interface{ Append([]byte) []byte }

// payloads are all payload and state decoders, by name, as functions to something that encodes itself.
var payloads = map[string]func([]byte) (appender, error){
	"appended":          as(DecodeAppended),
	"copied":            as(DecodeCopied),
	"delivered":         as(DecodeDelivered),
	"stored":            as(DecodeStored),
	"expunged":          as(DecodeExpunged),
	"account version":   as(DecodeAccountVersion),
	"namespace change":  as(DecodeNamespaceChange),
	"account record":    as(DecodeAccountRecord),
	"account page":      as(DecodeAccountPage),
	"namespace":         as(DecodeNamespace),
	"mailbox parts":     as(DecodeMailboxParts),
	"account state":     as(DecodeAccountState),
	"namespace state":   as(DecodeNamespaceState),
	"mailbox state":     as(DecodeMailboxState),
	"cluster state":     as(DecodeClusterState),
	"name of a mailbox": func(b []byte) (appender, error) { n, err := DecodeName(b); return nameOf(n), err },
}

type nameOf Mailbox

func (n nameOf) Append(dst []byte) []byte { m := Mailbox(n); return AppendName(dst, &m) }

func as[T any, P interface {
	*T
	appender
}](decode func([]byte) (T, error)) func([]byte) (appender, error) {
	return func(b []byte) (appender, error) { v, err := decode(b); return P(&v), err }
}

func drawMailbox(t *rapid.T, id MailboxID) Mailbox {
	return Mailbox{
		ID: id, Parent: MailboxID(rapid.Uint32().Draw(t, "parent")), Token: genID.Draw(t, "token"),
		Sealed: genBytes(1, 20).Draw(t, "sealed"), Use: UseJunk, Subscribed: rapid.Bool().Draw(t, "on"),
		Placeholder: rapid.Bool().Draw(t, "placeholder"),
		Counters: Counters{
			Messages: rapid.Uint32().Draw(t, "messages"), Size: rapid.Uint64().Draw(t, "size"), UIDNext: 3,
		},
	}
}

func drawPayload(t *rapid.T) (string, appender) {
	switch rapid.IntRange(0, 7).Draw(t, "payload") {
	case 0:
		return "appended", &Appended{UID(rapid.Uint32().Draw(t, "uid")), rapid.Uint64().Draw(t, "modseq")}
	case 1:
		r := genRanges.Draw(t, "uids")
		if CountUIDs(r) > MaxAffected {
			r = nil
		}
		return "copied", &Copied{r, r}
	case 2:
		return "stored", &Stored{rapid.Uint64().Draw(t, "modseq"), genRanges.Draw(t, "uids")}
	case 3:
		return "expunged", &Expunged{genRanges.Draw(t, "uids"), 7, rapid.Bool().Draw(t, "more")}
	case 4:
		p := &NamespaceChange{Version: 9}
		for i := range rapid.IntRange(0, 3).Draw(t, "created") {
			p.Created = append(p.Created, MailboxID(i+1))
		}
		return "namespace change", p
	case 5:
		p := &AccountPage{More: rapid.Bool().Draw(t, "more")}
		for i := range rapid.IntRange(0, 3).Draw(t, "accounts") {
			p.Accounts = append(p.Accounts, AccountRecord{Account: AccountID{byte(i)}, Enabled: true,
				Sealed: genBytes(0, 9).Draw(t, "sealed"), UsedBytes: rapid.Uint64().Draw(t, "used")})
		}
		return "account page", p
	case 6:
		p := &Namespace{Version: 3}
		for i := range rapid.IntRange(0, 3).Draw(t, "mailboxes") {
			p.Mailboxes = append(p.Mailboxes, drawMailbox(t, MailboxID(i+1)))
		}
		return "namespace", p
	}
	p := &MailboxParts{State: MailboxState{ID: 5, Account: genID.Draw(t, "account"), Table: genDigest.Draw(t, "table"),
		Removed: rapid.Uint64().Draw(t, "removed")}, Keywords: genKeywords.Draw(t, "keywords")}
	for range rapid.IntRange(0, 3).Draw(t, "expunged") {
		p.Expunged = append(p.Expunged, Tomb{UID(rapid.Uint32().Draw(t, "uid")), rapid.Uint64().Draw(t, "modseq")})
	}
	for range rapid.IntRange(0, 3).Draw(t, "nodes") {
		var c verify.Children
		c[rapid.IntRange(0, 15).Draw(t, "slot")] = verify.Child{Digest: wire.Digest{1}, Tally: verify.Tally{Messages: 3, ModSeq: 4}}
		p.Nodes = append(p.Nodes, TreeNode{rapid.Byte().Draw(t, "level"), rapid.Uint32().Draw(t, "place"), verify.AppendNode(nil, &c)})
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "blocks") {
		b := Block{Index: uint32(3*i + 1)}
		for j := range rapid.IntRange(1, MessagesPerLeaf).Draw(t, "messages") {
			b.Records = AppendMessage(b.Records, &Message{UID: UID(b.Index*MessagesPerLeaf) + UID(j), ModSeq: rapid.Uint64().Draw(t, "modseq"),
				Flags: genFlags.Draw(t, "flags"), Summary: genDigest.Draw(t, "summary"), BodySize: 7})
		}
		p.Blocks = append(p.Blocks, b)
	}
	return "mailbox parts", p
}

// What a block holds is what it says, and in its order.
func TestBlocksAreChecked(t *testing.T) {
	records := func(uids ...UID) (b []byte) {
		for _, u := range uids {
			b = AppendMessage(b, &Message{UID: u})
		}
		return b
	}
	for name, x := range map[string]struct {
		blocks [][]byte
		ok     bool
	}{
		"sound":         {[][]byte{records(1, 15), records(16), records(32, 47)}, true},
		"empty":         {[][]byte{{}}, false},
		"cut":           {[][]byte{records(1, 2)[:MessageBytes+5]}, false},
		"UID 0":         {[][]byte{records(0)}, false},
		"falling":       {[][]byte{records(2, 1)}, false},
		"twice":         {[][]byte{records(2, 2)}, false},
		"of two blocks": {[][]byte{records(15, 16)}, false},
		"one again":     {[][]byte{records(1), records(2)}, false},
		"backwards":     {[][]byte{records(16), records(1)}, false},
	} {
		p := MailboxParts{State: MailboxState{ID: 1}}
		for _, b := range x.blocks {
			p.Blocks = append(p.Blocks, Block{Records: b})
		}
		if _, err := DecodeMailboxParts(p.Append(nil)); (err == nil) != x.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPayloadsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, p := drawPayload(t)
		b := p.Append(nil)
		got, err := payloads[name](b)
		if err != nil || !reflect.DeepEqual(got, p) {
			t.Fatalf("%s: decoded %+v (%v), want %+v", name, got, err, p)
		}
		if _, err := payloads[name](append(b, 0)); !errors.Is(err, ErrInvalid) {
			t.Fatalf("%s: longer: %v", name, err)
		}
	})
}

func TestLargestPagesFitOneResult(t *testing.T) {
	name := bytes.Repeat([]byte{1}, MaxSealedName)
	p := MailboxParts{State: MailboxState{ID: 1}, Expunged: make([]Tomb, ExpungeHorizon)}
	for i := range MaxKeywords {
		p.Keywords = append(p.Keywords, KeywordDef{Token{byte(i)}, name})
	}
	for n := 0; n < MaxPartsBytes; {
		b := Block{Index: uint32(len(p.Blocks)), Records: AppendMessage(nil, &Message{UID: UID(len(p.Blocks)*MessagesPerLeaf + 1)})}
		if n += b.Size(); len(p.Blocks) == MaxReadMessages {
			break
		}
		p.Blocks = append(p.Blocks, b)
	}
	if n := len(p.Append(nil)) + MaxPartsBytes - len(p.Blocks)*p.Blocks[0].Size(); n > wire.MaxResultBytes {
		t.Fatalf("mailbox parts of %d bytes", n)
	}
	accounts := AccountPage{Accounts: make([]AccountRecord, MaxAccountPage)}
	for i := range accounts.Accounts {
		accounts.Accounts[i] = AccountRecord{Account: AccountID{byte(i)}, Sealed: name}
	}
	if n := len(accounts.Append(nil)); n > wire.MaxResultBytes {
		t.Fatalf("an account page of %d bytes", n)
	}
	// MaxNamespaceBytes counts each name with its version byte.
	if MaxNamespaceBytes+16 > wire.MaxResultBytes || MaxAffected*8+64 > wire.MaxResultBytes {
		t.Fatal("a namespace or a list of ranges does not fit")
	}
}

// Each digest depends on every field.
func TestDigestsCoverEveryField(t *testing.T) {
	seen := map[wire.Digest]string{}
	add := func(name string, d wire.Digest) {
		t.Helper()
		if other, ok := seen[d]; ok {
			t.Errorf("%s has the digest of %s", name, other)
		}
		seen[d] = name
	}
	vary := func(name string, v any, digest func() wire.Digest) {
		t.Helper()
		add(name, digest())
		s := reflect.ValueOf(v).Elem()
		for i := range s.NumField() {
			old := reflect.New(s.Field(i).Type()).Elem()
			old.Set(s.Field(i))
			change(s.Field(i))
			add(name+"."+s.Type().Field(i).Name, digest())
			s.Field(i).Set(old)
		}
	}
	a := AccountState{}
	vary("account", &a, func() wire.Digest { return a.Digest() })
	n := NamespaceState{}
	vary("namespace", &n, func() wire.Digest { return n.Digest() })
	m := MailboxState{}
	vary("mailbox", &m, func() wire.Digest { return m.Digest() })
	c := ClusterState{}
	vary("cluster", &c, func() wire.Digest { return c.Digest() })
	msg := Message{}
	vary("message", &msg, func() wire.Digest { return MessagesDigest(1, []Message{msg}) })
	add("message elsewhere", MessagesDigest(2, []Message{msg}))
	if MessagesDigest(1, nil) != (wire.Digest{}) {
		t.Error("no messages have a digest")
	}
	box := struct { // a name without counters, which belong to the mailbox
		ID, Parent                     MailboxID
		Token                          Token
		Sealed                         []byte
		Use                            SpecialUse
		Subscribed, Inbox, Placeholder bool
	}{}
	vary("name", &box, func() wire.Digest {
		return NameDigest(AccountID{}, &Mailbox{box.ID, box.Parent, box.Token, box.Sealed, box.Use,
			box.Subscribed, box.Inbox, box.Placeholder, Counters{}})
	})
	add("expunged 1", ExpungedDigest(1, 2))
	add("expunged 2", ExpungedDigest(2, 1))
	add("keyword", KeywordDigest(wire.Digest{}, KeywordDef{Token{1}, []byte{1}}))
	add("keyword later", KeywordDigest(wire.Digest{1}, KeywordDef{Token{1}, []byte{1}}))
}

// change gives v another value.
func change(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		v.SetUint(v.Uint() + 1)
	case reflect.Array:
		v.Index(0).SetUint(v.Index(0).Uint() + 1)
	case reflect.Slice:
		v.Set(reflect.ValueOf([]byte{1}))
	case reflect.Struct:
		change(v.Field(0))
	}
}

func FuzzPayloads(f *testing.F) {
	for i := range 20 {
		_, p := drawPayloadExample(i)
		f.Add(p.Append(nil))
	}
	f.Add((&MailboxState{ID: 1}).Append(nil))
	f.Add((&AccountState{}).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		for name, decode := range payloads {
			p, err := decode(b)
			if err != nil {
				if !errors.Is(err, ErrInvalid) {
					t.Fatal(err)
				}
				continue
			}
			if name != "name of a mailbox" && !bytes.Equal(p.Append(nil), b) {
				t.Fatalf("%s: %+v has two encodings", name, p)
			}
		}
	})
}

func drawPayloadExample(seed int) (string, appender) {
	type named struct {
		name string
		p    appender
	}
	n := rapid.Custom(func(t *rapid.T) named { name, p := drawPayload(t); return named{name, p} }).Example(seed)
	return n.name, n.p
}
