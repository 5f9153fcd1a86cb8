package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"troxymail/bftcore/wire"
)

// lan measures small ordered requests on one network, through the proxies in the enclaves, by TLS and without, against
// clients with a library that talks to all replicas and votes itself, the baseline.
func lan(o orderOptions, clients []int, size int) error {
	if o.quick {
		o.rounds, o.duration, clients = 1, 2*time.Second, clients[len(clients)-1:]
	}
	binaries, dir, done, err := workplace(folders(false))
	if err != nil {
		return err
	}
	defer done()
	proxies, p, err := launchWith(binaries, filepath.Join(dir, "proxy"), measuring{secure: true})
	if err != nil {
		return err
	}
	defer p.stop()
	library, q, err := launchWith(binaries, filepath.Join(dir, "library"), measuring{library: true})
	if err != nil {
		return err
	}
	defer q.stop()
	voters, err := newVoters(binaries, filepath.Join(dir, "library"), library)
	if err != nil {
		return err
	}
	echo := func(servers []string, secure bool) func(int, time.Time, time.Time) ([]time.Duration, error) {
		return func(i int, from, end time.Time) ([]time.Duration, error) {
			return clientOver(servers[i%len(servers)], secure, size, from, end)
		}
	}
	systems := []struct {
		name  string
		pids  []int
		drive func(clients int) (func(int, time.Time, time.Time) ([]time.Duration, error), error)
	}{
		{"library", q.pids(), func(n int) (func(int, time.Time, time.Time) ([]time.Duration, error), error) {
			return voters.begin(n, size)
		}},
		{"proxy-tls", p.pids(), func(int) (func(int, time.Time, time.Time) ([]time.Duration, error), error) {
			return echo(proxies.secure, true), nil
		}},
		{"proxy", p.pids(), func(int) (func(int, time.Time, time.Time) ([]time.Duration, error), error) {
			return echo(proxies.plain, false), nil
		}},
	}
	for _, n := range clients {
		results := map[string][]row{}
		for range o.rounds {
			for _, s := range systems {
				drive, err := s.drive(n)
				if err != nil {
					return err
				}
				r, err := measureClients(n, o.duration, s.pids, drive)
				if err != nil {
					return fmt.Errorf("%s, %d clients: %w", s.name, n, err)
				}
				results[s.name] = append(results[s.name], r)
			}
		}
		for _, s := range systems {
			r := median(results[s.name])
			r.Bench, r.Op, r.System, r.Bytes = "lan", "order", s.name, size
			if s.name != systems[0].name {
				baseline := median(results[systems[0].name])
				r.Baseline, r.Ratio = systems[0].name, r.Rate/baseline.Rate
				r.Loss = 100 * (1 - r.Ratio)
			}
			r.print(o.json)
		}
	}
	if held := voters.held(); held > 0 {
		fmt.Fprintf(os.Stderr, "%d times a client of the library waited for a slower one\n", held)
	}
	return nil
}

// clientOver is client, by TLS where secure.
func clientOver(server string, secure bool, size int, from, end time.Time) ([]time.Duration, error) {
	c, err := net.Dial("tcp", server)
	if err != nil {
		return nil, err
	}
	if secure {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true}) // own loopback only
	}
	return drive(c, size, from, end)
}

// voters are clients with a library, in three groups: each stands for one replica's proxy.
type voters struct {
	identities []wire.RequestID
	keys       credentials
	hosts      []string
	groups     []*voterGroup
	leader     int
	begun      uint64 // measurements
}

// newVoters learns what clients of the cluster below dir need to know.
func newVoters(binaries, dir string, m measured) (*voters, error) {
	v := &voters{hosts: m.library}
	keys, err := os.ReadFile(filepath.Join(dir, "keys"))
	if err != nil {
		return nil, err
	}
	if len(keys) != len(v.keys.request)+len(v.keys.reply) {
		return nil, fmt.Errorf("%d bytes of keys", len(keys))
	}
	copy(v.keys.request[:], keys)
	copy(v.keys.reply[:], keys[len(v.keys.request):])

	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-time.After(100 * time.Millisecond) {
		if err = v.meet(binaries, filepath.Join(dir, "cluster", "cluster.json")); err == nil {
			return v, nil
		}
	}
	return nil, err
}

// meet asks who leads, and in which incarnations the replicas are.
func (v *voters) meet(binaries, file string) error {
	var report struct {
		Replicas []struct {
			Role                    string
			Generation, Incarnation uint32
		}
	}
	out, err := status(binaries, file, &report)
	if err != nil {
		return err
	}
	v.identities, v.leader = nil, -1
	for i, r := range report.Replicas {
		if r.Role == "leader" {
			v.leader = i
		}
		v.identities = append(v.identities, wire.RequestID{Origin: wire.ReplicaID(i), Generation: r.Generation, Incarnation: r.Incarnation})
	}
	if v.leader < 0 {
		return fmt.Errorf("nobody leads: %s", out)
	}
	return nil
}

// begin returns what clients do in one measurement.
func (v *voters) begin(clients, size int) (func(i int, from, end time.Time) ([]time.Duration, error), error) {
	v.begun++
	n := len(v.identities)
	groups := make([]*voterGroup, n)
	for o, id := range v.identities {
		id.Sequence = wire.MaxNumber/2 + v.begun<<32 // beyond what the proxy uses
		var err error
		if groups[o], err = newVoterGroup(id, v.keys, v.hosts, v.leader, (clients-o+n-1)/n); err != nil {
			return nil, err
		}
	}
	v.groups = append(v.groups, groups...)
	data := make([]byte, size)
	return func(i int, from, end time.Time) (taken []time.Duration, err error) {
		c, err := groups[i%n].connect(i/n, end.Add(15*time.Second))
		if err != nil {
			return nil, err
		}
		defer c.close()
		for {
			begin := time.Now()
			if begin.After(end) {
				return taken, nil
			}
			if err := c.do(data); err != nil {
				return nil, err
			}
			if begin.After(from) {
				taken = append(taken, time.Since(begin))
			}
		}
	}, nil
}

// held returns how often a client waited for a slower one of its group.
func (v *voters) held() (sum uint64) {
	for _, g := range v.groups {
		sum += g.held.Load()
	}
	return sum
}
