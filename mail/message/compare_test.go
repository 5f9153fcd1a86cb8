package message

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"net"
	"reflect"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-message/textproto"
)

// plain are well-formed messages, of which go-imap's own reader says the same.
var plain = []string{
	"From: A B <a@b.org>\nTo: c@d.org, \"E, F\" <e@f.org>\nSubject: hello\n" +
		"Date: Mon, 02 Jan 2006 15:04:05 -0700\n" +
		"Message-ID: <1@b.org>\nIn-Reply-To: <2@b.org>\nContent-Type: text/plain; charset=utf-8\n\nbody\n",
	"Subject: mixed\nContent-Type: multipart/mixed; boundary=\"o\"\n\npre\n--o\n" +
		"Content-Type: text/plain\n\na\nb\n" +
		"--o\nContent-Type: image/png; name=\"x.png\"\nContent-Transfer-Encoding: base64\nContent-ID: <i@x>\n" +
		"Content-Description: a picture\nContent-Disposition: attachment; filename=\"x.png\"\n" +
		"Content-Language: en, de\n" +
		"Content-Location: http://x/\n\nAAAA\n--o\nContent-Type: message/rfc822\n\nFrom: x@y\nSubject: in\n" +
		"Content-Type: multipart/alternative; boundary=i\n\n--i\nContent-Type: text/plain\n\np\n--i\n" +
		"Content-Type: text/html\n\n<p>\n\n--i--\n--o--\npost\n",
}

func TestAgreesWithImapserver(t *testing.T) {
	for _, m := range plain {
		raw := crlf(m)
		s := Scan(raw, DefaultBudget())
		bs, err := s.BodyStructure()
		want := imapserver.ExtractBodyStructure(bytes.NewReader(raw))
		if err != nil || describe(bs) != describe(want) {
			t.Errorf("body structure\n%s\nimapserver has\n%s\n%v", describe(bs), describe(want), err)
		}
		header, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			t.Fatal(err)
		}
		got, wantEnv := s.Parts[0].Envelope.IMAP(), imapserver.ExtractEnvelope(header)
		if !got.Date.Equal(wantEnv.Date) {
			t.Errorf("date %v, imapserver has %v", got.Date, wantEnv.Date)
		}
		got.Date = wantEnv.Date
		if !reflect.DeepEqual(got, wantEnv) {
			t.Errorf("envelope %+v, imapserver has %+v", got, wantEnv)
		}
		var items []*imap.FetchItemBodySection
		for _, spec := range []imap.PartSpecifier{"", imap.PartSpecifierHeader, imap.PartSpecifierText} {
			items = append(items, item(nil, spec))
		}
		for _, path := range [][]int{{1}, {2}, {3}, {3, 1}, {3, 2}} {
			items = append(items, item(path, ""), item(path, imap.PartSpecifierMIME))
		}
		for _, it := range items {
			ranges, _ := s.Section(raw, it)
			got, want := Extract(raw, ranges), imapserver.ExtractBodySection(bytes.NewReader(raw), it)
			if !bytes.Equal(got, want) {
				t.Errorf("%v: %q, imapserver has %q", it, got, want)
			}
		}
	}
}

// describe writes a body structure with all that go-imap's types hold.
func describe(bs imap.BodyStructure) string {
	switch bs := bs.(type) {
	case *imap.BodyStructureMultiPart:
		var children []string
		for _, c := range bs.Children {
			children = append(children, describe(c))
		}
		return fmt.Sprintf("(%s %s %v %v)", strings.Join(children, ""), bs.Subtype, bs.Extended.Params,
			bs.Extended.Disposition)
	case *imap.BodyStructureSinglePart:
		text := fmt.Sprintf("(%s/%s %v %s %s %s %d %v %v %s", bs.Type, bs.Subtype, bs.Params, bs.ID,
			bs.Description,
			cmp.Or(bs.Encoding, "7bit"), bs.Size, bs.Extended.Disposition, bs.Extended.Language,
			bs.Extended.Location)
		if bs.Text != nil {
			text += fmt.Sprint(" lines ", bs.Text.NumLines)
		}
		if m := bs.MessageRFC822; m != nil {
			text += fmt.Sprint(*m.Envelope, m.NumLines, describe(m.BodyStructure))
		}
		return text + ")"
	}
	return fmt.Sprintf("%T", bs)
}

// session serves one message to the real writer of imapserver.
type session struct {
	imapserver.Session
	st *Structure
}

func (s *session) Close() error                              { return nil }
func (s *session) Login(string, string) error                { return nil }
func (s *session) Poll(*imapserver.UpdateWriter, bool) error { return nil }
func (s *session) Select(string, *imap.SelectOptions) (*imap.SelectData, error) {
	return &imap.SelectData{NumMessages: 1}, nil
}

func (s *session) Fetch(w *imapserver.FetchWriter, _ imap.NumSet, _ *imap.FetchOptions) error {
	bs, err := s.st.BodyStructure()
	if err != nil {
		return err
	}
	m := w.CreateMessage(1)
	m.WriteEnvelope(s.st.Parts[0].Envelope.IMAP())
	m.WriteBodyStructure(bs)
	return m.Close()
}

// wire returns what a client is sent for FETCH (ENVELOPE BODY BODYSTRUCTURE).
func wire(t *testing.T, raw []byte) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &session{st: Scan(raw, DefaultBudget())}, nil, nil
		},
		InsecureAuth: true,
	})
	done := make(chan error, 1)
	go func() { done <- server.Serve(ln) }()
	defer func() { server.Close(); <-done }()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	fmt.Fprint(conn, "a LOGIN x y\r\nb SELECT INBOX\r\nc FETCH 1 (ENVELOPE BODY BODYSTRUCTURE)\r\n")
	var out strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("%v behind %q", err, out.String())
		}
		if strings.HasPrefix(line, "c ") {
			break
		}
		if strings.HasPrefix(line, "* 1 FETCH") || out.Len() > 0 {
			out.WriteString(line)
		}
	}
	return out.String()
}

func TestWire(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{"", `* 1 FETCH (ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ` +
			`BODY ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0) ` +
			`BODYSTRUCTURE ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL))`},
		{"Date: 2 Jan 2006 15:04 EST\nSubject: =?utf-8?q?=C3=A9?= x\nFrom: =?x?q?y?= <a@b>\n" +
			"To: g: \"c \\\" d\" <c@d>, root;\n\n",
			`* 1 FETCH (ENVELOPE ("Mon, 02 Jan 2006 15:04:00 -0500" "=?utf-8?q?=C3=A9?= x" ` +
				`(("=?x?q?y?=" NIL "a" "b")) (("=?x?q?y?=" NIL "a" "b")) (("=?x?q?y?=" NIL "a" "b")) ` +
				`((NIL NIL "g" NIL)("c \" d" NIL "c" "d")(NIL NIL "root" "missing-domain.invalid")(NIL NIL NIL NIL)) ` +
				`NIL NIL NIL NIL) BODY ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0) ` +
				`BODYSTRUCTURE ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL))`},
		{"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n\n--b--\n",
			`* 1 FETCH (ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ` +
				`BODY (("message" "rfc822" NIL NIL NIL "7bit" 0 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ` +
				`("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0) 0) "mixed") ` +
				`BODYSTRUCTURE (("message" "rfc822" NIL NIL NIL "7bit" 0 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ` +
				`("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL) 0 NIL NIL NIL NIL) "mixed" ` +
				`("boundary" "b") NIL NIL NIL))`},
	} {
		got := strings.TrimSuffix(wire(t, crlf(c.raw)), "\r\n")
		if want := c.want; spaceless(got) != spaceless(want) {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

// spaceless drops spaces between parentheses: the writer puts them between addresses, or not.
func spaceless(s string) string { return strings.ReplaceAll(s, ") (", ")(") }
