package hostlog

import (
	"fmt"
	"testing"
)

// BenchmarkAppend appends batches; with sync, each batch is synced, the worst case of group commit.
func BenchmarkAppend(b *testing.B) {
	for _, sync := range []bool{false, true} {
		for _, size := range []int{256, 10 << 10} {
			for _, batch := range []int{1, 16, 128} {
				b.Run(fmt.Sprintf("sync=%v/bytes=%d/batch=%d", sync, size, batch), func(b *testing.B) {
					benchmarkAppend(b, size, batch, sync)
				})
			}
		}
	}
}

func benchmarkAppend(b *testing.B, size, batch int, sync bool) {
	log, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	recs := make([]Record, batch)
	for i := range recs {
		recs[i] = Record{Kind: 1, Body: make([]byte, size)}
	}
	b.SetBytes(int64(size * batch))
	b.ReportAllocs()
	order := uint64(0)
	for b.Loop() {
		order++
		for i := range recs {
			recs[i].Order = order
		}
		if _, err := log.Append(recs); err != nil {
			b.Fatal(err)
		}
		if sync {
			mustSync(b, log)
		}
		if order%4096 == 0 { // as a checkpoint would, so that the disk does not fill up
			if err := log.TruncateBelow(order, 0); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "records/s")
	mustClose(b, log)
}
