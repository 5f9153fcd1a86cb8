package replica

import (
	"context"
	"testing"
	"testing/synctest"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/mailstore/command"
)

var someone = command.AccountID{1}

// enable orders a write on someone's account at replica i and returns its digest.
func (c *cluster) enable(i int) wire.Digest {
	c.t.Helper()
	o, err := c.hosts[i].r.Do(context.Background(), &command.AccountEnable{Account: someone, Enabled: true})
	if err != nil || len(o.Touched) != 1 {
		c.t.Fatalf("write at %d: %v, touched %v", i, err, o.Touched)
	}
	return o.Touched[0].Digest
}

func (c *cluster) validate(i int) (wire.Digest, bool) {
	versions, ok := c.hosts[i].r.Validate(context.Background(), []wire.Key{command.AccountKey(someone)})
	if !ok {
		return wire.Digest{}, false
	}
	return versions[0].Digest, true
}

// greet orders a request of each replica, so that none is a stranger to the order.
func (c *cluster) greet() {
	c.t.Helper()
	for i := range c.hosts {
		if err := c.do(i, "hello", true); err != nil {
			c.t.Fatal(err)
		}
	}
}

// A write at one replica is known at all, without another order.
func TestValidate(t *testing.T) {
	for _, n := range []int{3, 5} {
		inCluster(t, n, func(t *testing.T, c *cluster) {
			if _, ok := c.validate(0); ok {
				t.Fatal("a key that nobody spoke of was validated")
			}
			c.greet()
			for round := range n {
				want := c.enable(round)
				synctest.Wait()
				orders := len(c.log)
				for i := range n {
					if got, ok := c.validate(i); !ok || got != want {
						t.Fatalf("replica %d: %v %v, want %v", i, got, ok, want)
					}
				}
				if len(c.log) != orders {
					t.Fatal("a validated read was ordered")
				}
			}
			synctest.Wait()
			if s := c.hosts[0].r.Stats().Reads; s.Valid != uint64(n) || s.Unknown != 1 {
				t.Errorf("counted %+v", s)
			}
		})
	}
}

// A read raises what every enclave knows of its keys, like a write: else a lying host that lets its enclave answer the
// read and keeps the write before it back could have the old value validated later.
func TestReadsRaiseVersions(t *testing.T) {
	inCluster(t, 3, func(t *testing.T, c *cluster) {
		c.greet()
		c.enable(0)
		o, err := c.hosts[1].r.Do(context.Background(), &command.AccountRead{Account: someone})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for i, h := range c.hosts {
			versions, ok := h.r.Validate(context.Background(), []wire.Key{command.AccountKey(someone)})
			if !ok || versions[0].Version != o.Order {
				t.Errorf("replica %d knows %+v (%v) after a read at order %d", i, versions, ok, o.Order)
			}
		}
	})
}

// Whatever a host tells its own enclave or keeps from it: what is validated anywhere is the newest value that was
// told, or nothing is.
func TestValidateWithLiar(t *testing.T) {
	lies := map[string]func(old wire.Digest) (boundary.Kind, func(f []byte) [][]byte){
		"withholds what it executed": func(wire.Digest) (boundary.Kind, func(f []byte) [][]byte) {
			return boundary.KindExecuted, func([]byte) [][]byte { return nil }
		},
		"gives the old digest at the new order": func(old wire.Digest) (boundary.Kind, func(f []byte) [][]byte) {
			return boundary.KindExecuted, func(f []byte) [][]byte {
				e := must(boundary.DecodeExecuted(f))
				for i := range e.Results {
					for j := range e.Results[i].Head.Touched {
						e.Results[i].Head.Touched[j].Digest = old
					}
				}
				return [][]byte{e.Append(nil)}
			}
		},
		"carries no questions and answers": func(wire.Digest) (boundary.Kind, func(f []byte) [][]byte) {
			return boundary.KindCache, func([]byte) [][]byte { return nil }
		},
		"says everything twice and damaged": func(wire.Digest) (boundary.Kind, func(f []byte) [][]byte) {
			return boundary.KindCache, func(f []byte) [][]byte {
				bad := append([]byte(nil), f...)
				bad[len(bad)-1] ^= 1
				return [][]byte{bad, f, f}
			}
		},
	}
	for name, lie := range lies {
		for liar := range 3 {
			t.Run(name, func(t *testing.T) {
				inCluster(t, 3, func(t *testing.T, c *cluster) {
					c.greet()
					old := c.enable(1)
					synctest.Wait()
					c.lies(liar, kindOf(lie(old)), lieOf(lie(old)))
					want := c.enable((liar + 1) % 3)
					for i := range 3 {
						if got, ok := c.validate(i); ok && got != want {
							t.Errorf("replica %d validated %v after %v was told", i, got, want)
						}
					}
				})
			})
		}
	}
}

func kindOf(k boundary.Kind, _ func([]byte) [][]byte) boundary.Kind { return k }

func lieOf(_ boundary.Kind, lie func([]byte) [][]byte) func([]byte) [][]byte { return lie }

// A host that answers no peek, or answers what was not asked, ends in "no".
func TestPeek(t *testing.T) {
	inCluster(t, 3, func(t *testing.T, c *cluster) {
		read := &command.AccountRead{Account: someone}
		if _, ok := c.hosts[0].r.Peek(context.Background(), read); ok {
			t.Error("a host that says nothing was heard")
		}
		c.mu.Lock()
		c.hosts[0].tell((&boundary.Peeked{Token: 77, Done: true}).Append(nil))
		c.hosts[0].peek = func(p boundary.Peek) boundary.Peeked {
			return boundary.Peeked{Token: p.Token, Done: true, Payload: p.Command, Evidence: []byte("evidence")}
		}
		c.mu.Unlock()
		seen, ok := c.hosts[0].r.Peek(context.Background(), read)
		if !ok || string(seen.Payload) != string(read.Append(nil)) || string(seen.Evidence) != "evidence" {
			t.Errorf("seen %+v, %v", seen, ok)
		}
		synctest.Wait()
		if got := c.hosts[0].r.Stats().UnaskedAnswers; got != 1 {
			t.Errorf("%d unasked answers", got)
		}
	})
}
