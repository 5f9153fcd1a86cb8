package imapgate

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// testBounds are small, so that inputs reach them.
var testBounds = bounds{
	line: 60, authLine: 90, total: 70, literal: 12, literalTotal: 20, literalCount: 2,
}

// testFramer frames what r gives; all commands are admitted.
func testFramer(r io.Reader) *framer {
	return &framer{
		r: bufio.NewReaderSize(r, 16), began: func() {},
		proceed: func() error { return nil },
		admit:   func(*command) *fault { return nil },
	}
}

// step reads one command as the reference would describe it.
func step(f *framer, b bounds) outcome {
	c, err := f.next(b)
	var fault *fault
	switch {
	case err == nil && c.message == nil:
		return outcome{"command", string(c.line), -1}
	case err == nil:
		return outcome{"command", string(c.line), c.message.size}
	case !errors.As(err, &fault):
		return outcome{kind: "end"}
	case fault.fatal:
		return outcome{kind: "fatal"}
	}
	return outcome{kind: "fault"}
}

// compare frames data twice and reports whether both ways agree to the end.
func compare(t interface{ Fatalf(string, ...any) }, data []byte, r io.Reader, b bounds) {
	ref := &reference{data: data, bounds: b}
	ref.bounds.authLine = ref.bounds.line
	b.authLine = b.line
	f := testFramer(r)
	for i := range 1 << 16 {
		want, got := ref.next(), step(f, b)
		if got != want {
			t.Fatalf("command %d of %q: got %+v, want %+v", i, data, got, want)
		}
		if got.kind == "command" {
			harmless(t, got)
		}
		if got.kind == "fatal" || got.kind == "end" {
			return
		}
		if got.size >= 0 { // the caller reads the message; what follows is the next line here
			n := min(got.size, int64(len(ref.data)))
			ref.data = ref.data[n:]
			io.CopyN(io.Discard, f.r, got.size)
		}
	}
}

// harmless demands what the engine may rely on: one line, and no literal in it.
func harmless(t interface{ Fatalf(string, ...any) }, o outcome) {
	if strings.ContainsAny(o.line, "\r\n\x00") {
		t.Fatalf("more than one line: %q", o.line)
	}
	if strings.Contains(unquoted(o.line), "{") {
		t.Fatalf("a literal in %q", o.line)
	}
	if strings.Count(quotedString.ReplaceAllString(o.line, ""), `"`) != 0 {
		t.Fatalf("an open quoted string in %q", o.line)
	}
}

// pieces are what random inputs are made of: everything that means something to the framer.
var pieces = []string{
	"a ", "b1 ", "NOOP", "APPEND ", "UID ", "CREATE ", "INBOX ", "\r\n", "\r\n", "\n", "\r", " ", "(", ")", "()",
	`"`, `\`, `"x"`, `"\""`, "{", "}", "{3}\r\n", "{3+}\r\n", "{0}\r\n", "{13+}\r\n", "{5000+}\r\n",
	"{9}\n", "abc", "x y", "\x00", "+", "*", "~", "AUTHENTICATE ", strings.Repeat("x", 20),
	strings.Repeat("(", 12),
	"]", "%", "\xff",
}

func TestFramerEqualsReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 30).Draw(t, "parts")
		data := []byte(strings.Join(parts, ""))
		compare(t, data, bytes.NewReader(data), testBounds)
		compare(t, data, iotest.OneByteReader(bytes.NewReader(data)), testBounds)
		cut := rapid.IntRange(0, len(data)).Draw(t, "cut")
		compare(t, data, io.MultiReader(bytes.NewReader(data[:cut]), bytes.NewReader(data[cut:])), testBounds)
	})
}

func FuzzFramer(f *testing.F) {
	for _, seed := range []string{
		"a NOOP\r\n", "a CREATE {3+}\r\nx\"y\r\nb NOOP\r\n", "a APPEND INBOX {3}\r\nabc\r\n",
		"a APPEND {5+}\r\nINBOX (\\Seen) {3+}\r\nabc {3+}\r\n", "a \"x {5+}\r\n",
		"a b ( {1}\r\nx)\r\n", "\r\n\n a\r\n",
		"a CREATE \"x\\\"\" {2+}\r\n\r\n\r\n", "(((((((((((((((((((((((((((((((((((((((((",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		compare(t, data, bytes.NewReader(data), testBounds)
		compare(t, data, iotest.HalfReader(bytes.NewReader(data)), sessionBounds)
	})
}

// An endless stream of anything is given up after a bounded number of bytes, of which a bounded number
// was kept.
func TestEndlessInputIsBounded(t *testing.T) {
	for _, tc := range []struct{ name, prefix, again string }{
		{"no line end", "a NOOP ", "x"}, {"no space", "", "x"}, {"parens", "a ", "("}, {"quoted", "a \"", "x"},
		{"escapes", "a \"", `\\`}, {"brace", "a CREATE {", "1"}, {"literals", "a CREATE", " {1+}\r\nx"},
		{"empty literals", "a CREATE", " {0+}\r\n"},
		{"quotes in literals", "a CREATE", " {9+}\r\n\"\"\"\"\"\"\"\"\""},
		{"authenticate", "a AUTHENTICATE PLAIN ", "A"},
		{"refused literals", "a CREATE {2+}\r\n\r\n", " {9+}\r\n123456789"},
	} {
		for _, b := range []bounds{preAuthBounds, sessionBounds} {
			s := &endless{next: tc.prefix, again: tc.again}
			f := testFramer(s)
			if got := step(f, b); got.kind != "fatal" {
				t.Errorf("%s: %q", tc.name, got.kind)
			}
			if most := 4 * b.total; s.given > most {
				t.Errorf("%s: %d bytes were read, more than %d", tc.name, s.given, most)
			}
		}
	}
}

// endless gives prefix, then again for ever.
type endless struct {
	next, again string
	given       int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.next == "" {
		e.next = e.again
	}
	n := copy(p, e.next)
	e.next = e.next[n:]
	e.given += n
	return n, nil
}
