package host

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/replica"
	"troxymail/mailstore/command"
)

// An enclave that is gone is followed by another on the same open host, again and again and under load:
// the leader's too. Orders rise, and everybody goes on.
func TestEnclavesComeAndGo(t *testing.T) {
	g := newGroup(t, 3)
	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	steady := g.enclaves[1]
	for range 8 {
		load.Go(func() {
			for ctx.Err() == nil {
				_, err := steady.Do(ctx, &command.Ping{Data: make([]byte, 512)})
				if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, replica.ErrUnavailable) {
					t.Error(err)
				}
			}
		})
	}
	var last uint64
	for round := range 6 {
		i := []int{2, 0}[round%2]
		g.relink(i)
		o := g.do(i, &command.Ping{Data: []byte("again")})
		if o.Order <= last {
			t.Fatalf("round %d: order %d after %d", round, o.Order, last)
		}
		last = o.Order
		if f := g.hosts[i].Figures(); !f.Connected || !f.Ready {
			t.Fatalf("round %d: %+v", round, f)
		}
	}
	stop()
	load.Wait()
	for i := range 3 {
		g.do(i, &command.Ping{Data: []byte("end")})
	}
}

func TestServeEndsWithTheLink(t *testing.T) {
	g := newGroup(t, 3)
	_ = g.ends[2].Close()
	g.done[2].Wait()
	if f := g.hosts[2].Figures(); f.Connected || f.Ready {
		t.Fatalf("still connected: %+v", f)
	}
	g.do(1, &command.Ping{Data: []byte("without it")})
	g.hosts[2].Receive(0, []byte{1, 1}) // without an enclave frames are dropped
}

// A host that is stopped while its enclave waits for others to come back has not failed.
func TestServeEndsWhileTheEnclaveComesBack(t *testing.T) {
	g := startGroup(t, 3, nil, wire.Founding{})
	g.do(0, &command.Ping{Data: []byte("all are there")})
	g.end(1)
	g.end(2)
	g.relink(0)
	for end := time.Now().Add(patient); len(g.hosts[0].Figures().Facts.Alarms) == 0; pause(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it waits for nobody")
		}
	}
	g.end(0)
}

func TestFolderOfAnotherIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	open := func(genesis [32]byte, self wire.ReplicaID) error {
		h, err := Open(Options{
			Dir: dir, Self: self, Replicas: 3, Founding: testFounding, Genesis: genesis, FirstMailbox: 1,
			Logger: slog.New(slog.DiscardHandler),
		})
		if err == nil {
			err = h.Close()
		}
		return err
	}
	if err := open(testGenesis, 1); !errors.Is(err, ErrNoFolder) {
		t.Errorf("a missing folder: %v", err)
	}
	if err := Prepare(dir, testGenesis, 1); err != nil {
		t.Fatal(err)
	}
	if err := open(testGenesis, 1); err != nil {
		t.Fatal(err)
	}
	if err := Prepare(dir, testGenesis, 1); err == nil {
		t.Error("a folder in use was prepared anew")
	}
	if err := open(testGenesis, 2); !errors.Is(err, ErrForeign) {
		t.Errorf("another replica: %v", err)
	}
	if err := open([32]byte{8}, 1); !errors.Is(err, ErrForeign) {
		t.Errorf("another genesis: %v", err)
	}
	mark := filepath.Join(dir, markName)
	text, _ := os.ReadFile(mark)
	newer := strings.Replace(string(text), "troxymail-host 2", "troxymail-host 3", 1)
	older := strings.Replace(string(text), "troxymail-host 2", "troxymail-host 1", 1)
	for want, content := range map[error]string{ErrNewer: newer, ErrOlder: older, ErrForeign: "something else"} {
		if err := os.WriteFile(mark, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := open(testGenesis, 1); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	if err := os.Remove(mark); err != nil {
		t.Fatal(err)
	}
	if err := open(testGenesis, 1); !errors.Is(err, ErrForeign) {
		t.Errorf("without an owner: %v", err)
	}
}
