package importer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"troxymail/cmd/internal/transfer"
	"troxymail/cmd/internal/transfer/imaplink"
)

const user, password = "alice", "secret"

// replicas are servers of the same mailboxes, and connections to them that break as a test wants.
type replicas struct {
	account *imaplink.Account
	direct  string // the address of a connection that never breaks
	// cut decides of every answer that says that a letter is stored whether it is lost with its connection.
	cut  atomic.Pointer[func() bool]
	open *connections // at the server
}

// connections is a listener that knows how many of its connections the server has not ended.
type connections struct {
	net.Listener
	mu    sync.Mutex
	n     int // guarded by mu
	ended sync.Cond
}

func countConnections(l net.Listener) *connections {
	c := &connections{Listener: l}
	c.ended.L = &c.mu
	return c
}

func (c *connections) Accept() (net.Conn, error) {
	one, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c.change(1)
	return &connection{Conn: one, end: sync.OnceFunc(func() { c.change(-1) })}, nil
}

func (c *connections) change(by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += by
	c.ended.Broadcast()
}

// wait returns when the server has ended all, and so done whatever came by them.
func (c *connections) wait() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.n > 0 {
		c.ended.Wait()
	}
}

type connection struct {
	net.Conn
	end func()
}

func (c *connection) Close() error {
	c.end()
	return c.Conn.Close()
}

func startReplicas(t *testing.T) *replicas {
	t.Helper()
	mem := imapmemserver.New()
	u := imapmemserver.NewUser(user, password)
	if err := u.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	mem.AddUser(u)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}, imap.CapUIDPlus: {}}, InsecureAuth: true,
	})
	l := countConnections(listen(t))
	var group sync.WaitGroup
	group.Go(func() { _ = server.Serve(l) })
	r := &replicas{direct: l.Addr().String(), open: l, account: &imaplink.Account{User: user, Password: password, PlainLoopback: true}}
	for range 3 {
		front := listen(t)
		r.account.Servers = append(r.account.Servers, imaplink.Server{Address: front.Addr().String(), Upgrade: true})
		group.Go(func() { r.forward(front, &group) })
		t.Cleanup(func() { front.Close() })
	}
	t.Cleanup(func() { server.Close() })
	return r
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// forward passes connections on and loses answers.
func (r *replicas) forward(front net.Listener, group *sync.WaitGroup) {
	for {
		in, err := front.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", r.direct)
		if err != nil {
			in.Close()
			continue
		}
		group.Go(func() { _, _ = io.Copy(out, in); out.Close() })
		group.Go(func() {
			defer in.Close()
			buffer := make([]byte, 64<<10)
			for {
				n, err := out.Read(buffer)
				if cut := r.cut.Load(); cut != nil && bytes.Contains(buffer[:n], []byte("APPENDUID")) && (*cut)() {
					out.Close()
					return
				}
				if _, e := in.Write(buffer[:n]); err != nil || e != nil {
					out.Close()
					return
				}
			}
		})
	}
}

// letters are a source in memory.
type letters []transfer.Letter

func (s letters) Folders(context.Context) ([]transfer.Folder, error) {
	return []transfer.Folder{{ID: "f", Name: "Work/f", Messages: len(s)}}, nil
}

func (s letters) Keys(context.Context, transfer.Folder) ([]string, error) { return nil, nil }

func (s letters) Read(ctx context.Context, _ transfer.Folder, r transfer.Reading) error {
	for _, l := range s {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.Yield(l); err != nil {
			return err
		}
	}
	return nil
}

// silent hears nothing.
type silent struct{ refused *atomic.Int64 }

func (silent) Total(int64)           {}
func (silent) Folder(string, string) {}
func (silent) Add(int64)             {}
func (s silent) Refused(Refused)     { s.refused.Add(1) }
func (silent) Notice(string)         {}

func (r *replicas) run(t *testing.T, ctx context.Context, s transfer.Source, journal string) (Result, error) {
	t.Helper()
	j, err := OpenJournal(filepath.Join(t.TempDir(), journal), user, "s")
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	return Run(ctx, Options{Source: s, Account: r.account, Journal: j, Connections: 3, Progress: silent{new(atomic.Int64)}})
}

// stored returns how often each body is in the mailbox.
func (r *replicas) stored(t *testing.T, mailbox string) map[string]int {
	t.Helper()
	c, err := imapclient.DialInsecure(r.direct, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login(user, password).Wait(); err != nil {
		t.Fatal(err)
	}
	data, err := c.Select(mailbox, nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	if data.NumMessages == 0 {
		return n
	}
	section := &imap.FetchItemBodySection{Peek: true}
	all, err := c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		n[string(m.FindBodySection(section))]++
	}
	return n
}

func source(n int) letters {
	var s letters
	for i := range n {
		// Every third is the same as the one before, and all are of one size.
		s = append(s, transfer.Letter{Where: fmt.Sprint(i), Body: fmt.Appendf(nil, "Subject: %04d\r\n\r\nx\r\n", i-i%3/2)})
	}
	return s
}

func want(s letters) map[string]int {
	n := map[string]int{}
	for _, l := range s {
		n[string(l.Body)]++
	}
	return n
}

// Answers are lost with their connections: each letter is stored once all the same, by other replicas.
func TestLostAnswers(t *testing.T) {
	r := startReplicas(t)
	var seen atomic.Int64
	cut := func() bool { return seen.Add(1)%10 == 0 }
	r.cut.Store(&cut)
	s := source(30)
	result, err := r.run(t, t.Context(), s, "j")
	if err != nil || result.Imported != len(s) {
		t.Fatalf("%+v, %v", result, err)
	}
	if got := r.stored(t, "Work/f"); fmt.Sprint(got) != fmt.Sprint(want(s)) {
		t.Errorf("stored %v", got)
	}
	if seen.Load() < int64(len(s)) {
		t.Errorf("only %d answers were seen: nothing was lost", seen.Load())
	}
}

// An import ends in the middle, without its last answers, and is run again without its journal.
func TestEndedInTheMiddle(t *testing.T) {
	r := startReplicas(t)
	s := source(40)
	for _, after := range []int64{5, 17} {
		ctx, stop := context.WithCancel(t.Context())
		var seen atomic.Int64
		cut := func() bool {
			if seen.Add(1) < after {
				return false
			}
			stop()
			return true
		}
		r.cut.Store(&cut)
		if result, err := r.run(t, ctx, s, "lost"); err == nil {
			t.Fatalf("it did not end: %+v", result)
		}
		r.open.wait() // a letter may be on its way still, which who looks now does not see
	}
	r.cut.Store(nil)
	before := len(r.stored(t, "Work/f"))
	if before == 0 || before == len(want(s)) {
		t.Fatalf("it did not end in the middle: %d", before)
	}
	result, err := r.run(t, t.Context(), s, "new")
	if err != nil || result.Imported+result.Present != len(s) || result.Present == 0 {
		t.Fatalf("%+v, %v", result, err)
	}
	if got := r.stored(t, "Work/f"); fmt.Sprint(got) != fmt.Sprint(want(s)) {
		t.Errorf("stored %v", got)
	}
}

// A server that refuses the password is not asked again.
func TestWrongPassword(t *testing.T) {
	r := startReplicas(t)
	r.account.Password = "wrong"
	if _, err := r.run(t, t.Context(), source(1), "j"); err == nil || !bytes.Contains([]byte(err.Error()), []byte("refused")) {
		t.Errorf("%v", err)
	}
}
