package session

import (
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
)

func fields(names string) *imap.FetchItemBodySection {
	return &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: strings.Fields(names), Peek: true}
}

// programs are what mail programs ask of many messages at once, to list them.
var programs = map[string]*imap.FetchOptions{
	"thunderbird, flags": {UID: true, Flags: true},
	"thunderbird": {UID: true, RFC822Size: true, Flags: true, BodySection: []*imap.FetchItemBodySection{fields(
		"From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To")}},
	"mutt": {UID: true, Flags: true, InternalDate: true, RFC822Size: true, BodySection: []*imap.FetchItemBodySection{fields(
		"DATE FROM SENDER SUBJECT TO CC MESSAGE-ID REFERENCES CONTENT-TYPE CONTENT-DESCRIPTION IN-REPLY-TO REPLY-TO LINES " +
			"LIST-POST LIST-SUBSCRIBE LIST-UNSUBSCRIBE X-LABEL X-ORIGINAL-TO")}},
	"mbsync":             {UID: true, Flags: true, RFC822Size: true, BodySection: []*imap.FetchItemBodySection{fields("X-TUID MESSAGE-ID")}},
	"offlineimap":        {UID: true, Flags: true, InternalDate: true},
	"offlineimap, ages":  {UID: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{fields("X-OfflineIMAP DATE")}},
	"k-9":                {UID: true, Flags: true, InternalDate: true, RFC822Size: true, BodySection: []*imap.FetchItemBodySection{fields("date subject from content-type to cc reply-to message-id references in-reply-to list-unsubscribe sender X-K9mail-Identity Chat-Version")}},
	"k-9, structure":     {UID: true, BodyStructure: &imap.FetchItemBodyStructure{Extended: true}},
	"roundcube":          {UID: true, Flags: true, RFC822Size: true, InternalDate: true, BodyStructure: &imap.FetchItemBodyStructure{Extended: true}, BodySection: []*imap.FetchItemBodySection{fields("DATE FROM TO SUBJECT CONTENT-TYPE CC REPLY-TO LIST-POST DISPOSITION-NOTIFICATION-TO X-PRIORITY")}},
	"FULL":               {Flags: true, InternalDate: true, RFC822Size: true, Envelope: true, BodyStructure: &imap.FetchItemBodyStructure{}},
	"the whole header":   {UID: true, BodySection: []*imap.FetchItemBodySection{{Specifier: imap.PartSpecifierHeader, Peek: true}}},
	"all but some":       {UID: true, BodySection: []*imap.FetchItemBodySection{{Specifier: imap.PartSpecifierHeader, HeaderFieldsNot: []string{"Received"}, Peek: true}}},
	"a part of a header": {UID: true, BodySection: []*imap.FetchItemBodySection{{Specifier: imap.PartSpecifierHeader, Peek: true, Partial: &imap.SectionPartial{Offset: 10, Size: 100}}}},
}

// letterOf makes a message as it comes through some relays: relayed bytes of their fields, alternatives, an attachment of
// size bytes.
func letterOf(n, relayed, size int) string {
	var b strings.Builder
	for b.Len() < relayed {
		fmt.Fprintf(&b, "ARC-Seal: i=1; a=rsa-sha256; t=%d; cv=none; d=example.net; s=arc;\r\n b=%s\r\n", b.Len(), strings.Repeat("QUJD", 60))
		fmt.Fprintf(&b, "Received: from relay%d.example.net by mx.example.org with ESMTPS; Fri, 02 Jan 2026 03:04:05 +0000\r\n", b.Len())
	}
	fmt.Fprintf(&b, "From: Carol <carol@example.net>\r\nTo: %s\r\nSubject: letter %d\r\nDate: Fri, 02 Jan 2026 03:04:05 +0000\r\n"+
		"Message-ID: <%d@example.net>\r\nX-TUID: tuid%d\r\nList-Id: <list.example.net>\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/mixed; boundary=m\r\n\r\n", alice, n, n, n)
	b.WriteString("--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello.\r\n" +
		"--a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hello.\r\n--a--\r\n" +
		"--m\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\nContent-Disposition: attachment; filename=\"a.pdf\"\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\n")
	for line := strings.Repeat("QUJD", 19) + "\r\n"; size > 0; size -= len(line) {
		b.WriteString(line)
	}
	b.WriteString("--m--\r\n")
	return b.String()
}

// What programs ask of whole mailboxes is answered from the summaries that were made at the delivery: one record a message
// is read, once, and never a body. What is asked of the summaries alone reads nothing but the mailbox.
func TestListsReadNoBodies(t *testing.T) {
	w := newWorld(t, nil)
	a, ca := w.opened(0, "INBOX")
	const n = 6
	var texts []string
	for i := range n {
		texts = append(texts, letterOf(i, []int{0, 3 << 10, 11 << 10}[i%3], []int{0, 5 << 10, 300 << 10}[i/2]))
		ca.appendTo(a, "INBOX", texts[i])
	}
	all := imap.UIDSet{{Start: 1}}
	for name, o := range programs {
		var err error
		w.servers[1], err = New(w.options[1]) // nothing is known yet
		w.do(err)
		s, c := w.opened(1, "INBOX")
		w.replicas[1].records = 0
		list, err := c.fetch(s, all, o)
		if err != nil || len(list) != n {
			t.Fatalf("%s: %d messages, %v", name, len(list), err)
		}
		want := n
		if o.Envelope == false && o.BodyStructure == nil && !o.InternalDate && o.BodySection == nil {
			want = 0 // flags and sizes are of the mailbox
		}
		if got := w.replicas[1].records; got != want {
			t.Errorf("%s: %d records were read for %d messages, want %d", name, got, n, want)
		}
		again, err := c.fetch(s, all, o)
		if err != nil || len(again) != n || w.replicas[1].records != want {
			t.Errorf("%s: %d records after the second time, %v", name, w.replicas[1].records, err)
		}
		for i, f := range list {
			if o.RFC822Size && f.size != int64(len(texts[i])) {
				t.Errorf("%s: message %d has %d bytes, want %d", name, i, f.size, len(texts[i]))
			}
			if o.BodySection == nil {
				continue
			}
			header, _, _ := strings.Cut(texts[i], "\r\n\r\n")
			if whole := header + "\r\n\r\n"; name == "the whole header" && f.sections[0] != whole ||
				name == "a part of a header" && f.sections[0] != whole[10:110] ||
				name == "thunderbird" && !strings.Contains(f.sections[0], fmt.Sprintf("Subject: letter %d\r\n", i)) ||
				name == "mbsync" && !strings.Contains(f.sections[0], fmt.Sprintf("X-TUID: tuid%d\r\n", i)) {
				t.Errorf("%s: message %d: %q", name, i, f.sections[0])
			}
		}
		w.do(s.Close())
	}
}
