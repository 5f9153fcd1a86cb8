package seal

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
)

func TestDeriveSeparates(t *testing.T) {
	group, genesis := must(NewGroupKey(fixed("group"))), [32]byte{1}
	seen := map[Subkey]string{}
	add := func(what string, key Subkey) {
		if before, ok := seen[key]; ok {
			t.Errorf("%s and %s have the same key", before, what)
		}
		seen[key] = what
	}
	for _, p := range purposes {
		add(string(p), Derive(group, genesis, p))
		add(string(p)+", other genesis", Derive(group, [32]byte{2}, p))
		add(string(p)+", other group", Derive(must(NewGroupKey(fixed("other"))), genesis, p))
	}
	keys := NewKeys(group, genesis)
	for _, p := range purposes {
		if keys.Key(p) != Derive(group, genesis, p) {
			t.Errorf("Keys and Derive differ for %s", p)
		}
		if !strings.HasPrefix(string(p), prefix) {
			t.Errorf("%s lacks the versioned prefix", p)
		}
	}
}

func TestGroupKeyTravels(t *testing.T) {
	group := must(NewGroupKey(fixed("group")))
	again, err := ParseGroupKey(group.Bytes())
	if err != nil || Derive(again, [32]byte{}, PurposeReply) != Derive(group, [32]byte{}, PurposeReply) {
		t.Errorf("a parsed group key derives other keys: %v", err)
	}
	if _, err := ParseGroupKey([32]byte{}); !errors.Is(err, ErrZeroKey) {
		t.Errorf("zero key: %v", err)
	}
}

func TestKeysAreNotDrawnFromNothing(t *testing.T) {
	for name, rand := range map[string]io.Reader{
		"empty": bytes.NewReader(nil), "short": bytes.NewReader(make([]byte, 31)),
		"zeros": bytes.NewReader(make([]byte, 64)),
	} {
		if k, err := NewGroupKey(rand); err == nil || k.key != nil {
			t.Errorf("group key from %s randomness", name)
		}
	}
	k, err := NewAccountKey(bytes.NewReader(make([]byte, 64)))
	if !errors.Is(err, ErrZeroKey) || k.secrets != nil {
		t.Errorf("account key from zeros: %v", err)
	}
}

func TestMisusePanics(t *testing.T) {
	for name, use := range map[string]func(){
		"zero group key":   func() { Derive(GroupKey{}, [32]byte{}, PurposeReply) },
		"zero keys":        func() { Keys{}.Key(PurposeReply) },
		"unknown purpose":  func() { testKeys("group").Key("troxymail/v1/else") },
		"derive unknown":   func() { Derive(must(NewGroupKey(fixed("g"))), [32]byte{}, "") },
		"zero account key": func() { KeywordToken(AccountKey{}, "x") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			use()
		}()
	}
}

// Whatever prints a secret prints "[secret]", also when it is part of something else.
func TestSecretsDoNotPrint(t *testing.T) {
	group, keys, account := must(NewGroupKey(fixed("group"))), testKeys("group"), testAccountKey("account")
	sub := keys.Key(PurposeReply)
	body := must(SealBody(fixed("salt"), account, testRecord(), nil))
	reader := must(NewBodyReader(account, testRecord(), body[:HeaderBytes], len(body)))
	raw := [][]byte{group.key[:], sub[:], account.secrets.key[:], account.secrets.mailboxToken[:]}
	type outer struct {
		Exported any
		hidden   any
	}
	for name, secret := range map[string]any{
		"GroupKey": group, "Keys": keys, "AccountKey": account, "Subkey": sub, "BodyReader": reader,
		"pointer": &keys,
	} {
		var out bytes.Buffer
		for _, verb := range strings.Fields("%v %+v %#v %s %q %x %X %d %o %b %c %U") {
			fmt.Fprintf(&out, verb+"\n", secret)
			fmt.Fprintf(&out, verb+"\n", outer{Exported: secret})
			fmt.Fprintf(&out, verb+"\n", []any{secret})
		}
		if name != "Subkey" { // an array by value: its documentation says so
			fmt.Fprintf(&out, "%v %+v\n", struct{ k any }{secret}, outer{hidden: secret})
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "s", secret)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "s", secret)
		out.Write(must(json.Marshal(secret)))
		out.Write(must(json.Marshal(map[string]any{"s": outer{Exported: secret}})))
		if !strings.Contains(out.String(), hidden) {
			t.Errorf("%s prints nothing at all", name)
		}
		for _, key := range raw {
			decimal := strings.Trim(fmt.Sprint(key[:6]), "[]")
			for _, form := range []string{string(key[:6]), hex.EncodeToString(key[:6]), decimal,
				strings.ToUpper(hex.EncodeToString(key[:6])), strings.ReplaceAll(decimal, " ", ",")} {
				if strings.Contains(out.String(), form) {
					t.Errorf("%s prints a key", name)
				}
			}
		}
	}
}
