package imapgate

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const letter = "From: Bob <bob@example.org>\r\nTo: alice@example.org\r\nSubject: Lunch\r\n" +
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain\r\n\r\nAt noon.\r\n" +
	"--b\r\nContent-Type: text/html\r\n\r\n<p>At noon.\r\n--b--\r\n"

// program is a go-imap client that has logged in over TLS at one of two gates of one cluster.
func program(t *testing.T, g *gate, o *imapclient.Options) *imapclient.Client {
	t.Helper()
	if o == nil {
		o = &imapclient.Options{}
	}
	o.TLSConfig = g.clientTLS
	c, err := imapclient.DialTLS(g.implicit.String(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Login(fakeUser, fakePassword).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

// gates starts a gate for each enclave of one cluster.
func gates(t *testing.T) (first, second *gate) {
	servers := onCluster(t)
	at := func(i int) func(*Options) {
		return func(o *Options) { o.Sessions = FromServer(servers[i]) }
	}
	return open(t, at(0)), open(t, at(1))
}

// must fails the test for the error of a command.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func appendLetter(t *testing.T, c *imapclient.Client, text string) *imap.AppendData {
	t.Helper()
	a := c.Append("INBOX", int64(len(text)), &imap.AppendOptions{Flags: []imap.Flag{imap.FlagFlagged}})
	if _, err := a.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return must[*imap.AppendData](t)(a.Wait())
}

// A mail program reads, files, flags and deletes mail.
func TestMailProgram(t *testing.T) {
	here, there := gates(t)
	c, other := program(t, here, nil), program(t, there, nil)
	uid := appendLetter(t, c, letter).UID
	large := strings.Replace(letter, "At noon.", strings.Repeat("At noon.\r\n", 20_000), 1)
	appendLetter(t, c, large)

	data := must[*imap.SelectData](t)(other.Select("INBOX", nil).Wait())
	if data.NumMessages != 2 {
		t.Fatalf("the other replica has %d messages", data.NumMessages)
	}
	all := &imap.FetchOptions{
		UID: true, Flags: true, Envelope: true, RFC822Size: true, InternalDate: true,
		BodyStructure: &imap.FetchItemBodyStructure{Extended: true},
		BodySection:   []*imap.FetchItemBodySection{{Peek: true}, {Peek: true, Part: []int{2}}},
	}
	got := must[[]*imapclient.FetchMessageBuffer](t)(other.Fetch(imap.SeqSetNum(1, 2), all).Collect())
	for i, want := range []string{letter, large} {
		if body := got[i].FindBodySection(all.BodySection[0]); !bytes.Equal(body, []byte(want)) {
			t.Errorf("message %d has %d bytes, want %d", i+1, len(body), len(want))
		}
		if got[i].Envelope.Subject != "Lunch" || got[i].RFC822Size != int64(len(want)) {
			t.Errorf("message %d: %+v", i+1, got[i].Envelope)
		}
		if part := got[i].FindBodySection(all.BodySection[1]); !bytes.HasPrefix(part, []byte("<p>At noon.")) {
			t.Errorf("part 2 of message %d is %q", i+1, part)
		}
	}
	found := must[*imap.SearchData](t)(other.UIDSearch(&imap.SearchCriteria{Text: []string{"noon"}}, nil).Wait())
	if uids := found.AllUIDs(); len(uids) != 2 || uids[0] != uid {
		t.Errorf("found %v", uids)
	}
	file(t, other)
	if data := must[*imap.SelectData](t)(c.Select("INBOX", nil).Wait()); data.NumMessages != 0 {
		t.Errorf("INBOX has %d messages left", data.NumMessages)
	}
	if here.server.Panics()+there.server.Panics() != 0 {
		t.Error("panics")
	}
}

// file moves one message to a new mailbox and deletes the other.
func file(t *testing.T, c *imapclient.Client) {
	t.Helper()
	if err := c.Create("Lists/Q&A 你", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	moved := must[*imapclient.MoveData](t)(c.Move(imap.SeqSetNum(1), "Lists/Q&A 你").Wait())
	if moved.DestUIDs == nil || c.Mailbox().NumMessages != 1 {
		t.Errorf("moved %+v, %d left", moved, c.Mailbox().NumMessages)
	}
	deleted := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}
	must[[]*imapclient.FetchMessageBuffer](t)(c.Store(imap.SeqSetNum(1), deleted, nil).Collect())
	if gone := must[[]uint32](t)(c.Expunge().Collect()); len(gone) != 1 {
		t.Errorf("expunged %v", gone)
	}
	listed := must[[]*imap.ListData](t)(c.List("", "Lists/%", &imap.ListOptions{
		ReturnStatus: &imap.StatusOptions{NumMessages: true, Size: true},
	}).Collect())
	if len(listed) != 1 || listed[0].Status == nil || *listed[0].Status.NumMessages != 1 {
		t.Errorf("listed %+v", listed)
	}
	if err := c.UnselectAndExpunge().Wait(); err != nil {
		t.Error(err)
	}
}

// A client in IDLE at one replica hears of what is done at the other.
func TestIdleAcrossReplicas(t *testing.T) {
	here, there := gates(t)
	exists := make(chan uint32, 10)
	watcher := program(t, here, &imapclient.Options{
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{
			Mailbox: func(data *imapclient.UnilateralDataMailbox) {
				if data.NumMessages != nil {
					exists <- *data.NumMessages
				}
			},
		},
	})
	must[*imap.SelectData](t)(watcher.Select("INBOX", nil).Wait())
	for len(exists) > 0 {
		<-exists
	}
	idle := must[*imapclient.IdleCommand](t)(watcher.Idle())
	writer := program(t, there, nil)
	for n := uint32(1); n <= 3; n++ {
		appendLetter(t, writer, letter)
		for told := range exists {
			if told == n {
				break
			}
		}
	}
	if err := idle.Close(); err != nil {
		t.Fatal(err)
	}
	if err := idle.Wait(); err != nil {
		t.Fatal(err)
	}
}

// A message that is cut at any byte of its APPEND is not stored by the real session layer either.
func TestCutAppendOnCluster(t *testing.T) {
	here, there := gates(t)
	whole := fmt.Sprintf("a APPEND INBOX {%d+}\r\n%s\r\n", len(letter), letter)
	for n := 0; n < len(whole)-2; n += 7 {
		c := here.login()
		c.send(whole[:n])
		c.conn.Close()
	}
	ctxShutdown(t, here)
	reader := there.login()
	reader.send("a STATUS INBOX (MESSAGES)\r\n")
	reader.expect("* STATUS INBOX (MESSAGES 0)", "a OK")
}
