package message

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"
)

var day = time.Date(2026, 2, 3, 4, 5, 6, 0, time.FixedZone("", -90*60))

func summarize(raw []byte) *Summary { return NewSummary(raw, Scan(raw, DefaultBudget()), day) }

// reread encodes and decodes s and fails when that changes it.
func reread(t rapid.TB, s *Summary) *Summary {
	t.Helper()
	b := AppendSummary([]byte("prefix"), s)[len("prefix"):]
	if len(b) > MaxSummaryBytes {
		t.Fatalf("summary of %d bytes", len(b))
	}
	got, err := DecodeSummary(b)
	if err != nil {
		t.Fatal(err)
	}
	if again := AppendSummary(nil, got); !bytes.Equal(again, b) {
		t.Fatal("another encoding after decoding")
	}
	return got
}

// golden is the encoding of one small message: a change of it needs a new summaryVersion.
const golden = "01ffffffffffffffffffe20000002a00020000001746726f6d3a2041203c6140623e0d0a4e3a20630d0a0d0a00000001" +
	"0000000000000000000015000000170000002a00000001000000047465787400000005706c61696e0000000000000000" +
	"00000004376269740000000000000000000000000000000100000007636861727365740000000875732d617363696900" +
	"000000000000000100000000000000000000000000000000000000010000000001410000000161000000016200000000" +
	"00000000000000000000000000000000"

func TestSummaryGolden(t *testing.T) {
	raw := []byte("From: A <a@b>\r\nN: c\r\n\r\nline\r\nline number 2")
	s := NewSummary(raw, Scan(raw, DefaultBudget()), time.Unix(-1, 0).In(time.FixedZone("", -30*60)))
	if got := hex.EncodeToString(AppendSummary(nil, s)); got != golden {
		t.Errorf("got %s", got)
	}
	if d := reread(t, s).InternalDate(); d.Unix() != -1 || d.Format("-0700") != "-0030" {
		t.Errorf("internal date %v", d)
	}
}

func TestSummaryAnswers(t *testing.T) {
	s := reread(t, summarize(letter))
	full := Scan(letter, DefaultBudget())
	want, _ := full.BodyStructure()
	if bs, err := s.BodyStructure(); err != nil || !reflect.DeepEqual(bs, want) {
		t.Errorf("body structure %v, %v", bs, err)
	}
	wantEnv, _ := full.RootEnvelope()
	if e, err := s.Envelope(); err != nil || !reflect.DeepEqual(e, wantEnv.IMAP()) {
		t.Errorf("envelope %v, %v", e, err)
	}
	if !s.InternalDate().Equal(day) || s.InternalDate().Format(time.RFC3339) != day.Format(time.RFC3339) {
		t.Errorf("internal date %v", s.InternalDate())
	}
	for _, it := range []*imap.FetchItemBodySection{
		item(nil, imap.PartSpecifierHeader),
		{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"Subject"}},
		{Specifier: imap.PartSpecifierHeader, HeaderFieldsNot: []string{"Subject"}},
		{Specifier: imap.PartSpecifierHeader, Partial: &imap.SectionPartial{Offset: 3, Size: 9}},
	} {
		ranges, _ := full.Section(letter, it)
		if got, err := s.Section(it); err != nil || !bytes.Equal(got, Extract(letter, ranges)) {
			t.Errorf("%+v: %q, %v", it, got, err)
		}
	}
	for _, it := range []*imap.FetchItemBodySection{item(nil, ""), item([]int{2}, imap.PartSpecifierHeader)} {
		if _, err := s.Section(it); !errors.Is(err, ErrNeedsBody) {
			t.Errorf("%+v: %v, want ErrNeedsBody", it, err)
		}
	}
	if _, err := s.Section(item([]int{9}, "")); !errors.Is(err, ErrNoSection) {
		t.Errorf("missing part: %v", err)
	}
}

func TestSummaryOfLargeHeader(t *testing.T) {
	raw := []byte("Subject: x\r\nX-Big: " + strings.Repeat("y", maxWholeHeader) + "\r\nFrom: a@b\r\n\r\nbody")
	s := reread(t, summarize(raw))
	if s.Mode != HeaderSelected {
		t.Fatalf("mode %d", s.Mode)
	}
	fields := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader,
		HeaderFields: []string{"FROM", "Cc", "subject"}}
	if got, err := s.Section(fields); err != nil || string(got) != "Subject: x\r\nFrom: a@b\r\n\r\n" {
		t.Errorf("%q, %v", got, err)
	}
	for _, it := range []*imap.FetchItemBodySection{
		item(nil, imap.PartSpecifierHeader),
		{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"From", "X-Big"}},
		{Specifier: imap.PartSpecifierHeader, HeaderFieldsNot: []string{"From"}},
	} {
		if _, err := s.Section(it); !errors.Is(err, ErrNeedsBody) {
			t.Errorf("%+v: %v, want ErrNeedsBody", it, err)
		}
	}
}

func TestSummaryReductions(t *testing.T) {
	big := strings.Repeat("x", MaxSummaryBytes)
	embedded := func(subject string) string {
		return "--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: " + subject + "\r\n\r\n"
	}
	mixed := "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
	for _, c := range []struct {
		name, raw          string
		envelope, struct_  bool
		parts              int
		mode               HeaderMode
		reachable, unknown []int
	}{
		{"nested envelopes", mixed + embedded(big) + "--x--", true, false, 3, HeaderSelected, []int{1, 1}, nil},
		{"later parts", mixed + strings.Repeat("--x\r\n\r\n\r\n", 900) + "--x--", true, false, 0,
			HeaderSelected,
			[]int{100}, []int{800}},
		{"one address field", "To: " + strings.Repeat("abcdef@example.org,", 2600) + "\r\n\r\n", false,
			false, 1, HeaderNone, []int{1}, nil},
		{"texts", "Content-Description: " + big + "\r\n\r\n", false, false, 1, HeaderNone, []int{1}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw := []byte(c.raw)
			full := Scan(raw, DefaultBudget())
			before := dump(full)
			s := reread(t, NewSummary(raw, full, day))
			if dump(full) != before {
				t.Error("the structure was changed")
			}
			_, errE := s.Envelope()
			_, errS := s.BodyStructure()
			if (errE == nil) != c.envelope || (errS == nil) != c.struct_ || s.Mode != c.mode {
				t.Errorf("envelope %v, structure %v, mode %d", errE, errS, s.Mode)
			}
			for _, err := range []error{errE, errS} {
				if err != nil && !errors.Is(err, ErrNeedsBody) {
					t.Errorf("%v, want ErrNeedsBody", err)
				}
			}
			if c.parts != 0 && len(s.Structure.Parts) != c.parts {
				t.Errorf("%d parts", len(s.Structure.Parts))
			}
			want, _ := full.Locate(item(c.reachable, ""))
			if got, err := s.Structure.Locate(item(c.reachable, "")); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("part %v: %v, %v; want %v", c.reachable, got, err, want)
			}
			if c.unknown != nil {
				if _, err := s.Structure.Locate(item(c.unknown, "")); !errors.Is(err, ErrNeedsBody) {
					t.Errorf("part %v: %v, want ErrNeedsBody", c.unknown, err)
				}
			}
		})
	}
}

func TestDecodeSummaryRefuses(t *testing.T) {
	good := AppendSummary(nil, summarize(letter))
	for n := range good {
		if _, err := DecodeSummary(good[:n]); !errors.Is(err, ErrSummary) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	for name, change := range map[string]func(*Summary){
		"end behind the message": func(s *Summary) { s.Structure.Parts[0].BodyEnd++ },
		"child outside":          func(s *Summary) { s.Structure.Parts[1].BodyEnd = s.Size },
		"siblings overlap":       func(s *Summary) { s.Structure.Parts[2].HeaderStart -= 9 },
		"body before header":     func(s *Summary) { s.Structure.Parts[1].HeaderEnd = s.Structure.Parts[1].BodyStart + 1 },
		"depth jumps":            func(s *Summary) { s.Structure.Parts[1].Depth = 2 },
		"second root":            func(s *Summary) { s.Structure.Parts[1].Depth = 0 },
		"leaf with a child":      func(s *Summary) { s.Structure.Parts[0].Kind = Leaf },
		"two embedded messages":  func(s *Summary) { s.Structure.Parts[0].Kind = Embedded },
		"empty multipart":        func(s *Summary) { s.Structure.Parts[1].Kind = Multipart },
		"opaque multipart":       func(s *Summary) { s.Structure.Parts[0].Opaque = true },
		"stray envelope":         func(s *Summary) { s.Structure.Parts[1].Envelope = new(Envelope) },
		"more lines than bytes":  func(s *Summary) { s.Structure.Parts[1].Lines = 99 },
		"no parts":               func(s *Summary) { s.Structure.Parts = nil },
		"short header":           func(s *Summary) { s.Header = s.Header[1:] },
		"header without mode":    func(s *Summary) { s.Mode = HeaderNone },
		"unknown mode":           func(s *Summary) { s.Mode = 3 },
		"zone":                   func(s *Summary) { s.ZoneMinutes = 1440 },
		"unknown address kind": func(s *Summary) {
			s.Structure.Parts[0].Envelope = &Envelope{From: []Address{{Kind: 3}}}
		},
	} {
		s := summarize(letter)
		change(s)
		if _, err := DecodeSummary(AppendSummary(nil, s)); !errors.Is(err, ErrSummary) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, b := range map[string][]byte{
		"version": append([]byte{9}, good[1:]...), "trailing": append(good[:len(good):len(good)], 0),
		"too long": make([]byte, MaxSummaryBytes+1),
	} {
		if _, err := DecodeSummary(b); !errors.Is(err, ErrSummary) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// genMessage draws messages from the pieces that parsers stumble over.
func genMessage(t *rapid.T) []byte {
	pieces := []string{
		"\r\n", "\n", "\r", " ", "--a", "--b", "--a--", "--b--", "\r\n--a\r\n", "\r\n--b\r\n", "\r\n\r\n",
		"Content-Type: multipart/mixed; boundary=a\r\n", "Content-Type: multipart/digest; boundary=b\r\n",
		"Content-Type: message/rfc822\r\n", "Content-Transfer-Encoding: base64\r\n", "To: g: x@y,\"\r\n",
		"Subject: =?",
		"Content-Type: text/plain; a*0=b; a*1*=%20\r\n", "x", "\x00", "\xff", "(", "<", ";", ":",
	}
	return []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 60).Draw(t, "pieces"), ""))
}

func TestScanAndSummaryProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := genMessage(t)
		b := DefaultBudget()
		if rapid.Bool().Draw(t, "tight") {
			b.Parts, b.Depth = rapid.IntRange(0, 8).Draw(t, "parts"), rapid.IntRange(0, 3).Draw(t, "depth")
		}
		st := Scan(raw, b)
		if len(st.Parts) > max(b.Parts, 1) {
			t.Fatalf("%d parts", len(st.Parts))
		}
		got := reread(t, NewSummary(raw, st, day))
		if dump(got.Structure) != dump(st) {
			t.Fatalf("structure changed\n%s%s", dump(st), dump(got.Structure))
		}
		if fmt.Sprint(must(got.BodyStructure())) != fmt.Sprint(must(st.BodyStructure())) {
			t.Fatal("body structure changed")
		}
	})
}

func must(bs imap.BodyStructure, err error) string {
	if err != nil {
		panic(err)
	}
	var out strings.Builder
	bs.Walk(func(path []int, part imap.BodyStructure) bool {
		fmt.Fprintf(&out, "%v %s %v;", path, part.MediaType(), part.Disposition())
		return true
	})
	return out.String()
}
