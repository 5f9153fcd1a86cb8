package host

import (
	"slices"
	"sync"
	"testing"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// BenchmarkCheckpoints appends small messages under load with checkpoints as often as the product makes them, and tells
// the time of those right behind a checkpoint (an eighth of all orders, in which roots are told, a snapshot is taken and
// the log cut) from that of the others: `go test ./cmd/internal/host -run xxx -bench Checkpoints -benchtime 60000x`.
func BenchmarkCheckpoints(b *testing.B) {
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
			body := make([]byte, 256)
			body[0] = byte(c)
			for range (b.N + clients - 1) / clients {
				begin := time.Now()
				o := g.do(c%3, &command.Append{
					Account: m.account, Mailbox: 1, Size: uint32(len(body)), Summary: body[:100], Body: body, BodyDigest: wire.Sum(body),
					BodySize: uint32(len(body)),
				})
				if o.Status != command.StatusOK {
					b.Errorf("append: status %d", o.Status)
					return
				}
				all[c] = append(all[c], taken{o.Order, time.Since(begin)})
			}
		})
	}
	group.Wait()
	b.StopTimer()
	var near, far []time.Duration
	checkpoints := map[uint64]bool{}
	for c := range all {
		for _, x := range all[c] {
			checkpoints[x.order/checkpointEvery] = true
			if x.order%checkpointEvery < behind {
				near = append(near, x.time)
			} else {
				far = append(far, x.time)
			}
		}
	}
	p99 := func(list []time.Duration) float64 {
		slices.Sort(list)
		return float64(list[(len(list)-1)*99/100].Microseconds()) / 1000
	}
	if len(near) == 0 || len(far) == 0 {
		b.Skip("too few for a checkpoint")
	}
	b.ReportMetric(float64(len(checkpoints)), "checkpoints")
	b.ReportMetric(p99(near), "p99-behind-ms")
	b.ReportMetric(p99(far), "p99-else-ms")
	b.ReportMetric(p99(near)/p99(far), "ratio")
}
