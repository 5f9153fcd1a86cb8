package message

import (
	"fmt"
	"strings"
	"testing"
)

// dump writes a structure in one line a part: indented type, header, body, lines.
func dump(s *Structure) string {
	var b strings.Builder
	for i := range s.Parts {
		p := &s.Parts[i]
		fmt.Fprintf(&b, "%s%s/%s h%d-%d b%d-%d l%d", strings.Repeat(" ", p.Depth), p.Type, p.Subtype,
			p.HeaderStart, p.HeaderEnd, p.BodyStart, p.BodyEnd, p.Lines)
		if p.Opaque {
			b.WriteString(" opaque")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// crlf makes the line breaks of a test message those of mail.
func crlf(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }

// checkStructure fails when s breaks an invariant of the package for a message of the given size.
func checkStructure(t testing.TB, s *Structure, size int) {
	t.Helper()
	own := *s
	own.Parts = append([]Part(nil), s.Parts...)
	if err := (&Summary{Size: size, Structure: &own}).check(); err != nil {
		t.Fatalf("%v in\n%s", err, dump(s))
	}
	for i := range s.Parts {
		if own.Parts[i].Parent != s.Parts[i].Parent {
			t.Fatalf("part %d has parent %d, by depth it is %d", i, s.Parts[i].Parent, own.Parts[i].Parent)
		}
	}
}

// odd are messages as they are seen in the world, with what they must be read as.
var odd = []struct{ name, raw, want string }{
	{"empty", "", "text/plain h0-0 b0-0 l0\n"},
	{"blank line only", "\r\n", "text/plain h0-0 b2-2 l0\n"},
	{"no blank line", "Subject: x\r\n", "text/plain h0-12 b12-12 l0\n"},
	{"no line end", "Subject: x", "text/plain h0-10 b10-10 l0\n"},
	{"bare line feeds", "Subject: x\n\na\nb\n", "text/plain h0-11 b12-16 l2\n"},
	{"last line open", "A: b\r\n\r\na\r\nb", "text/plain h0-6 b8-12 l1\n"},
	{"nul and 8-bit", "A\x00: b\r\nSubject: \xff\x00\r\n\r\n\x00\xff\r\n", "text/plain h0-20 b22-26 l1\n"},
	{"text without header", "hello world\r\n\r\nbye\r\n", "text/plain h0-13 b15-20 l1\n"},
	{"type is junk", "Content-Type: text\r\n\r\n", "text/plain h0-20 b22-22 l0\n"},
	{"type with comment", "Content-Type: (x) text (y) / (z) html\r\n\r\n", "text/html h0-39 b41-41 l0\n"},
	{"multipart without boundary", "Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\nhi\r\n",
		"multipart/mixed h0-31 b33-44 l3\n text/plain h33-33 b33-44 l3\n"},
	{"multipart without parts", "Content-Type: multipart/mixed; boundary=x\r\n\r\nhi\r\n--x--\r\n",
		"multipart/mixed h0-43 b45-56 l2\n text/plain h45-45 b45-56 l2\n"},
	{"multipart cut in its header", "Content-Type: multipart/mixed; boundary=x",
		"multipart/mixed h0-41 b41-41 l0\n text/plain h41-41 b41-41 l0\n"},
	{"unterminated", "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhi\r\n",
		"multipart/mixed h0-43 b45-56 l3\n text/plain h50-50 b52-56 l1\n"},
	{"delimiters in a row", "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x\r\n" +
		"A: b\r\n--x\r\n\r\n--x--\r\n",
		"multipart/mixed h0-43 b45-75 l6\n text/plain h50-50 b50-50 l0\n" +
			" text/plain h55-59 b59-59 l0\n text/plain h66-66 b68-68 l0\n"},
	{"look-alikes", "Content-Type: multipart/mixed; boundary=\"x y\"\r\n\r\n--x y\r\n\r\n--x yz\r\n" +
		"--x y-\r\n --x y\r\n--x y -\r\n--x y--  \r\n--x y\r\n",
		"multipart/mixed h0-47 b49-109 l8\n text/plain h56-56 b58-89 l3\n"},
	{"inner cut by outer", "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n" +
		"Content-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\na\r\n--o\r\n\r\nb\r\n--o--\r\n",
		"multipart/mixed h0-43 b45-128 l10\n multipart/alternative h50-99 b101-109 l2\n" +
			"  text/plain h106-106 b108-109 l0\n text/plain h116-116 b118-119 l0\n"},
	{"digest", "Content-Type: multipart/digest; boundary=x\r\n\r\n--x\r\n\r\nSubject: in\r\n\r\n" +
		"body\r\n--x--\r\n",
		"multipart/digest h0-44 b46-81 l6\n message/rfc822 h51-51 b53-72 l2\n  text/plain h53-66 b68-72 l0\n"},
	{"embedded message is nothing", "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" +
		"Content-Type: message/rfc822\r\n\r\n--x--\r\n",
		"multipart/mixed h0-43 b45-89 l4\n message/rfc822 h50-80 b82-82 l0\n  text/plain h82-82 b82-82 l0\n"},
	{"embedded header meets delimiter", "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" +
		"Content-Type: message/rfc822\r\n\r\nA: b\r\n\r\n--x--\r\n",
		"multipart/mixed h0-43 b45-97 l6\n message/rfc822 h50-80 b82-88 l1\n  text/plain h82-88 b88-88 l0\n"},
	{"embedded in base64", "Content-Type: message/rfc822\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\nQTogYg0K\r\n",
		"message/rfc822 h0-65 b67-77 l1\n text/plain h67-67 b67-77 l1\n"},
	{"message in message", "Content-Type: message/rfc822\r\n\r\n" +
		"Content-Type: message/rfc822\r\n\r\nA: b\r\n\r\nx",
		"message/rfc822 h0-30 b32-73 l4\n message/rfc822 h32-62 b64-73 l2\n  text/plain h64-70 b72-73 l0\n"},
}

func TestScanOddMessages(t *testing.T) {
	for _, c := range odd {
		t.Run(c.name, func(t *testing.T) {
			s := Scan([]byte(c.raw), DefaultBudget())
			checkStructure(t, s, len(c.raw))
			if got := dump(s); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
			if s.Simplified {
				t.Error("within the budget, yet simplified")
			}
		})
	}
}

func TestScanFields(t *testing.T) {
	raw := crlf("Content-Type: Image/PNG; name=a b.png; x=\"q\\\"\"; boundary = z (c)\n" +
		"Content-Transfer-Encoding: BASE64 (x)\nContent-ID: <id@x>\n" +
		"Content-Description: =?utf-8?q?a?=\n b\nContent-MD5: abc==\n" +
		"Content-Disposition: ATTACHMENT; FileName=\"x.png\"; size=3\n" +
		"Content-Language: en, DE (x) , fr\nContent-Location: http://x/\n\t y\nContent-Type: text/html\n\n")
	p := Scan(raw, DefaultBudget()).Parts[0]
	got := fmt.Sprintf("%s/%s %v|%s|%s|%s|%s|%s %v|%v|%s", p.Type, p.Subtype, p.Params, p.Encoding, p.ID,
		p.Description, p.MD5, p.Disposition, p.DispositionParams, p.Language, p.Location)
	want := `image/png [{name a b.png} {x q"} {boundary z}]|base64|<id@x>|=?utf-8?q?a?= b|abc==|` +
		`attachment [{filename x.png} {size 3}]|[en de fr]|http://x/  y`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestParamContinuations(t *testing.T) {
	for _, c := range []struct{ field, want string }{
		{`a/b; n*0="x"; n*1="y"`, `[{n xy}]`},
		{`a/b; n*1*=%20b; n*0*=utf-8''a; k=v`, `[{n* utf-8''a%20b} {k v}]`},
		{`a/b; n*0=a b; n*1*=%41`, `[{n* ''a%41}]`},
		{`a/b; n*0*=u''%41; n*1="x y"`, `[{n* u''%41x%20y}]`},
		{`a/b; n*0=a; n*2=c`, `[{n a}]`},
		{`a/b; n*1=b`, `[]`},
		{`a/b; n*=utf-8''x; n=y; n=z`, `[{n* utf-8''x} {n y}]`},
		{`a/b; n*9999999999999999999999=x; n*x=y`, `[{n*9999999999999999999999 x} {n*x y}]`},
		{`a/b;;; =x; y; z="open`, `[{z open}]`},
	} {
		p := Scan([]byte("Content-Type: "+c.field+"\r\n\r\n"), DefaultBudget()).Parts[0]
		if got := fmt.Sprint(p.Params); got != c.want {
			t.Errorf("%s: got %s, want %s", c.field, got, c.want)
		}
	}
}

// parts makes a multipart message with n parts, nested makes n levels of multiparts.
func parts(n int) []byte {
	return []byte("Content-Type: multipart/mixed; boundary=x\r\n\r\n" + strings.Repeat("--x\r\n\r\n"+
		"a\r\n", n) + "--x--\r\n")
}

func nested(n int) []byte {
	var b strings.Builder
	b.WriteString("Content-Type: multipart/mixed; boundary=b0\r\n\r\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n", i-1, i)
	}
	return []byte(b.String())
}

func TestScanBudgets(t *testing.T) {
	headers := func(n int) []byte { return []byte(strings.Repeat("To: a@b\r\n", n) + "\r\nx") }
	for _, c := range []struct {
		name   string
		raw    []byte
		change func(*Budget)
		parts  int
	}{
		{"parts", parts(2000), nil, MaxParts},
		{"depth", nested(10000), nil, MaxDepth + 1},
		{"rfc822 depth", []byte(strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 10000)), nil,
			MaxDepth + 1},
		{"one part", parts(3), func(b *Budget) { b.Parts = 0 }, 1},
		{"two parts", parts(3), func(b *Budget) { b.Parts = 2 }, 2},
		{"no depth", parts(3), func(b *Budget) { b.Depth = 0 }, 1},
		{"fields", headers(MaxHeaderFields + 1), nil, 1},
		{"addresses", headers(11), func(b *Budget) { b.Addresses = 10 }, 1},
		{"header bytes", headers(10), func(b *Budget) { b.HeaderBytes = 85 }, 1},
		{"params", []byte("Content-Type: a/b" + strings.Repeat(";a*0*=x", MaxParams+1) + "\r\n\r\n"), nil, 1},
		{"param bytes", []byte("Content-Type: a/b; a=" + strings.Repeat("x",
			MaxParamBytes) + "\r\n\r\n"), nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := DefaultBudget()
			if c.change != nil {
				c.change(&b)
			}
			s := Scan(c.raw, b)
			checkStructure(t, s, len(c.raw))
			if len(s.Parts) != c.parts || !s.Simplified {
				t.Errorf("%d parts, simplified %v; want %d parts, true", len(s.Parts), s.Simplified, c.parts)
			}
			if bs, err := s.BodyStructure(); err != nil || bs == nil {
				t.Errorf("no body structure: %v", err)
			}
			if n := len(s.Parts[0].Envelope.To); n > b.Addresses {
				t.Errorf("%d addresses", n)
			}
		})
	}
}

func TestLastPartTakesTheRest(t *testing.T) {
	raw := parts(5)
	b := DefaultBudget()
	b.Parts = 3
	want := "multipart/mixed h0-43 b45-102 l16\n text/plain h50-50 b52-53 l0\n" +
		" application/octet-stream h60-60 b60-102 l12 opaque\n"
	if got := dump(Scan(raw, b)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
