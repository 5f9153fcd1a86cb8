package host

import (
	"bytes"
	"context"
	"encoding/binary"
	"flag"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/integration/liar"
	"troxymail/mailstore/command"
	"troxymail/mailstore/state"
)

const (
	// lyingFor is how long a lie is told at least.
	lyingFor = 150 * time.Millisecond
	// patience is how long a client of the liar's replica waits for an answer or a refusal.
	patience = 250 * time.Millisecond
	// maxHeap bounds the heap of a whole group, in bytes: a link holds up to boundary.MaxQueueBytes for a side
	// that does not read, and what is above is not the flood's.
	maxHeap = boundary.MaxQueueBytes + 256<<20
)

// Every lie of a follower's host: clients at the honest replicas get the truth, and soon; those at the liar's
// own get the truth or none; honest replicas agree afterwards.
func TestLiesOfAFollower(t *testing.T) {
	for _, name := range liar.Names(false) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hear(t, name, 2)
		})
	}
}

// The lies that only a leader's host can tell, and others that mean more when it tells them: nobody gets
// anything but the truth. Progress is expected only where the lie itself leaves it; without view changes a
// leader that lies may stop it.
func TestLiesOfTheLeader(t *testing.T) {
	for _, name := range append(liar.Names(true),
		"wrong-results", "claims-durable", "silent-to-its-enclave", "silent-to-peers", "deaf-to-peers", "duplicates",
		"reorders", "replays", "wrong-questions", "garbage-to-peers", "misdirects", "forged-certificates", "false-progress",
		"old-frontier", "false-frontier",
	) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hear(t, name, 0)
		})
	}
}

// trial is one lie told in one group.
type trial struct {
	t        *testing.T
	g        *group
	m        *mail
	l        *liar.Liar
	who      int
	honest   []int
	progress bool
	acked    []wire.Digest // bodies of messages that the liar's replica acknowledged
}

// hear has replica who lie and listens at all replicas.
func hear(t *testing.T, name string, who int) {
	lie, _ := liar.Find(name)
	l, err := liar.New(name, who, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	x := &trial{t: t, l: l, who: who, honest: []int{0, 1, 2}, progress: who != 0 || lie.Progress}
	x.honest = slices.Delete(x.honest, who, who+1)
	x.g = newGroupWith(t, 3, map[int]*liar.Liar{who: l})
	x.m = newMail(x.g)
	x.m.file(6, 0, 1, 2)
	x.g.agree()
	ctx, stop := context.WithCancel(t.Context())
	var lying sync.WaitGroup
	lying.Go(func() { l.Run(ctx) })
	l.Lie(true)
	if lie.AtStart {
		x.g.relink(who)
	}
	x.listen()
	l.Lie(false)
	stop()
	lying.Wait()
	if l.Told() == 0 {
		t.Error("the lie was never told")
	}
	x.compare()
}

// listen uses all replicas while the lie is told.
func (x *trial) listen() {
	var there sync.WaitGroup
	known := slices.Clone(x.m.bodies)
	there.Go(func() { x.atTheLiar(known) })
	began := time.Now()
	for round := uint64(0); x.goesOn(began, round); round++ {
		for _, i := range x.honest {
			if x.progress {
				x.m.file(1, i)
				x.m.large(i)
				x.ask(i, round, 30*time.Second, true)
			} else {
				x.ask(i, round, patience, false)
			}
		}
	}
	there.Wait()
}

// goesOn reports whether there is to be another round: for lyingFor, and until the lie was told.
func (x *trial) goesOn(began time.Time, round uint64) bool {
	return time.Since(began) < lyingFor || x.l.Told() == 0 && round < 50
}

// ask has a replica echo something; an answer must be true, and must come if it is due.
func (x *trial) ask(i int, round uint64, wait time.Duration, due bool) {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x.t.Context(), wait)
	defer cancel()
	data := binary.BigEndian.AppendUint64([]byte{byte(i)}, round)
	o, err := x.g.enclaves[i].Do(ctx, &command.Ping{Data: data, AsRead: round%2 == 0})
	switch {
	case err != nil && due:
		x.t.Errorf("replica %d: %v", i, err)
	case err == nil && o.Status == command.StatusOK && !bytes.Equal(o.Payload, data):
		x.t.Errorf("replica %d answers %x, which is not true", i, o.Payload)
	}
	_, _ = x.g.enclaves[i].Validate(ctx, []wire.Key{command.MailboxKey(x.m.account, 1)}) // TestValidatedReadsBesideLiars judges
}

// atTheLiar is a client of the liar's replica: it is told the truth, about bodies that it knows too, or nothing.
func (x *trial) atTheLiar(known [][]byte) {
	e := x.g.enclaves[x.who]
	account, body := x.m.account, bytes.Repeat([]byte("a large sealed body of the liar's own client "), 2000)
	began := time.Now()
	for round := uint64(0); x.goesOn(began, round); round++ {
		x.ask(x.who, 1<<32+round, patience, false)
		ctx, cancel := context.WithTimeout(x.t.Context(), patience)
		want := known[int(round)%len(known)]
		if got, err := e.Record(ctx, wire.Sum(want), uint32(len(want))); err == nil && !bytes.Equal(got, want) {
			x.t.Error("the liar's replica shows other mail than was filed")
		}
		small := binary.BigEndian.AppendUint64([]byte("filed at the liar's replica"), round)
		o, err := e.Do(ctx, &command.Append{
			Account: account, Mailbox: 1, Size: 1, Summary: small[:8], Body: small,
			BodyDigest: wire.Sum(small), BodySize: uint32(len(small)),
		})
		if err == nil && o.Status == command.StatusOK {
			x.acked = append(x.acked, wire.Sum(small))
		}
		_, _ = e.HostFacts(ctx)
		_, _ = e.Peek(ctx, &command.AccountRead{Account: account}) // whoever asks checks what this says
		cancel()
		ctx, cancel = context.WithTimeout(x.t.Context(), patience) // the above may have taken it all
		_ = e.StoreBody(ctx, binary.BigEndian.AppendUint64(body, round))
		cancel()
	}
}

// large files a large message through replica i.
func (m *mail) large(i int) {
	m.g.t.Helper()
	body := binary.BigEndian.AppendUint64(bytes.Repeat([]byte{byte(i)}, wire.InlineBodyBytes), uint64(len(m.bodies)))
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := m.g.enclaves[i].StoreBody(ctx, body); err != nil {
		m.g.t.Fatal(err)
	}
	m.ok(i, &command.Append{
		Account: m.account, Mailbox: 1, Size: 5, Summary: body[len(body)-100:],
		BodyDigest: wire.Sum(body), BodySize: uint32(len(body)),
	})
	m.bodies = append(m.bodies, body)
}

// compare looks at the honest replicas after the lie.
func (x *trial) compare() {
	x.t.Helper()
	if x.progress {
		x.g.agreeAt(x.honest...)
		for _, i := range x.honest {
			x.m.read(i)
		}
	}
	byOrder := map[uint64]wire.Digest{}
	for _, i := range x.honest {
		for _, r := range x.g.hosts[i].Figures().Facts.Roots {
			if other, ok := byOrder[r.Order]; ok && other != r.Digest {
				x.t.Errorf("honest replicas differ after order %d", r.Order)
			}
			byOrder[r.Order] = r.Digest
		}
	}
	for _, d := range x.acked {
		filed := false
		for _, i := range x.honest {
			ok, err := state.StillReferred(x.g.hosts[i].store(), d)
			filed = filed || err == nil && ok
		}
		if !filed {
			x.t.Error("a message that was acknowledged at the liar's replica is nowhere else")
		}
	}
}

// A flood of frames, requests, bodies or answers makes nobody fat: neither the enclave that it is for, nor an
// honest host.
func TestFloodsFattenNobody(t *testing.T) {
	for _, name := range []string{
		"floods-its-enclave", "garbage-to-its-enclave", "endless-records", "replays", "floods-requests", "floods-fetches",
		"floods-bodies", "floods-frames",
	} {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			ctx, stop := context.WithCancel(t.Context())
			var watch sync.WaitGroup
			watch.Go(func() {
				for tick := time.Tick(5 * time.Millisecond); ctx.Err() == nil; <-tick {
					var stats runtime.MemStats
					runtime.ReadMemStats(&stats)
					if stats.HeapAlloc > maxHeap {
						t.Errorf("%d MiB in use", stats.HeapAlloc>>20)
						return
					}
				}
			})
			hear(t, name, 2)
			stop()
			watch.Wait()
		})
	}
}

// TestMain lets more cases run at a time than there are processors: they wait more than they compute.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
