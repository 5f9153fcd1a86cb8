package session

import (
	"flag"
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/mailstore/command"
)

var largeMessages = flag.Int("messages", 100_000, "how many messages the large mailbox of BenchmarkLarge has")

// fill makes alice's INBOX hold n messages, most of them as copies of the first ones.
func (w *world) fill(n int) {
	w.Helper()
	s, c := w.opened(0, "INBOX")
	const first = 1000
	for i := range min(n, first) {
		var flags []imap.Flag
		if i%3 != 0 {
			flags = append(flags, imap.FlagSeen)
		}
		if i%50 == 0 {
			flags = append(flags, "$Label1")
		}
		c.appendTo(s, "INBOX", mail(fmt.Sprint(i)), flags...)
	}
	for have := min(n, first); have < n; {
		more := min(have, n-have, command.MaxAffected)
		if _, err := s.Copy(w.Context(), imap.UIDSet{{Start: 1, Stop: imap.UID(more)}}, "INBOX"); err != nil {
			w.Fatal(err)
		}
		have += more
	}
	w.do(s.Close())
	w.do(w.cluster.store.Flush()) // so that what the store holds is not taken for what an enclave does
}

// drain takes FETCH responses and counts them.
type drain struct {
	responses, flags int

	every int // how often look is called
	look  func()
}

func (d *drain) each(uint32) MessageWriter {
	if d.responses++; d.every > 0 && d.responses%d.every == 0 {
		d.look()
	}
	return d
}

func (d *drain) UID(imap.UID)                                               {}
func (d *drain) Flags([]imap.Flag)                                          { d.flags++ }
func (d *drain) Size(int64)                                                 {}
func (d *drain) InternalDate(time.Time)                                     {}
func (d *drain) Envelope(*imap.Envelope)                                    {}
func (d *drain) BodyStructure(imap.BodyStructure)                           {}
func (d *drain) Close() error                                               { return nil }
func (d *drain) BinarySectionSize(*imap.FetchItemBinarySectionSize, uint32) {}

func (d *drain) BodySection(*imap.FetchItemBodySection, int64) io.WriteCloser {
	return nopCloser{io.Discard}
}

func (d *drain) BinarySection(*imap.FetchItemBinarySection, int64) io.WriteCloser {
	return nopCloser{io.Discard}
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// heap returns what is live on the heap, in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// peak returns how much the heap grew at most while f ran, in bytes; what f let go of is collected all the time.
func peak(f func()) int64 {
	before := heap()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	stop, done := make(chan struct{}), make(chan int64)
	go func() {
		most := int64(0)
		for {
			select {
			case <-stop:
				done <- most
				return
			default:
			}
			runtime.GC()
			metrics.Read(sample)
			most = max(most, int64(sample[0].Value.Uint64())-before)
		}
	}()
	f()
	close(stop)
	return <-done
}

// processor returns the processor time that the process used.
func processor(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// What a large mailbox costs an enclave: go test ./mail/session -run NONE -bench Large -messages 1000000
func BenchmarkLarge(b *testing.B) {
	w := newWorld(b, nil)
	n := *largeMessages
	w.fill(n)
	const fetchFlags = "uid fetch 1:* flags"
	report := func(b *testing.B, what string, v int64) { b.ReportMetric(float64(v)/(1<<20), what) }
	cold := func() {
		var err error
		if w.servers[1], err = New(w.options[1]); err != nil {
			b.Fatal(err)
		}
	}
	// Others may use the machine: processor time says more than the clock.
	loop := func(b *testing.B, f func()) {
		before := processor(b)
		for b.Loop() {
			f()
		}
		b.ReportMetric(float64((processor(b)-before).Microseconds())/float64(b.N)/1000, "cpu-ms/op")
	}
	all := imap.UIDSet{}
	all.AddRange(1, 0)
	flags := &imap.FetchOptions{UID: true, Flags: true}
	b.Run("cold select", func(b *testing.B) {
		loop(b, func() {
			cold()
			s, _ := w.opened(1, "INBOX")
			w.do(s.Close())
		})
		cold()
		before := heap()
		s, _ := w.opened(1, "INBOX")
		report(b, "MiB-held", heap()-before)
		report(b, "MiB-peak", peak(func() { w.opened(1, "INBOX") }))
		runtime.KeepAlive(s)
	})
	b.Run("cold fetch of one", func(b *testing.B) {
		loop(b, func() {
			cold()
			s, c := w.opened(1, "INBOX")
			if _, err := c.fetch(s, uids(5), flags); err != nil {
				b.Fatal(err)
			}
			w.do(s.Close())
		})
	})
	b.Run("select", func(b *testing.B) {
		w.opened(1, "INBOX")
		loop(b, func() {
			s, _ := w.opened(1, "INBOX")
			w.do(s.Close())
		})
	})
	for _, x := range []struct {
		name string
		do   func(s *Session, c *client)
	}{
		{fetchFlags, func(s *Session, c *client) {
			d := new(drain)
			if err := s.Fetch(b.Context(), c, all, flags, d.each); err != nil || d.flags != n {
				b.Fatal(d.flags, err)
			}
		}},
		{"search unseen", func(s *Session, c *client) {
			_, err := s.Search(b.Context(), true, &imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagSeen}}, nil)
			w.do(err)
		}},
		{"search flagged", func(s *Session, c *client) {
			_, err := s.Search(b.Context(), true, &imap.SearchCriteria{Flag: []imap.Flag{imap.FlagFlagged}}, nil)
			w.do(err)
		}},
	} {
		b.Run(x.name, func(b *testing.B) {
			s, c := w.opened(1, "INBOX")
			x.do(s, c)
			loop(b, func() { x.do(s, c) })
			if x.name == fetchFlags {
				begin := processor(b)
				for range 3 {
					cold()
					s, c := w.opened(1, "INBOX")
					x.do(s, c)
					w.do(s.Close())
				}
				b.ReportMetric(float64((processor(b)-begin).Microseconds())/3000, "cold-cpu-ms")
			}
			cold()
			before := heap()
			s, c = w.opened(1, "INBOX")
			report(b, "MiB-peak", peak(func() { x.do(s, c) }))
			report(b, "MiB-held", heap()-before)
			runtime.KeepAlive(s)
		})
	}
}
