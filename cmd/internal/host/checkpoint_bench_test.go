package host

import (
	"slices"
	"sync"
	"testing"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// BenchmarkCheckpoints orders small requests, or appends small messages, under load with checkpoints as often as the product
// makes them. It tells the 99th percentile of the time that they take, of all of them and of those that are not right
// behind a checkpoint (in an eighth of all orders roots are told, the store is written and kept, and the log is cut), and
// the ratio: `go test ./cmd/internal/host -run xxx -bench Checkpoints -benchtime 60000x`.
func BenchmarkCheckpoints(b *testing.B) {
	b.Run("small", func(b *testing.B) {
		benchmarkCheckpoints(b, func(g *group, _ *mail, c int) uint64 {
			return g.do(c%3, &command.Ping{Data: make([]byte, 256)}).Order
		})
	})
	b.Run("mail", func(b *testing.B) {
		benchmarkCheckpoints(b, func(g *group, m *mail, c int) uint64 {
			body := make([]byte, 256)
			body[0] = byte(c)
			return m.ok(c%3, &command.Append{
				Account: m.account, Mailbox: 1, Size: uint32(len(body)), Summary: body[:100], Body: body, BodyDigest: wire.Sum(body),
				BodySize: uint32(len(body)),
			}).Order
		})
	})
}

func benchmarkCheckpoints(b *testing.B, do func(g *group, m *mail, client int) uint64) {
	const clients, behind = 48, checkpointEvery / 8
	g := &group{t: b, every: checkpointEvery}
	g.begin(3, nil, testFounding)
	m := newMail(g)
	type taken struct {
		order uint64
		time  time.Duration
	}
	var all [clients][]taken
	var group sync.WaitGroup
	b.ResetTimer()
	for c := range clients {
		group.Go(func() {
			for range (b.N + clients - 1) / clients {
				begin := time.Now()
				order := do(g, m, c)
				all[c] = append(all[c], taken{order, time.Since(begin)})
			}
		})
	}
	group.Wait()
	b.StopTimer()
	var every, far []time.Duration
	checkpoints := map[uint64]bool{}
	for c := range all {
		for _, x := range all[c] {
			checkpoints[x.order/checkpointEvery] = true
			every = append(every, x.time)
			if x.order%checkpointEvery >= behind {
				far = append(far, x.time)
			}
		}
	}
	p99 := func(list []time.Duration) float64 {
		slices.Sort(list)
		return float64(list[(len(list)-1)*99/100].Microseconds()) / 1000
	}
	if len(far) == 0 {
		return // the first try, of one
	}
	b.ReportMetric(float64(len(checkpoints)), "checkpoints")
	b.ReportMetric(p99(every), "p99-ms")
	b.ReportMetric(p99(far), "p99-else-ms")
	b.ReportMetric(p99(every)/p99(far), "ratio")
}
