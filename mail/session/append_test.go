package session

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/emersion/go-imap/v2"

	"troxymail/mailstore/command"
)

// A connection that ends within a literal stores nothing, wherever it ends and however it says so.
func TestACutAppendStoresNothing(t *testing.T) {
	w := newWorld(t, nil)
	s := w.login(0)
	text := mail("cut") + strings.Repeat("line\r\n", 20_000)
	broken := errors.New("connection reset")
	for n := 0; n < len(text); n += 1 + n/7 {
		for what, r := range map[string]io.Reader{
			"EOF":    strings.NewReader(text[:n]),
			"error":  io.MultiReader(strings.NewReader(text[:n]), iotest.ErrReader(broken)),
			"slowly": iotest.OneByteReader(strings.NewReader(text[:min(n, 3000)])),
		} {
			data, err := s.Append(t.Context(), "INBOX", r, int64(len(text)), nil)
			if data != nil || err != error(errCut) {
				t.Fatalf("cut by %s after %d of %d bytes: %v", what, n, len(text), err)
			}
		}
	}
	if n := w.cluster.commands[command.KindAppend]; n != 0 || len(w.cluster.bodies) != 0 {
		t.Errorf("%d APPENDs and %d bodies reached the hosts", n, len(w.cluster.bodies))
	}
	data, err := s.Append(t.Context(), "INBOX", iotest.HalfReader(strings.NewReader(text+"next command")),
		int64(len(text)), nil)
	if err != nil || data.UID != 1 {
		t.Errorf("the whole literal: %+v, %v", data, err)
	}
}

func TestAppendRefuses(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Limits.AppendBytes = 1000 })
	s := w.login(0)
	if s.AppendLimit() != 1000 {
		t.Errorf("APPENDLIMIT %d", s.AppendLimit())
	}
	never := iotest.ErrReader(errors.New("the literal was read"))
	for _, c := range []struct {
		what, mailbox string
		r             io.Reader
		size          int64
		o             *imap.AppendOptions
		want          imap.ResponseCode
	}{
		{"too big", "INBOX", never, 1001, nil, imap.ResponseCodeTooBig},
		{"absurd", "INBOX", never, 1 << 62, nil, imap.ResponseCodeTooBig},
		{"empty", "INBOX", never, 0, nil, imap.ResponseCodeCannot},
		{"negative", "INBOX", never, -1, nil, imap.ResponseCodeCannot},
		{"no mailbox", "nothing", never, 10, nil, imap.ResponseCodeTryCreate},
		{"no name", "a//b", never, 10, nil, imap.ResponseCodeTryCreate},
		{"NUL", "INBOX", strings.NewReader("a\r\n\r\nb\x00c"), 8, nil, imap.ResponseCodeCannot},
	} {
		if _, err := s.Append(t.Context(), c.mailbox, c.r, c.size, c.o); code(err) != c.want {
			t.Errorf("%s: %v, want %s", c.what, err, c.want)
		}
	}
	for _, flag := range []imap.Flag{"", `\Unknown`, "a b", "a(", "ä", "*", imap.Flag(strings.Repeat("k", MaxKeywordBytes+1))} {
		_, err := s.Append(t.Context(), "INBOX", never, 10, &imap.AppendOptions{Flags: []imap.Flag{flag}})
		var e *imap.Error
		if !errors.As(err, &e) || e.Type != imap.StatusResponseTypeBad {
			t.Errorf("flag %q: %v", flag, err)
		}
	}
	if n := w.cluster.commands[command.KindAppend]; n != 0 {
		t.Errorf("%d APPENDs were ordered", n)
	}
}

func TestQuotaIsTold(t *testing.T) {
	w := newWorld(t, nil)
	w.do(w.admin.Create(t.Context(), "bob@example.org", password, 100))
	s, err := w.servers[0].Login(t.Context(), peer, "Bob@Example.ORG", password)
	w.do(err)
	defer s.Close()
	_, err = s.Append(t.Context(), "INBOX", strings.NewReader(mail("x")), int64(len(mail("x"))), nil)
	w.wantCode(err, imap.ResponseCodeOverQuota)
}

// Memory for messages is bounded over all sessions; who waits may give up.
func TestAppendsWaitForMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(100)
		first, err := b.acquire(t.Context(), 60)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error, 2)
		got := make(chan func(), 2)
		wait := func(ctx context.Context, n int64) {
			release, err := b.acquire(ctx, n)
			if err != nil {
				errs <- err
				return
			}
			got <- release
		}
		go wait(ctx, 1000) // more than there is counts as all
		synctest.Wait()
		go wait(t.Context(), 10) // there is room, but not before who came first
		synctest.Wait()
		if len(got)+len(errs) != 0 {
			t.Fatal("somebody did not wait")
		}
		cancel()
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		second := <-got
		go wait(t.Context(), 100)
		synctest.Wait()
		first()
		synctest.Wait()
		if len(got) != 0 {
			t.Fatal("more was given than there is")
		}
		second()
		(<-got)()
		if b.free != b.total || len(b.queue) != 0 {
			t.Errorf("%d of %d bytes are free", b.free, b.total)
		}
	})
}

// What is sealed reaches no host in plain: not the mail, nor addresses, names, keywords or the password.
func TestHostsSeeNoPlaintext(t *testing.T) {
	w := newWorld(t, nil)
	s, c := w.opened(0, "INBOX")
	secrets := []string{"subject-canary", "body-canary", "keyword-canary", "mailbox-canary", "parent-canary",
		"alice.canary", password, "attachment-canary"}
	text := "Subject: subject-canary\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nbody-canary\r\n" +
		"--b\r\nContent-Disposition: attachment; filename=attachment-canary\r\n\r\nx\r\n--b--\r\n"
	c.appendTo(s, "INBOX", text, "keyword-canary")
	c.appendTo(s, "INBOX", text+strings.Repeat("body-canary ", 10_000))
	w.do(s.Create(t.Context(), "parent-canary/mailbox-canary", nil))
	w.do(s.Subscribe(t.Context(), "parent-canary/mailbox-canary"))
	w.do(s.Rename(t.Context(), "parent-canary", "new/parent-canary"))
	c.poll(s)
	c.store(s, seqs(1), add("keyword-canary2"))
	if _, err := s.Copy(t.Context(), seqs(1, 2), "new/parent-canary/mailbox-canary"); err != nil {
		t.Fatal(err)
	}
	w.do(w.admin.SetPassword(t.Context(), alice, password+"2"))
	exposed := bytes.ToLower(w.cluster.exposed.Bytes())
	if len(exposed) < 200_000 {
		t.Fatalf("only %d bytes were looked at", len(exposed))
	}
	for _, secret := range secrets {
		if i := bytes.Index(exposed, []byte(secret)); i >= 0 {
			t.Errorf("hosts can read %q", secret)
		}
	}
}
