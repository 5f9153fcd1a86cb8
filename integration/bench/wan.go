package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"troxymail/integration/bench/relay"
)

// wanOptions are the flags of wan.
type wanOptions struct {
	orderOptions
	clients int // at most
	where   string
}

// wanFew is how many clients show latencies: too few to wait for each other.
const wanFew = 6

// far is a cluster whose replicas are far apart from each other, and from its clients: as far as its relays say.
type far struct {
	readSystem
	*workload
	peers, clients []*relay.Relay
}

// wan measures reading where replicas, clients, or both are far away: enclaves that order every read are the baseline
// of those that read fast.
func wan(o wanOptions) error {
	type place struct {
		where string
		mean  time.Duration
	}
	places := []place{
		{"replicas", 100 * time.Millisecond}, {"replicas", 20 * time.Millisecond},
		{"clients", 100 * time.Millisecond}, {"both", 100 * time.Millisecond},
	}
	shares := []float64{0.9, 0.99}
	if o.quick {
		o.rounds, o.duration, o.clients, places = 1, min(o.duration, 3*time.Second), min(o.clients, 200), places[:1]
	}
	binaries, err := buildTroxymail()
	if err != nil {
		return err
	}
	defer os.RemoveAll(binaries)
	var systems []*far
	defer func() {
		for _, s := range systems {
			s.close()
		}
	}()
	for _, reads := range []string{"ordered", "validated", "bounded"} {
		s, err := startFar(binaries, reads, o.clients)
		if err != nil {
			return fmt.Errorf("%s: %w", reads, err)
		}
		systems = append(systems, s)
	}
	for _, p := range places {
		if o.where != "" && p.where != o.where {
			continue
		}
		for _, share := range shares {
			for _, clients := range []int{wanFew, o.clients} {
				results := map[string][]row{}
				for range o.rounds {
					for _, s := range systems {
						r, err := s.measure(p.where, relay.RoundTrip(p.mean, p.mean/5), clients, mixture{reads: share}, o.duration)
						if err != nil {
							return fmt.Errorf("%s, %d clients, %s: %w", s.name, clients, p.where, err)
						}
						results[s.name] = append(results[s.name], r)
					}
				}
				for _, s := range systems {
					r := median(results[s.name])
					r.Bench, r.Op, r.System = "wan", "fetch", s.name
					r.Where, r.RoundTrip = p.where, float64(p.mean.Milliseconds())
					if s.name != systems[0].name {
						r.Baseline, r.Ratio = systems[0].name, r.Rate/median(results[systems[0].name]).Rate
					}
					r.print(o.json)
				}
			}
		}
	}
	return nil
}

// startFar starts a cluster whose enclaves read so, behind relays without a delay, with so many clients.
func startFar(binaries, reads string, clients int) (f *far, err error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	f = &far{}
	defer func() {
		if err != nil {
			f.close()
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if err := initTroxymail(binaries, dir); err != nil {
		return f, err
	}
	ports, err := freePorts(3)
	if err != nil {
		return f, err
	}
	for i := range 3 {
		// Genesis names where a host is dialled: there stands a relay, and the host listens elsewhere.
		file := filepath.Join(dir, "cluster", fmt.Sprintf("host-%d.toml", i))
		named, err := valueOf(file, "listen")
		if err != nil {
			return f, err
		}
		to := "127.0.0.1:" + strconv.Itoa(ports[i])
		if err := edit(file, "listen", to); err != nil {
			return f, err
		}
		r, err := relay.Listen(named, to)
		if err != nil {
			return f, err
		}
		f.peers = append(f.peers, r)
		if err := edit(filepath.Join(dir, "cluster", fmt.Sprintf("enclave-%d.toml", i)), "reads", reads); err != nil {
			return f, err
		}
	}
	s, err := serveMail(binaries, dir)
	if err != nil {
		return f, err
	}
	stop := s.stop
	s.stop = func() {
		stop()
		_ = os.RemoveAll(dir)
	}
	f.readSystem = readSystem{mailSystem: s, name: reads}
	for i, address := range s.imap {
		r, err := relay.Listen("127.0.0.1:0", address)
		if err != nil {
			return f, err
		}
		f.clients, s.imap[i] = append(f.clients, r), r.Addr()
	}
	f.workload, err = openWorkload(s, binaries, filepath.Join(dir, "cluster", "cluster.json"), clients, false)
	return f, err
}

// measure measures the workload so far away. A few clients go ahead of the others: enclaves learn from their questions how
// long an answer takes.
func (f *far) measure(where string, delay relay.Delay, clients int, m mixture, d time.Duration) (row, error) {
	f.place(where, delay)
	defer f.place("", relay.Delay{})
	warm := max(d/4, 12*delay.Mean)
	if clients > wanFew {
		if _, err := f.workload.measure(wanFew, m, 0, 2*warm); err != nil {
			return row{}, err
		}
	}
	return f.workload.measure(clients, m, warm, d)
}

// place puts replicas, clients or both so far away.
func (f *far) place(where string, d relay.Delay) {
	for i := range f.peers {
		peers, clients := d, d
		if where == "clients" {
			peers = relay.Delay{}
		}
		if where == "replicas" {
			clients = relay.Delay{}
		}
		f.peers[i].Set(peers)
		f.clients[i].Set(clients)
	}
}

func (f *far) close() {
	if f.workload != nil {
		f.workload.close()
	}
	if f.mailSystem != nil {
		f.stop()
	}
	for _, r := range append(f.peers, f.clients...) {
		_ = r.Close()
	}
}

// valueOf returns the text that a configuration file has for a key.
func valueOf(file, key string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(`(?m)^` + key + ` = "(.*)"`).FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("%s has no %s", file, key)
	}
	return string(found[1]), nil
}
