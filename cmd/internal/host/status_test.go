package host

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/mailstore/command"
)

func facts(t *testing.T, g *group, i int) boundary.HostFacts {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	f, err := g.enclaves[i].HostFacts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// factsAt waits until replica i executed order.
func factsAt(t *testing.T, g *group, i int, order uint64) boundary.HostFacts {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		f := facts(t, g, i)
		if f.Executed >= order || time.Now().After(deadline) {
			return f
		}
	}
}

// Every host tells its enclave how far it is, and the digests of replicas can be compared, also after a
// restart and at a distance.
func TestHostFacts(t *testing.T) {
	g := newGroup(t, 3)
	for range 200 {
		g.do(1, &command.Ping{Data: []byte("x")})
	}
	last := g.do(1, &command.Ping{Data: []byte("x")}).Order
	g.end(2)
	g.start(2)
	<-g.enclaves[2].Ready()
	byOrder := map[uint64]wire.Digest{}
	for i := range 3 {
		f := factsAt(t, g, i, last)
		if f.Executed != last || f.View != 0 || f.Leader != 0 || f.Synced > f.Executed || f.Known < f.Executed || len(f.Peers) != 3 {
			t.Errorf("replica %d, last order %d: %+v", i, last, f)
		}
		if len(f.Alarms) > 0 {
			t.Errorf("replica %d raises %v", i, f.Alarms)
		}
		newest := f.Roots[len(f.Roots)-1]
		if newest.Order != last {
			t.Errorf("replica %d has its newest digest at %d", i, newest.Order)
		}
		for _, r := range f.Roots {
			if other, ok := byOrder[r.Order]; ok && other != r.Digest {
				t.Errorf("replica %d: another digest at %d", i, r.Order)
			}
			byOrder[r.Order] = r.Digest
		}
	}
	for order := last - last%rootEvery; order > last-200 && order > 0; order -= rootEvery {
		if _, ok := byOrder[order]; !ok {
			t.Errorf("nobody has the digest at %d", order)
		}
	}
}

const rootEvery = 64

// A record that rots on disk is fetched from a peer, and the host says so.
func TestDamagedRecordIsNamed(t *testing.T) {
	g := newGroup(t, 3)
	body := make([]byte, wire.ChunkBytes)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := g.enclaves[1].StoreBody(ctx, body); err != nil {
		t.Fatal(err)
	}
	if _, err := g.enclaves[1].Record(ctx, wire.Sum(body), uint32(len(body))); err != nil {
		t.Fatal(err)
	}
	damaged := 0
	err := filepath.Walk(filepath.Join(g.dirs[1], "bodies"), func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() || info.Size() < int64(len(body)) {
			return err
		}
		damaged++
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteAt([]byte{0xff}, 1000)
		return errors.Join(err, f.Close())
	})
	if err != nil || damaged != 1 {
		t.Fatalf("damaged %d files: %v", damaged, err)
	}
	got, err := g.enclaves[1].Record(ctx, wire.Sum(body), uint32(len(body)))
	if err != nil || len(got) != len(body) {
		t.Fatal(err)
	}
	for _, a := range facts(t, g, 1).Alarms {
		if a.Code == boundary.AlarmBodyLost && a.Count == 1 {
			return
		}
	}
	t.Fatalf("no alarm names the record: %v", facts(t, g, 1).Alarms)
}
