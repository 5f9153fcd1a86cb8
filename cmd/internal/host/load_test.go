package host

import (
	"bytes"
	"context"
	"encoding/binary"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/replica"
	"troxymail/mailstore/command"
)

// mail is a load like a mail server's on one account of a group, and what it stored.
type mail struct {
	g       *group
	rng     *rand.Rand
	account command.AccountID
	bodies  [][]byte // sealed bodies of messages that were filed
	next    command.UID
}

func newMail(g *group) *mail {
	m := &mail{g: g, rng: rand.New(rand.NewPCG(1, 2)), account: command.AccountID{1}, next: 1}
	m.ok(0, &command.AccountCreate{
		Account: m.account, Sealed: []byte{1}, WrappedKey: []byte{1},
		Mailboxes: []command.NewMailbox{{Token: command.Token{1}, Sealed: []byte{1}, Inbox: true}},
	})
	return m
}

func (m *mail) ok(i int, c command.Command) replica.Outcome {
	m.g.t.Helper()
	o := m.g.do(i, c)
	if o.Status != command.StatusOK {
		m.g.t.Fatalf("%T: status %d", c, o.Status)
	}
	return o
}

// file stores n messages through the replicas that are up, some of them large, and changes some.
func (m *mail) file(n int, at ...int) {
	m.g.t.Helper()
	for k := range n {
		i := at[k%len(at)]
		size := 200 + m.rng.IntN(3000)
		if m.rng.IntN(12) == 0 {
			size = wire.InlineBodyBytes + 1 + m.rng.IntN(2*wire.ChunkBytes)
		}
		body := make([]byte, size)
		for at := 0; at+8 <= size; at += 8 {
			binary.LittleEndian.PutUint64(body[at:], m.rng.Uint64())
		}
		c := &command.Append{
			Account: m.account, Mailbox: 1, Size: uint32(size), Summary: bytes.Clone(body[:100]),
			BodyDigest: wire.Sum(body), BodySize: uint32(size), Body: body,
		}
		if size > wire.InlineBodyBytes {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			if err := m.g.enclaves[i].StoreBody(ctx, body); err != nil {
				m.g.t.Fatal(err)
			}
			cancel()
			c.Body = nil
		}
		m.ok(i, c)
		m.bodies = append(m.bodies, body)
		if m.next++; m.rng.IntN(3) == 0 {
			uid := command.UID(1 + m.rng.IntN(int(m.next-1)))
			m.ok(i, &command.Store{
				Account: m.account, Mailbox: 1, Mode: command.StoreAdd, Flags: command.FlagSeen,
				UIDs: []command.UIDRange{{First: uid, Last: uid}}, UnchangedSince: 1 << 60,
			})
		}
	}
}

// read reads every body at replica i, through its host and if need be from its peers.
func (m *mail) read(i int) {
	m.g.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, body := range m.bodies {
		got, err := m.g.enclaves[i].Record(ctx, wire.Sum(body), uint32(len(body)))
		if err != nil || !bytes.Equal(got, body) {
			m.g.t.Fatalf("replica %d: %d bytes: %v", i, len(got), err)
		}
	}
}

// agree waits until all replicas that are up executed the same and compares their state digests.
func (g *group) agree() {
	g.t.Helper()
	var up []int
	for i := range g.n {
		if g.hosts[i] != nil {
			up = append(up, i)
		}
	}
	g.agreeAt(up...)
}

// agreeAt does so at some replicas.
func (g *group) agreeAt(at ...int) {
	g.t.Helper()
	var last uint64
	for _, i := range at {
		last = max(last, g.do(i, &command.Ping{Data: []byte("agree")}).Order)
	}
	var root wire.Digest
	for _, i := range at {
		f := g.caughtUp(i, last)
		at := slices.IndexFunc(f.Roots, func(r boundary.Root) bool { return r.Order == last })
		if at < 0 || root != (wire.Digest{}) && root != f.Roots[at].Digest {
			g.t.Fatalf("replica %d: another digest than %v at order %d: %v", i, root, last, f.Roots)
		}
		root = f.Roots[at].Digest
	}
}

// caughtUp waits until replica i executed order and its enclave voted for it, if it may vote in that view.
func (g *group) caughtUp(i int, order uint64) boundary.HostFacts {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		f, err := g.enclaves[i].HostFacts(ctx)
		if err != nil {
			g.t.Fatalf("replica %d is at %+v: %v", i, g.hosts[i].Figures().Status, err)
		}
		if s := g.hosts[i].Figures().Status; f.Executed >= order && (s.Prepared >= order || !s.InView) {
			return f
		}
	}
}

// raises reports whether replica i raises an alarm, as its enclave is told.
func (g *group) raises(i int, code boundary.AlarmCode) bool {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	f, err := g.enclaves[i].HostFacts(ctx)
	if err != nil {
		g.t.Fatal(err)
	}
	for _, a := range f.Alarms {
		if a.Code == code {
			return true
		}
	}
	return false
}

// copyFolder copies a folder as it is.
func copyFolder(t testing.TB, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// files lists the files below a folder whose path contains part.
func files(t testing.TB, dir, part string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && strings.Contains(strings.TrimPrefix(path, dir), part) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// flip damages one byte of a file, among those that are not zero if it has any: preallocated space does not
// count.
func flip(t testing.TB, path string, rng *rand.Rand) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	used := len(bytes.TrimRight(b, "\x00"))
	if used == 0 {
		return
	}
	b[rng.IntN(used)] ^= byte(1 + rng.IntN(255))
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
