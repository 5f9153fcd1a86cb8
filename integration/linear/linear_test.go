package linear

import (
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"testing"
	"time"

	"troxymail/integration/demo"
	"troxymail/integration/processes"
)

var (
	histories = flag.Int("histories", 0, "histories of each kind, at most 1000 (an account holds no more mailboxes); 0: what the daily tests make")
	limit     = flag.Duration("limit", 0, "no history begins later than this after the start; 0: however long it takes")
	seedFlag  = flag.Uint64("seed", 0, "of what clients ask and which faults there are; 0: another one each time")
)

// clientsPerReplica is how many clients begin at each replica.
const clientsPerReplica = 2

// TestMain lets more clusters run at a time than there are processors: they wait more than they compute.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", "6"); err != nil {
			panic(err)
		}
	}
	processes.Main(m)
}

// number returns how many histories a test makes.
func number(daily int) int {
	if *histories > 0 {
		return *histories
	}
	return daily
}

// began is the start, for limit.
var began = time.Now()

// late reports whether no history is to begin any more.
func late() bool { return *limit > 0 && time.Since(began) > *limit }

func seed(t *testing.T) uint64 {
	s := *seedFlag
	if s == 0 {
		s = uint64(time.Now().UnixNano()) >> 10 & 0xffff_ffff
	}
	t.Logf("seed %d", s)
	return s
}

// again is the command that makes the same choices once more. What is scheduled when is not among them.
func again(t *testing.T, seed uint64) string {
	return fmt.Sprintf("go test ./integration/linear -count=1 -run '%s' -seed %d -histories 1", pattern(t.Name()), seed)
}

// homes lists clientsPerReplica clients for each replica.
func homes(replicas ...int) (list []int) {
	for _, r := range replicas {
		for range clientsPerReplica {
			list = append(list, r)
		}
	}
	return list
}

// unordered holds that reads were answered without ordering at every replica.
func unordered(t *testing.T, c *processes.Cluster) {
	t.Helper()
	var report struct {
		Replicas []struct{ Reads map[string]uint64 }
	}
	text := processes.Command(t, "status", "--admin", c.File("cluster.json"), "--json")
	if err := json.Unmarshal([]byte(text), &report); err != nil {
		t.Fatal(err)
	}
	for i, r := range report.Replicas {
		t.Logf("replica %d: %v", i, r.Reads)
		if r.Reads["current"] == 0 || r.Reads["checked"] == 0 {
			t.Errorf("replica %d orders all reads", i)
		}
	}
}

// Clients at all replicas of six processes, over TLS.
func TestProcesses(t *testing.T) {
	c := processes.Start(t, 3)
	first, conf := seed(t), c.TLS(t)
	p := place{replicas: 3, user: c.Accounts[0].Address, password: c.Accounts[0].Password,
		dial: func(i int) (net.Conn, error) { return tls.Dial("tcp", demo.TLS.Address(c.Replicas[i]), conf) }}
	for i := range number(2) {
		x := trial{place: p, seed: first + uint64(i), homes: homes(0, 1, 2), apart: -1, goingOn: func() bool { return false }, ready: make(chan struct{})}
		if err := x.run(); err != nil {
			t.Fatal(err)
		}
		if err := x.judge(false, again(t, x.seed)); err != nil {
			t.Error(err)
		}
	}
	unordered(t, c)
}
