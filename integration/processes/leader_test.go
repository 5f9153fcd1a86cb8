package processes

import (
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"troxymail/integration/demo"
	"troxymail/integration/ledger"
)

// leader is the replica that most others say leads; -1 while they differ.
func (c *Cluster) leader(t *testing.T, but int) int {
	found := -1
	for i := range c.Replicas {
		if i == but {
			continue
		}
		view, ok := c.Metric(t, i, "troxymail_host_view")
		switch at := int(view) % len(c.Replicas); {
		case !ok || found >= 0 && at != found:
			return -1
		default:
			found = at
		}
	}
	return found
}

// awaitLeader waits until all replicas but one (-1 for none) name the same leader.
func (c *Cluster) awaitLeader(t *testing.T, but int) (i int) {
	t.Helper()
	demo.Eventually(t, serveLimit, "the replicas name the same leader", func() bool {
		i = c.leader(t, but)
		return i >= 0
	})
	return i
}

const (
	leadersVariable = "LEADER_ROUNDS" // how many times TestLeaderReplaced strikes; `make leaders` sets it
	shortStop       = 3 * time.Second // how long a stopped leader rests at most,
	longStop        = 30 * time.Second
)

// leaderFaults are what happens to a leader.
var leaderFaults = []struct {
	name          string
	host, enclave bool // what it strikes
	stops         bool // instead of killing
}{
	{"host killed", true, false, false}, {"host stopped", true, false, true}, {"both killed", true, true, false},
	{"enclave stopped", false, true, true}, {"enclave killed", false, true, false}, {"both stopped", true, true, true},
}

// TestLeaderReplaced kills the leader under load again and again, or stops it for seconds: the others go on without it
// each time, nothing acknowledged is lost, and a client of the one that was stopped reads nothing older than what others
// were told meanwhile.
func TestLeaderReplaced(t *testing.T) {
	rounds, rest := len(leaderFaults), shortStop
	if s := os.Getenv(leadersVariable); s != "" {
		var err error
		if rounds, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
		rest = longStop
	}
	n := seed(t)
	rng := rand.New(rand.NewPCG(n, 3))
	c := Start(t, 3)
	l := c.StartLoad(t, 1, n)
	l.Progress(t, some, 0, 1, 2)
	var times outages
	counts := map[string]int{}
	for round := range rounds {
		f := leaderFaults[round%len(leaderFaults)]
		i := c.awaitLeader(t, -1)
		var struck []*Process
		if f.host {
			struck = append(struck, c.Hosts[i])
		}
		if f.enclave {
			struck = append(struck, c.Enclaves[i])
		}
		session := c.Dial(t, i, demo.TLS, nil)
		since := l.strike()
		for _, p := range struck {
			if f.stops {
				p.Signal(t, syscall.SIGSTOP)
			} else {
				p.Kill()
			}
		}
		times.goesOn(t, since, (i+1)%3, (i+2)%3)
		l.Progress(t, some, (i+1)%3, (i+2)%3)
		if f.stops {
			<-time.After(time.Duration(rng.Int64N(int64(rest))))
			for _, p := range struck {
				p.Signal(t, syscall.SIGCONT)
			}
			l.fresh(t, session, i)
		} else if f.host {
			c.StartHost(t, i)
		}
		if f.enclave && !f.stops {
			c.StartEnclave(t, i)
		}
		session.Close()
		c.AwaitServing(t, i)
		l.Progress(t, some, 0, 1, 2)
		counts[f.name]++
		t.Logf("%s at leader %d: the others went on after %v", f.name, i, times[len(times)-1])
	}
	l.Stop()
	l.Check(t)
	t.Logf("leader struck: %v; %d commands acknowledged; first acknowledgement at another replica: %v", counts, l.Acks(), times)
}

// fresh reads at a replica that was stopped, by a session of before: what it shows is not older than what was
// acknowledged anywhere before the read. A session that is refused shows nothing.
func (l *Load) fresh(t *testing.T, session demo.Client, replica int) {
	t.Helper()
	before := l.lines(t)
	stop := time.AfterFunc(ackLimit, func() { session.Close() })
	shown, err := ledger.Show(session, Mailboxes)
	stop.Stop()
	if err != nil {
		t.Logf("replica %d refuses to read: %v", replica, err)
		return
	}
	for _, s := range ledger.Stale(before, l.lines(t), shown) {
		t.Errorf("replica %d, going on after a stop: %s", replica, s)
	}
}
