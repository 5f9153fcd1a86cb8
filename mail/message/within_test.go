package message

import (
	"strings"
	"testing"
	"time"
)

func TestSummaryKeepsItsLimit(t *testing.T) {
	var b strings.Builder
	b.WriteString("From: a@example.org\r\nSubject: " + strings.Repeat("long ", 500) + "\r\n")
	for range 300 {
		b.WriteString("To: somebody <somebody@example.org>\r\nX-Other: " + strings.Repeat("y", 60) + "\r\n")
	}
	b.WriteString("Content-Type: multipart/mixed; boundary=b\r\n\r\n")
	for range 200 {
		b.WriteString("--b\r\nContent-Type: text/plain; name=\"a file of some name\"\r\n\r\ntext\r\n")
	}
	b.WriteString("--b--\r\n")
	raw := []byte(b.String())
	st := Scan(raw, DefaultBudget())
	for _, limit := range []int{0, MinSummaryBytes, 2000, 4000, 10_000, MaxSummaryBytes, 1 << 30} {
		s := NewSummaryWithin(raw, st, time.Unix(1, 0), limit)
		encoded := AppendSummary(nil, s)
		if want := min(max(limit, MinSummaryBytes), MaxSummaryBytes); len(encoded) > want {
			t.Errorf("limit %d: %d bytes", limit, len(encoded))
		}
		if _, err := DecodeSummary(encoded); err != nil {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
}
