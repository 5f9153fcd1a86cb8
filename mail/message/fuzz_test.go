package message

import (
	"bytes"
	"errors"
	"testing"

	"github.com/emersion/go-imap/v2"
)

// seeds are odd messages and small bombs.
func seeds() [][]byte {
	list := [][]byte{letter, searched, parts(4), nested(4)}
	for _, c := range odd {
		list = append(list, []byte(c.raw))
	}
	for _, b := range bombs {
		list = append(list, b.make(3))
	}
	return list
}

// FuzzScan reads any bytes in every way: nothing panics, ranges nest, a summary returns as it was.
func FuzzScan(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s, uint8(3), uint8(1))
	}
	f.Fuzz(func(t *testing.T, raw []byte, part, depth uint8) {
		tight := DefaultBudget()
		tight.Parts, tight.Depth = int(part), int(depth)
		tight.HeaderFields, tight.Params, tight.Addresses = int(part)*2, int(depth), int(depth)
		for _, b := range []Budget{DefaultBudget(), tight} {
			st := Scan(raw, b)
			checkStructure(t, st, len(raw))
			if len(st.Parts) > max(b.Parts, 1) {
				t.Fatalf("%d parts", len(st.Parts))
			}
			if _, err := st.BodyStructure(); err != nil {
				t.Fatal(err)
			}
			for path := []int{int(part % 8)}; len(path) < 4; path = append(path, int(depth%4)) {
				readSections(t, raw, st, path)
			}
			reread(t, NewSummary(raw, st, day))
			st.contains(raw, newPattern("x="), true)
		}
	})
}

func readSections(t *testing.T, raw []byte, st *Structure, path []int) {
	const head, mime, text = imap.PartSpecifierHeader, imap.PartSpecifierMIME, imap.PartSpecifierText
	for _, spec := range []imap.PartSpecifier{"", head, mime, text} {
		for _, it := range []*imap.FetchItemBodySection{
			item(path, spec),
			{Part: path, Specifier: spec, HeaderFields: []string{"Subject"}},
			{Part: path[1:], Specifier: spec, HeaderFieldsNot: []string{"Subject"}},
		} {
			ranges, err := st.Section(raw, it)
			if err != nil && !errors.Is(err, ErrNoSection) {
				t.Fatal(err)
			}
			Extract(raw, ranges)
		}
	}
	out, err := st.Binary(raw, &imap.FetchItemBinarySection{Part: path})
	n, sizeErr := st.BinarySize(raw, path)
	if !errors.Is(sizeErr, err) || len(out) != int(n) || len(out) > len(raw) {
		t.Fatalf("binary: %d bytes, %v; size %d, %v", len(out), err, n, sizeErr)
	}
}

// FuzzDecodeSummary: what is accepted has one encoding and can be asked anything.
func FuzzDecodeSummary(f *testing.F) {
	for _, s := range seeds() {
		f.Add(AppendSummary(nil, summarize(s)))
	}
	partial := summarize(letter)
	partial.dropNestedEnvelopes(nil)
	partial.change(3)
	partial.Structure.Partial = true
	f.Add(AppendSummary(nil, partial))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeSummary(b)
		if err != nil {
			if !errors.Is(err, ErrSummary) {
				t.Fatal(err)
			}
			return
		}
		if !bytes.Equal(AppendSummary(nil, s), b) {
			t.Fatal("another encoding after decoding")
		}
		s.InternalDate()
		for _, ask := range []func() error{
			func() error { _, err := s.Envelope(); return err },
			func() error { _, err := s.BodyStructure(); return err },
			func() error { _, err := s.Section(item(nil, imap.PartSpecifierHeader)); return err },
			func() error { _, err := s.Structure.Locate(item([]int{1, 1, 2}, "")); return err },
			func() error {
				_, err := s.Section(&imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader,
					HeaderFields: []string{"To"}})
				return err
			},
		} {
			if err := ask(); err != nil && !errors.Is(err, ErrNeedsBody) && !errors.Is(err, ErrNoSection) {
				t.Fatal(err)
			}
		}
	})
}

// FuzzHeaderText: the readers of header values are total and give UTF-8.
func FuzzHeaderText(f *testing.F) {
	f.Add("=?utf-8?q?=C3?= =?utf-8?q?=A9?= x", "Mon, 2 Jan 2006 15:04:05 EST")
	f.Add("g: \"a\" <a@b>, (c) d;", "2 Jan 06 15:04 (x")
	f.Fuzz(func(t *testing.T, text, date string) {
		if got := decodeWords(text); toUTF8(got) != got {
			t.Fatalf("not UTF-8: %q", got)
		}
		if d, ok := parseDate(date); ok && d.Year() > 10000 {
			t.Fatalf("%q is %v", date, d)
		}
		for _, id := range messageIDs(text) {
			if id == "" {
				t.Fatal("empty identifier")
			}
		}
	})
}
