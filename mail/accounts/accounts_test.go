package accounts

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
	"troxymail/enclave/seal"
	"troxymail/mail/auth"
	"troxymail/mailstore/command"
	"troxymail/mailstore/kv"
	"troxymail/mailstore/state"
)

func TestNormalize(t *testing.T) {
	for in, want := range map[string]string{
		"alice@example.org":                    "alice@example.org",
		"Alice.B+Tag@EXAMPLE.Org":              "alice.b+tag@example.org",
		"o'neil_{x}@a-b.example":               "o'neil_{x}@a-b.example",
		"a@localhost":                          "a@localhost",
		"a@xn--bcher-kva.example":              "a@xn--bcher-kva.example",
		"":                                     "",
		"alice":                                "",
		"@example.org":                         "",
		"alice@":                               "",
		"a@b@example.org":                      "",
		"a..b@example.org":                     "",
		".a@example.org":                       "",
		"a.@example.org":                       "",
		"a b@example.org":                      "",
		"\"a b\"@example.org":                  "",
		"a@example..org":                       "",
		"a@-example.org":                       "",
		"a@example-.org":                       "",
		"a@[127.0.0.1]":                        "",
		"ä@example.org":                        "",
		"a@bücher.example":                     "",
		"a\x00@example.org":                    "",
		strings.Repeat("a", 65) + "@e":         "",
		"a@" + strings.Repeat("a", 64):         "",
		"a@" + strings.Repeat("a.", 126) + "a": "",
	} {
		got, err := Normalize(in)
		if got != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, ErrAddress) {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	f.Add("Alice@Example.org")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Normalize(s)
		if err != nil {
			return
		}
		if again, err := Normalize(a); err != nil || again != a || len(a) > MaxAddressBytes {
			t.Errorf("%q is not its own normal form: %q, %v", a, again, err)
		}
	})
}

// cluster is the real state machine, fed in order.
type cluster struct {
	machine  *state.Machine
	sequence uint64
	exposed  bytes.Buffer
	before   func(command.Command)
	down     bool
}

func (c *cluster) Do(_ context.Context, cmd command.Command) (Outcome, error) {
	if c.down {
		return Outcome{}, fmt.Errorf("test: %w", ErrUnavailable)
	}
	if f := c.before; f != nil {
		c.before = nil
		f(cmd)
	}
	c.sequence++
	q := wire.Request{ID: wire.RequestID{Generation: 1, Incarnation: 1, Sequence: c.sequence},
		Keys: cmd.Keys(), Command: cmd.Append(nil)}
	if cmd.ReadOnly() {
		q.Flags = wire.FlagReadOnly
	}
	results, _, err := c.machine.Apply(c.machine.Applied()+1, []wire.Request{q})
	if err != nil {
		return Outcome{}, err
	}
	c.exposed.Write(q.Command)
	c.exposed.Write(results[0].Payload)
	return Outcome{Order: c.machine.Applied(), Status: results[0].Status, Payload: results[0].Payload}, nil
}

func newAdmin(t *testing.T) (*Admin, *cluster) {
	t.Helper()
	store, err := kv.Open(kv.Options{Path: filepath.Join(t.TempDir(), "store")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	machine, err := state.Open(store, state.Genesis{FirstMailbox: 1})
	if err != nil {
		t.Fatal(err)
	}
	group, err := seal.NewGroupKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a, err := auth.New(auth.Options{Params: auth.Params{MemoryKiB: 64, Passes: 1, Lanes: 1}, Iterations: 4096, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{machine: machine}
	return &Admin{Cluster: c, Keys: seal.NewKeys(group, [32]byte{1}), Auth: a, Rand: rand.Reader}, c
}

// opens reports whether password opens the account, as a login finds out.
func opens(t *testing.T, a *Admin, address, password string) bool {
	t.Helper()
	out, err := a.Cluster.Do(t.Context(), &command.AccountRead{Account: ID(a.Keys, address)})
	if err != nil {
		t.Fatal(err)
	}
	record, err := command.DecodeAccountRecord(out.Payload)
	if err != nil {
		t.Fatal(err)
	}
	vault, err := OpenVault(a.Keys, rand.Reader, &record)
	if err != nil {
		t.Fatal(err)
	}
	list, err := vault.OpenVerifiers(record.Verifiers)
	if err != nil {
		t.Fatal(err)
	}
	ok, err := a.Auth.Check(t.Context(), list, Salt(a.Keys, record.Account), password)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func want(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func TestAdministration(t *testing.T) {
	a, c := newAdmin(t)
	ctx := t.Context()
	want(t, "create", a.Create(ctx, "Carol@Example.org", "first", 1<<20), nil)
	want(t, "create another", a.Create(ctx, "bob@example.org", "x", 0), nil)
	want(t, "create again", a.Create(ctx, "carol@example.ORG", "x", 0), ErrExists)
	want(t, "create without address", a.Create(ctx, "carol", "x", 0), ErrAddress)
	want(t, "create without password", a.Create(ctx, "d@example.org", "", 0), auth.ErrPasswordLength)
	if !opens(t, a, "carol@example.org", "first") || opens(t, a, "carol@example.org", "x") {
		t.Error("the first password is not the one that was given")
	}
	c.before = func(command.Command) { // another administrator comes between the read and the change
		c.before = func(command.Command) { want(t, "disable", a.Enable(ctx, "carol@example.org", false), nil) }
	}
	want(t, "set a password", a.SetPassword(ctx, "carol@example.org", "second"), nil)
	if !opens(t, a, "carol@example.org", "second") || opens(t, a, "carol@example.org", "first") {
		t.Error("the second password is not the one that was given")
	}
	want(t, "set nobody's password", a.SetPassword(ctx, "nobody@example.org", "x"), ErrNoAccount)
	want(t, "set no password", a.SetPassword(ctx, "carol@example.org", ""), auth.ErrPasswordLength)
	list, err := a.List(ctx)
	if err != nil || len(list) != 2 || list[0].Address != "bob@example.org" || !list[0].Enabled ||
		list[0].QuotaBytes != command.DefaultQuotaBytes || list[1] != (Account{Address: "carol@example.org", QuotaBytes: 1 << 20}) {
		t.Errorf("list %+v, %v", list, err)
	}
	want(t, "remove", a.Remove(ctx, "bob@example.org"), nil)
	want(t, "remove again", a.Remove(ctx, "bob@example.org"), ErrNoAccount)
	want(t, "enable nobody", a.Enable(ctx, "bob@example.org", true), ErrNoAccount)
	c.down = true
	want(t, "without a quorum", a.Create(ctx, "e@example.org", "x", 0), ErrUnavailable)
	for _, secret := range []string{"carol", "bob@", "example", "first", "second", "INBOX", "Drafts"} {
		if bytes.Contains(bytes.ToLower(c.exposed.Bytes()), bytes.ToLower([]byte(secret))) {
			t.Errorf("hosts can read %q", secret)
		}
	}
}

// Two keys, two accounts, two names: nothing of one opens as another.
func TestVaultsAreApart(t *testing.T) {
	a, _ := newAdmin(t)
	one, err := newVault(ID(a.Keys, "a@example.org"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	two, err := newVault(ID(a.Keys, "b@example.org"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringN(1, 40, 200).Draw(t, "name")
		token, sealed, err := one.Name(name)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := one.OpenName(token, sealed); err != nil || got != name {
			t.Fatalf("%q, %v", got, err)
		}
		other, _, err := one.Name(name + "x")
		if err != nil || other == token {
			t.Fatal("two names have one token")
		}
		for what, open := range map[string]func() error{
			"another token":   func() error { _, err := one.OpenName(other, sealed); return err },
			"another account": func() error { _, err := two.OpenName(token, sealed); return err },
			"another kind": func() error {
				_, err := one.OpenKeyword(command.KeywordDef{Token: token, Sealed: sealed})
				return err
			},
		} {
			if !errors.Is(open(), seal.ErrOpen) {
				t.Fatalf("a name opens with %s", what)
			}
		}
	})
	k1, err1 := one.Keyword("$Work")
	k2, err2 := one.Keyword("$wORK")
	if err1 != nil || err2 != nil || k1.Token != k2.Token || bytes.Equal(k1.Sealed, k2.Sealed) {
		t.Error("keywords are not compared without case, or sealed alike")
	}
}

func TestMessagesOpenOnlyAsPairs(t *testing.T) {
	a, _ := newAdmin(t)
	v, err := newVault(ID(a.Keys, "a@example.org"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	raw := bytes.Repeat([]byte("0123456789"), 20_000)
	body, summary, err := v.SealMessage(raw, []byte("summary"))
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := v.SealMessage(raw, []byte("summary"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := v.OpenSummary(seal.Sum(body), summary); err != nil || string(got) != "summary" {
		t.Errorf("summary %q, %v", got, err)
	}
	if _, err := v.OpenSummary(seal.Sum(other), summary); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("a summary opens beside another body: %v", err)
	}
	if got, err := v.OpenBody(body, 65_530, 20); err != nil || !bytes.Equal(got, raw[65_530:65_550]) {
		t.Errorf("a part: %q, %v", got, err)
	}
	for _, damaged := range [][]byte{nil, body[:40], summary} {
		if _, err := v.OpenBody(damaged, 0, 10); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("%d bytes open as a body: %v", len(damaged), err)
		}
	}
}
