package message

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// bombs are messages that cost some reader more than their size; each grows in proportion to n.
var bombs = []struct {
	name string
	make func(n int) []byte
}{
	{"headers", func(n int) []byte { return []byte(strings.Repeat("X-A: b\r\n", n) + "\r\n") }},
	{"address headers", func(n int) []byte { return []byte(strings.Repeat("To: a@b\r\n", n) + "\r\n") }},
	{"addresses", func(n int) []byte { return []byte("To: " + strings.Repeat("a@b,", n) + "\r\n\r\n") }},
	{"groups", func(n int) []byte { return []byte("To: " + strings.Repeat("g:a@b;", n) + "\r\n\r\n") }},
	{"words", func(n int) []byte { return []byte("To: " + strings.Repeat("a ", n) + "<\r\n\r\n") }},
	{"comments", func(n int) []byte { return []byte("To: " + strings.Repeat("(", n) + "\r\n\r\n") }},
	{"open quotes", func(n int) []byte { return []byte("To: " + strings.Repeat("\"a<", n) + "\r\n\r\n") }},
	{"domain literals", func(n int) []byte { return []byte("To: a@" + strings.Repeat("[", n) + "\r\n\r\n") }},
	{"folding", func(n int) []byte { return []byte("Subject:" + strings.Repeat("\r\n x", n) + "\r\n\r\n") }},
	{"parameters", func(n int) []byte {
		return []byte("Content-Type: a/b" + strings.Repeat("; n*0*=x", n) + "\r\n\r\n")
	}},
	{"parameter fields", func(n int) []byte {
		return []byte(strings.Repeat("Content-Type: a/b; n*0*=x; n*1*=y\r\n", n) + "\r\n")
	}},
	{"parts", parts},
	{"depth", nested},
	{"rfc822", func(n int) []byte { return []byte(strings.Repeat("Content-Type: message/rfc822\r\n\r\n", n)) }},
	{"look-alikes", func(n int) []byte {
		return append(nested(50), strings.Repeat("--b\r\n", n)...)
	}},
	{"spaces behind dashes", func(n int) []byte { return append(nested(50), "--"+strings.Repeat(" ", n)...) }},
	{"base64", func(n int) []byte {
		return []byte("Content-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat("AAAA\r\n", n))
	}},
	{"quoted-printable", func(n int) []byte {
		return []byte("Content-Transfer-Encoding: quoted-printable\r\n\r\n" + strings.Repeat("= ", n))
	}},
	{"encoded words", func(n int) []byte {
		return []byte("Subject: " + strings.Repeat("=?a?q?b?= ", n) + strings.Repeat("=?", n) + "\r\n\r\n")
	}},
}

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// readAll does what delivery, FETCH and SEARCH do with a message, and returns the work counted.
func readAll(t *testing.T, raw []byte) int64 {
	s := Scan(raw, DefaultBudget())
	if _, err := s.BodyStructure(); err != nil {
		t.Fatal(err)
	}
	if _, err := DecodeSummary(AppendSummary(nil, NewSummary(raw, s, time.Unix(0, 0)))); err != nil {
		t.Fatal(err)
	}
	if s.contains(raw, newPattern("aaab"), true) {
		t.Fatal("found what is not there")
	}
	return s.work
}

// TestLinear compares work and allocation for n and 2n: wall time would tell of the machine.
func TestLinear(t *testing.T) {
	for _, bomb := range bombs {
		t.Run(bomb.name, func(t *testing.T) {
			one, two := bomb.make(20000), bomb.make(40000)
			var work1, work2 int64
			bytes1 := allocated(func() { work1 = readAll(t, one) })
			bytes2 := allocated(func() { work2 = readAll(t, two) })
			const slack = 1 << 20 // fixed costs of small messages
			if float64(work2) > 2.3*float64(work1)+1000 {
				t.Errorf("work %d for n, %d for 2n", work1, work2)
			}
			if float64(bytes2) > 2.3*float64(bytes1)+slack {
				t.Errorf("%d bytes allocated for n, %d for 2n", bytes1, bytes2)
			}
			if limit := int64(60*len(two) + 4096); work2 > limit {
				t.Errorf("work %d, over %d", work2, limit)
			}
			if limit := uint64(100*len(two) + 4<<20); bytes2 > limit {
				t.Errorf("%d bytes allocated for a message of %d", bytes2, len(two))
			}
		})
	}
}
