package message

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/emersion/go-imap/v2"
)

// letter has text, an embedded message with a multipart, and a base64 attachment.
var letter = crlf(`From: a@b
Subject: one
 two
X-Odd
Subject: again
Content-Type: multipart/mixed; boundary=o

pre
--o

first
--o
Content-Type: message/rfc822

Subject: in
Content-Type: multipart/alternative; boundary=i

--i

plain
--i
Content-Type: text/html

<p>
--i--
--o
Content-Type: application/x
Content-Transfer-Encoding: base64

aGVs
bG8=
--o
Content-Transfer-Encoding: quoted-printable

a=3Db=
c  
=zz
--o
Content-Transfer-Encoding: x-strange

?
--o--
post
`)

func item(part []int, spec imap.PartSpecifier) *imap.FetchItemBodySection {
	return &imap.FetchItemBodySection{Part: part, Specifier: spec}
}

func TestSections(t *testing.T) {
	s := Scan(letter, DefaultBudget())
	const head, mime, text = imap.PartSpecifierHeader, imap.PartSpecifierMIME, imap.PartSpecifierText
	for _, c := range []struct {
		item *imap.FetchItemBodySection
		want string
	}{
		{item([]int{1}, ""), "first"},
		{item([]int{1}, mime), "\n"},
		{item([]int{2}, mime), "Content-Type: message/rfc822\n\n"},
		{item([]int{2}, head), "Subject: in\nContent-Type: multipart/alternative; boundary=i\n\n"},
		{item([]int{2}, text), "--i\n\nplain\n--i\nContent-Type: text/html\n\n<p>\n--i--"},
		{item([]int{2, 1}, ""), "plain"},
		{item([]int{2, 2}, mime), "Content-Type: text/html\n\n"},
		{item([]int{2, 2}, ""), "<p>"},
		{item([]int{3}, ""), "aGVs\nbG8="},
		{&imap.FetchItemBodySection{Specifier: head, HeaderFields: []string{"SUBJECT", "x-none"}},
			"Subject: one\n two\nSubject: again\n\n"},
		{&imap.FetchItemBodySection{Specifier: head, HeaderFieldsNot: []string{"Subject", "Content-Type"}},
			"From: a@b\nX-Odd\n\n"},
		{&imap.FetchItemBodySection{Specifier: head, Part: []int{2}, HeaderFields: []string{"Subject"},
			Partial: &imap.SectionPartial{Offset: 9, Size: 4}}, "in\n"},
	} {
		ranges, err := s.Section(letter, c.item)
		if err != nil {
			t.Errorf("%+v: %v", c.item, err)
			continue
		}
		if got := Extract(letter, ranges); string(got) != string(crlf(c.want)) {
			t.Errorf("%+v: got %q", c.item, got)
		}
	}
	for _, c := range []*imap.FetchItemBodySection{
		item([]int{0}, ""), item([]int{6}, ""), item([]int{-1}, ""), item([]int{1, 1}, ""), item([]int{2, 3}, ""),
		item([]int{2, 1, 1}, ""), item([]int{1}, head), item([]int{3}, text), item([]int{math.MaxInt}, ""),
	} {
		if _, err := s.Section(letter, c); !errors.Is(err, ErrNoSection) {
			t.Errorf("%+v: %v, want ErrNoSection", c, err)
		}
	}
}

func TestWholeHeaderAndText(t *testing.T) {
	s := Scan(letter, DefaultBudget())
	var got []byte
	for _, spec := range []imap.PartSpecifier{imap.PartSpecifierHeader, imap.PartSpecifierText} {
		ranges, err := s.Locate(item(nil, spec))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, Extract(letter, ranges)...)
	}
	whole, err := s.Locate(item(nil, ""))
	if err != nil || !bytes.Equal(got, letter) || Total(whole) != len(letter) {
		t.Errorf("header and text are not the message: %v", err)
	}
}

func TestPartNumbersOfSimpleMessages(t *testing.T) {
	plain := []byte("A: b\r\n\r\nbody")
	in := append([]byte("Content-Type: message/rfc822\r\n\r\n"), plain...)
	for _, c := range []struct {
		raw  []byte
		item *imap.FetchItemBodySection
		want string
	}{
		{plain, item([]int{1}, ""), "body"},
		{plain, item([]int{1}, imap.PartSpecifierMIME), "A: b\r\n\r\n"},
		{in, item([]int{1}, ""), string(plain)},
		{in, item([]int{1}, imap.PartSpecifierHeader), "A: b\r\n\r\n"},
		{in, item([]int{1, 1}, ""), "body"},
	} {
		ranges, err := Scan(c.raw, DefaultBudget()).Section(c.raw, c.item)
		if got := string(Extract(c.raw, ranges)); err != nil || got != c.want {
			t.Errorf("%+v: %q, %v", c.item, got, err)
		}
	}
}

func TestCut(t *testing.T) {
	ranges := []Range{{10, 13}, {20, 25}}
	const most = math.MaxInt64
	for _, c := range []struct {
		offset, size int64
		want         int // bytes
		first        int
	}{
		{0, most, 8, 10}, {5, most, 3, 22}, {2, 2, 2, 12}, {3, 1, 1, 20}, {8, 1, 0, 0}, {most, most, 0, 0},
		{0, 0, 0, 0}, {-1, 5, 0, 0}, {1, -1, 0, 0}, {math.MinInt64, math.MinInt64, 0, 0},
	} {
		got := Cut(ranges, &imap.SectionPartial{Offset: c.offset, Size: c.size})
		if Total(got) != c.want || c.want > 0 && got[0].Start != c.first {
			t.Errorf("<%d.%d>: %v", c.offset, c.size, got)
		}
	}
}

func TestBinary(t *testing.T) {
	s := Scan(letter, DefaultBudget())
	for _, c := range []struct {
		part    int
		partial *imap.SectionPartial
		want    string
	}{
		{1, nil, "first"},
		{3, nil, "hello"},
		{3, &imap.SectionPartial{Offset: 1, Size: 3}, "ell"},
		{3, &imap.SectionPartial{Offset: 5, Size: math.MaxInt64}, ""},
		{3, &imap.SectionPartial{Offset: 2, Size: 0}, ""},
		{4, nil, "a=bc\r\n=zz"},
	} {
		got, err := s.Binary(letter, &imap.FetchItemBinarySection{Part: []int{c.part}, Partial: c.partial})
		if err != nil || string(got) != c.want {
			t.Errorf("%d %v: %q, %v", c.part, c.partial, got, err)
		}
		if n, err := s.BinarySize(letter, []int{c.part}); err != nil || c.partial == nil && int(n) != len(c.want) {
			t.Errorf("size of %d: %d, %v", c.part, n, err)
		}
	}
	if _, err := s.BinarySize(letter, []int{5}); !errors.Is(err, ErrUnknownEncoding) {
		t.Errorf("unknown encoding: %v", err)
	}
	if whole, err := s.Binary(letter, &imap.FetchItemBinarySection{}); err != nil || !bytes.Equal(whole, letter) {
		t.Errorf("whole message: %v", err)
	}
}

func TestDecodersInPieces(t *testing.T) {
	for _, c := range []struct{ encoding, in, want string }{
		{"base64", "aGVs\r\nbG8=\r\naGk=", "hellohi"},
		{"base64", "aGVsbG8", "hello"},
		{"base64", "!a-G=", "h"},
		{"quoted-printable", "a=20 \r\nb =\r\n c=3d=3D\n=", "a \r\nb  c==\n"},
		{"quoted-printable", "=A\r\n=4=41x=", "=A\r\n=4Ax"},
		{"quoted-printable", "x = y =  \r\nz \t", "x = y z"},
	} {
		for size := 1; size <= len(c.in); size++ {
			d, err := newDecoder(c.encoding)
			if err != nil {
				t.Fatal(err)
			}
			var out []byte
			for in := c.in; in != ""; {
				n := min(size, len(in))
				out = d.decode(out, []byte(in[:n]), n == len(in))
				in = in[n:]
			}
			if string(out) != c.want {
				t.Errorf("%q by %d: %q, want %q", c.in, size, out, c.want)
			}
		}
	}
}
