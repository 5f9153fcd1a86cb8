package transfer

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"
)

func TestCRLF(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a": "a", "\n": "\r\n", "a\nb\n": "a\r\nb\r\n", "a\r\nb\n": "a\r\nb\r\n", "\n\n": "\r\n\r\n", "a\rb\n": "a\rb\r\n",
		"\r\n": "\r\n", "\r\n\n": "\r\n\r\n",
	} {
		if got := string(CRLF([]byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		b := []byte(rapid.StringMatching(`[a\r\n]{0,40}`).Draw(t, "text"))
		once := CRLF(b)
		if !bytes.Equal(CRLF(once), once) {
			t.Fatalf("%q is not the same when done twice", b)
		}
		if bytes.Count(once, []byte("\n")) != bytes.Count(once, []byte("\r\n")) {
			t.Fatalf("%q has a bare line feed left", once)
		}
	})
}

func TestUTF7(t *testing.T) {
	for text, coded := range map[string]string{
		"INBOX": "INBOX", "Pläne": "Pl&AOQ-ne", "Q&A": "Q&-A", "台北": "&U,BTFw-", "a😀b": "a&2D3eAA-b", "Entwürfe": "Entw&APw-rfe",
	} {
		if got := EncodeUTF7(text); got != coded {
			t.Errorf("%q is coded %q, want %q", text, got, coded)
		}
		if got, err := DecodeUTF7(coded); err != nil || got != text {
			t.Errorf("%q is %q (%v), want %q", coded, got, err, text)
		}
	}
	for _, bad := range []string{"&", "&AOQ", "&A-", "&AAAA!-", "Pläne", "a\x01", "&2D0-"} {
		if got, err := DecodeUTF7(bad); err == nil {
			t.Errorf("%q was taken for %q", bad, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if got, err := DecodeUTF7(EncodeUTF7(text)); err != nil && !strings.ContainsRune(text, '�') || err == nil && got != text {
			t.Fatalf("%q came back as %q (%v)", text, got, err)
		}
	})
}

func TestJoinName(t *testing.T) {
	for want, in := range map[string][]string{
		"INBOX": {"inbox"}, "INBOX/a": {"InBox", "a"}, "a/b": {"a", "", "b"}, "a_b": {"a/b"}, "100_": {"100%"}, "x_y": {"x\x00y"},
		"_ _": {"*\xff \x01"[:1] + " %"}, "a/inbox": {"a", "inbox"},
	} {
		if got := JoinName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestCleanFlags(t *testing.T) {
	got, dropped := CleanFlags([]imap.Flag{`\seen`, `\Seen`, `\Recent`, `\Bogus`, "a b", "$Label1", "$label1", "", "Work", "x]"})
	want := []imap.Flag{`\seen`, "$Label1", "Work"}
	if dropped != 4 || len(got) != len(want) {
		t.Fatalf("%q, %d dropped", got, dropped)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestHeaderDate(t *testing.T) {
	const received = "Received: from x\r\n\tby y; Tue, 3 Mar 2020 10:00:00 +0100\r\n"
	const date = "Date: Mon, 2 Mar 2020 09:00:00 +0000\r\n"
	for text, want := range map[string]int64{
		received + date + "\r\n":            time.Date(2020, 3, 3, 9, 0, 0, 0, time.UTC).Unix(),
		date + received + "\r\n":            time.Date(2020, 3, 3, 9, 0, 0, 0, time.UTC).Unix(),
		date + "\r\n" + received:            time.Date(2020, 3, 2, 9, 0, 0, 0, time.UTC).Unix(),
		"Received: nonsense\r\n" + date:     time.Date(2020, 3, 2, 9, 0, 0, 0, time.UTC).Unix(),
		"Subject: x\r\n\r\n" + date:         time.Time{}.Unix(),
		"":                                  time.Time{}.Unix(),
		"Date: Mon, 2 Mar 2020 09:00 +0000": time.Date(2020, 3, 2, 9, 0, 0, 0, time.UTC).Unix(),
		" x\n y":                            time.Time{}.Unix(),
	} {
		if got := HeaderDate([]byte(text)).Unix(); got != want {
			t.Errorf("%q: %v", text, time.Unix(got, 0).UTC())
		}
	}
}
