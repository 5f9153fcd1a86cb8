package replica

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/troxy"
	"troxymail/mailstore/command"
)

func drop([]byte) [][]byte { return nil }

func TestDo(t *testing.T) {
	for _, n := range []int{3, 5} {
		inCluster(t, n, func(t *testing.T, c *cluster) {
			began := time.Now()
			for i := range n {
				for _, read := range []bool{false, true} {
					if err := c.do(i, "hello", read); err != nil {
						t.Errorf("replica %d of %d: %v", i, n, err)
					}
				}
			}
			if waited := time.Since(began); waited != 0 {
				t.Errorf("waited %v for timers", waited)
			}
			if s := c.hosts[1].r.Stats(); s.BadFrames+s.BadMACs+s.UnaskedAnswers+s.RefusedClaims+s.RefusedCertificates+s.EarlyFrames != 0 {
				t.Errorf("honest hosts are accused: %+v", s)
			}
		})
	}
}

func TestDoConcurrently(t *testing.T) {
	inCluster(t, 3, func(t *testing.T, c *cluster) {
		var group sync.WaitGroup
		for g := range 64 {
			group.Go(func() {
				for k := range 5 {
					if err := c.do(g%3, fmt.Sprint(g, k), k%2 == 0); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		if len(c.log) != 64*5 {
			t.Errorf("%d orders for %d commands", len(c.log), 64*5)
		}
	})
}

// All first answers are lost: a write is answered after a retransmission, executed once; a read is asked anew.
func TestLostAnswers(t *testing.T) {
	for _, read := range []bool{false, true} {
		inCluster(t, 3, func(t *testing.T, c *cluster) {
			for i := range 3 {
				c.lies(i, boundary.KindExecuted, drop)
			}
			done := make(chan error, 1)
			go func() { done <- c.do(1, "x", read) }()
			synctest.Wait()
			for i := range 3 {
				c.lies(i, 0, func(f []byte) [][]byte { return [][]byte{f} })
			}
			began := time.Now()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			want, orders := troxy.RetransmitAfter, 1
			if read {
				want, orders = 7*troxy.RetransmitAfter, 2
			}
			if waited := time.Since(began); waited != want || len(c.log) != orders {
				t.Errorf("read %v: answered after %v with %d orders, want %v and %d", read, waited, len(c.log), want, orders)
			}
		})
	}
}

func TestCancelledDoLeavesNothing(t *testing.T) {
	inCluster(t, 3, func(t *testing.T, c *cluster) {
		for i := range 3 {
			c.lies(i, 0, drop)
		}
		ctx, cancel := context.WithCancel(context.Background())
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				if _, err := c.hosts[0].r.Do(ctx, &command.Ping{}); !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
			})
		}
		synctest.Wait()
		cancel()
		group.Wait()
		time.Sleep(troxy.GiveUpAfter)
		synctest.Wait()
		if s := c.hosts[0].r.Stats(); s.Pending != 0 || s.Client.GivenUp != 100 {
			t.Errorf("%d pending, %d given up", s.Pending, s.Client.GivenUp)
		}
	})
}

// A silent host: no call hangs, none is answered, and calls that wait for room in the window end in time too.
func TestSilence(t *testing.T) {
	inCluster(t, 3, func(t *testing.T, c *cluster) {
		c.lies(2, 0, drop)
		began := time.Now()
		var group sync.WaitGroup
		for range troxy.Window + 500 {
			group.Go(func() {
				if err := c.do(2, "x", false); !errors.Is(err, ErrUnavailable) {
					t.Errorf("got %v", err)
				}
			})
		}
		group.Go(func() {
			if _, err := c.hosts[2].r.Record(context.Background(), wire.Digest{1}, 10); !errors.Is(err, ErrGone) {
				t.Errorf("record: %v", err)
			}
		})
		group.Wait()
		if waited := time.Since(began); waited != troxy.GiveUpAfter {
			t.Errorf("ended after %v", waited)
		}
		if err := c.hosts[2].r.StoreBody(context.Background(), make([]byte, wire.InlineBodyBytes+1)); !errors.Is(err, ErrUnavailable) {
			t.Errorf("body: %v", err)
		}
		if err := c.do(1, "x", false); err != nil {
			t.Errorf("the others are hurt: %v", err)
		}
	})
}

func TestStop(t *testing.T) {
	inCluster(t, 3, func(t *testing.T, c *cluster) {
		c.lies(0, 0, drop)
		r, ctx, errs := c.hosts[0].r, context.Background(), make(chan error, 4)
		go func() { errs <- c.do(0, "x", false) }()
		go func() { _, err := r.Record(ctx, wire.Digest{1}, 10); errs <- err }()
		go func() { errs <- r.StoreBody(ctx, make([]byte, wire.MaxBodyBytes)) }()
		synctest.Wait()
		c.hosts[0].stop()
		for range 3 {
			if err := <-errs; !errors.Is(err, ErrStopped) {
				t.Errorf("a waiting call: %v", err)
			}
		}
		if err := c.do(0, "x", false); !errors.Is(err, ErrStopped) {
			t.Errorf("a later call: %v", err)
		}
	})
}

func TestLinkClosedEndsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		enclave, host := boundary.Pipe()
		r := New(options(t, 3, 0, enclave))
		ended := make(chan error, 1)
		go func() { ended <- r.Run(context.Background()) }()
		_ = host.Close()
		if err := <-ended; !errors.Is(err, boundary.ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
}

// Commands that no host would take are refused here: they would only time out, or close the link.
func TestSizes(t *testing.T) {
	inCluster(t, 3, func(t *testing.T, c *cluster) {
		r, ctx := c.hosts[0].r, context.Background()
		if _, err := r.Do(ctx, &command.Ping{Data: make([]byte, wire.MaxCommandBytes)}); !errors.Is(err, ErrSize) {
			t.Errorf("a huge command: %v", err)
		}
		for _, n := range []int{0, wire.InlineBodyBytes, wire.MaxBodyBytes + 1} {
			if err := r.StoreBody(ctx, make([]byte, n)); !errors.Is(err, ErrSize) {
				t.Errorf("a body of %d bytes: %v", n, err)
			}
		}
		for _, n := range []uint32{0, wire.MaxBodyBytes + 1} {
			if _, err := r.Record(ctx, wire.Digest{1}, n); !errors.Is(err, ErrGone) {
				t.Errorf("a record of %d bytes: %v", n, err)
			}
		}
	})
}

func TestStoreBodyAndRecord(t *testing.T) {
	inCluster(t, 3, func(t *testing.T, c *cluster) {
		body := bytes.Repeat([]byte("sealed "), wire.ChunkBytes/2)
		var group sync.WaitGroup
		for range 3 { // the same body at once
			group.Go(func() {
				if err := c.hosts[1].r.StoreBody(context.Background(), body); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for _, h := range c.hosts {
			got, err := h.r.Record(context.Background(), wire.Sum(body), uint32(len(body)))
			if err != nil || !bytes.Equal(got, body) {
				t.Errorf("replica %d: %d bytes, %v", h.id, len(got), err)
			}
		}
		if used := c.hosts[1].r.storeBytes.used(maxStoringBytes); used != 0 {
			t.Errorf("%d bytes of bodies are still counted", used)
		}
	})
}

// Lost attestations are asked for again.
func TestLostAttestations(t *testing.T) {
	inCluster(t, 3, func(t *testing.T, c *cluster) {
		c.lies(1, boundary.KindBodyStored, drop)
		done := make(chan error, 1)
		go func() { done <- c.hosts[1].r.StoreBody(context.Background(), make([]byte, wire.InlineBodyBytes+1)) }()
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("stored on the word of the own host alone: %v", err)
		default:
		}
		c.lies(1, 0, func(f []byte) [][]byte { return [][]byte{f} })
		began := time.Now()
		if err := <-done; err != nil || time.Since(began) != storeAgainAfter {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// Bodies that nobody waits for any more still count until they left the link.
func TestCancelledBodiesCount(t *testing.T) {
	inCluster(t, 3, func(t *testing.T, c *cluster) {
		c.lies(0, 0, drop)
		r := c.hosts[0].r
		for i := range byte(3) { // two fill the budget, the third waits in vain
			body := make([]byte, wire.MaxBodyBytes)
			body[0] = i
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			if err := r.StoreBody(ctx, body); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("body %d: %v", i, err)
			}
			cancel()
		}
		if used := r.storeBytes.used(maxStoringBytes); used != 2*wire.MaxBodyBytes {
			t.Errorf("%d bytes counted", used)
		}
		time.Sleep(storeTimeout)
		synctest.Wait()
		if used := r.storeBytes.used(maxStoringBytes); used != 0 {
			t.Errorf("%d bytes counted after all were given up", used)
		}
	})
}

func TestWatch(t *testing.T) {
	inCluster(t, 3, func(t *testing.T, c *cluster) {
		account := command.AccountID{7}
		read, write := &command.AccountRead{Account: account}, &command.AccountEnable{Account: account}
		keys := append(write.Keys(), wire.Key{Kind: wire.KeyMailbox, Mailbox: 5})
		changes, cancel := c.hosts[2].r.Watch(keys)
		clear(keys) // the caller's slice is the caller's
		for _, x := range []struct {
			c    command.Command
			told int
		}{{read, 0}, {&command.AccountEnable{Account: command.AccountID{8}}, 0}, {write, 1}, {write, 1}} {
			if _, err := c.hosts[0].r.Do(context.Background(), x.c); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if len(changes) != x.told {
				t.Errorf("%T: told %d times, want %d", x.c, len(changes), x.told)
			}
		}
		// A host that keeps its own results back keeps no outcome of the enclave's own commands from it.
		<-changes
		c.lies(2, boundary.KindExecuted, drop)
		if _, err := c.hosts[2].r.Do(context.Background(), write); err != nil {
			t.Fatal(err)
		}
		if len(changes) != 1 {
			t.Error("an own command was answered and nobody told")
		}
		cancel()
		if n := len(c.hosts[2].r.watches.byKey); n != 0 {
			t.Errorf("%d keys are watched after cancel", n)
		}
	})
}
