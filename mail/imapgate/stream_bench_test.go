package imapgate

import (
	"bufio"
	"crypto/tls"
	"strings"
	"testing"
	"time"
)

// BenchmarkStream is what it costs to write the answer to UID FETCH 1:* (FLAGS), by TLS, for 10,000 messages; the
// session and its reads are not in it.
func BenchmarkStream(b *testing.B) {
	const messages = 10_000
	g := open(b)
	g.fake.fetched = messages
	conn, err := tls.Dial("tcp", g.implicit.String(), g.clientTLS)
	if err != nil {
		b.Fatal(err)
	}
	c := newClient(b, conn)
	c.r = bufio.NewReaderSize(conn, 64<<10)
	c.expect("* OK")
	c.send("l LOGIN " + fakeUser + " " + fakePassword + "\r\n")
	c.expect("l OK")
	c.send("s SELECT INBOX\r\n")
	c.until("s OK")
	b.ReportAllocs()
	for b.Loop() {
		conn.SetDeadline(time.Now().Add(patience))
		c.send("f UID FETCH 1:* (FLAGS)\r\n")
		for {
			line, err := c.r.ReadSlice('\n')
			if err != nil {
				b.Fatal(err)
			}
			if line[0] == 'f' {
				if !strings.HasPrefix(string(line), "f OK") {
					b.Fatalf("%q", line)
				}
				break
			}
		}
	}
}
