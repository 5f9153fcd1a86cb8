package replica

import (
	"testing"
	"testing/synctest"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/cache/lag"
	"troxymail/enclave/boundary"
	"troxymail/mailstore/command"
)

// withhold has the host of replica 2 keep the results of others' writes from its enclave.
func withhold(f []byte) [][]byte {
	e, err := boundary.DecodeExecuted(f)
	if err != nil {
		return [][]byte{f}
	}
	for i := range e.Results {
		q, err := wire.DecodeRequestHeader(e.Results[i].Item.Header)
		if err == nil && !q.ReadOnly() && q.ID.Origin != 2 {
			return nil
		}
	}
	return [][]byte{f}
}

// Who watches at a host that withholds writes is woken nevertheless, and the enclave says that its host is behind; an
// honest host's enclave says nothing.
func TestWithheldWrites(t *testing.T) {
	for _, n := range []int{3, 5} {
		inCluster(t, n, func(t *testing.T, c *cluster) {
			c.greet()
			c.enable(0)
			var woken []<-chan struct{}
			for i := range n {
				hints, cancel := c.hosts[i].r.Watch([]wire.Key{command.AccountKey(someone)})
				defer cancel()
				woken = append(woken, hints)
			}
			time.Sleep(3 * lag.Every)
			synctest.Wait()
			for i := range n { // a replica that executed the first write late was woken by that
				select {
				case <-woken[i]:
				default:
				}
			}
			c.lies(2, boundary.KindExecuted, withhold)
			c.enable(1)
			time.Sleep(3 * lag.Every)
			synctest.Wait()
			for i := range n {
				select {
				case <-woken[i]:
				default:
					t.Errorf("n=%d: replica %d was not woken", n, i)
				}
			}
			time.Sleep(lag.GraceRounds * lag.Every)
			synctest.Wait()
			for i := range n {
				select {
				case s := <-c.hosts[i].r.Lagging():
					if s != lag.Behind || i != 2 {
						t.Errorf("n=%d: replica %d: %v", n, i, s)
					}
				default:
					if i == 2 {
						t.Errorf("n=%d: nothing was said of the host that withholds", n)
					}
				}
			}
			if s := c.hosts[2].r.Stats(); s.Lag.Behind != 1 || len(s.Alarms()) == 0 {
				t.Errorf("n=%d: counted %+v, alarms %v", n, s.Lag, s.Alarms())
			}
		})
	}
}

// A host that carries no messages between enclaves leaves its own alone, and the others know nothing of it.
func TestHostThatCarriesNothing(t *testing.T) {
	inCluster(t, 3, func(t *testing.T, c *cluster) {
		c.greet()
		_, cancel := c.hosts[2].r.Watch([]wire.Key{command.AccountKey(someone)})
		defer cancel()
		c.lies(2, boundary.KindCache, func([]byte) [][]byte { return nil })
		time.Sleep((lag.SilentRounds + 3) * lag.Every)
		synctest.Wait()
		select {
		case s := <-c.hosts[2].r.Lagging():
			if s != lag.Alone {
				t.Fatalf("%v", s)
			}
		default:
			t.Fatal("nothing was said")
		}
		c.lies(2, boundary.KindCache, func(f []byte) [][]byte { return [][]byte{f} })
		time.Sleep(3 * lag.Every)
		synctest.Wait()
		if s := <-c.hosts[2].r.Lagging(); s != lag.Abreast {
			t.Fatalf("%v after the host carries messages again", s)
		}
	})
}

// A read that the host reports, and that shows what it withheld, does not excuse it: sessions were not woken by it.
func TestReadsRaiseNoMark(t *testing.T) {
	inCluster(t, 3, func(t *testing.T, c *cluster) {
		c.greet()
		c.enable(0)
		_, cancel := c.hosts[2].r.Watch([]wire.Key{command.AccountKey(someone)})
		defer cancel()
		time.Sleep(3 * lag.Every)
		c.lies(2, boundary.KindExecuted, withhold)
		c.enable(1)
		for range lag.GraceRounds + 3 {
			time.Sleep(lag.Every)
			if _, err := c.hosts[2].r.Do(t.Context(), &command.AccountRead{Account: someone}); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case s := <-c.hosts[2].r.Lagging():
			if s != lag.Behind {
				t.Errorf("%v", s)
			}
		default:
			t.Error("nothing was said of the host that withholds")
		}
	})
}
