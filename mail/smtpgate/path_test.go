package smtpgate

import (
	"strings"
	"testing"
)

func TestPaths(t *testing.T) {
	long := strings.Repeat("x", maxLocal)
	for in, want := range map[string]string{ // "": refused; else local NUL domain | what follows
		"<alice@example.org>": "alice\x00example.org|", "<a.b+c@d>": "a.b+c\x00d|", "<>": "\x00|", "<> SIZE=1": "\x00| SIZE=1",
		"<postmaster>": "postmaster\x00|", "<PostMaster>": "PostMaster\x00|",
		`<"a b"@example.org>`: "a b\x00example.org|", `<"a\"\\@>b"@d>`: `a"\@>b` + "\x00d|", `<""@d>`: "\x00d|",
		"<@a.b,@c:alice@d> X": "alice\x00d| X", "<a@[127.0.0.1]>": "a\x00[127.0.0.1]|", "<a@[IPv6:::1]>": "a\x00[IPv6:::1]|",
		"<jürgen@bücher.example>": "jürgen\x00bücher.example|", "<" + long + "@d>": long + "\x00d|",
		// refused
		"": "", "alice@d": "", "<alice": "", "<alice@d": "", "<alice>": "", "<a@>": "", "<@d>": "", "<a@d@e>": "", "<a b@d>": "",
		"< a@d>": "", "<a@d >": "", "<a..b@d>": "", "<.a@d>": "", "<a.@d>": "", "<a@d..e>": "", "<a@.d>": "", "<a@-d>": "", "<a@d->": "",
		"<a@d\x01>": "", "<a\x01@d>": "", "<a@d\x7f>": "", "<\"a\x01\"@d>": "", "<\"a\\\x01\"@d>": "", "<\"a@d>": "", `<"a"b@d>`: "",
		"<a@[127.0.0]>": "", "<a@[::1]>": "", "<a@[IPv6:127.0.0.1]>": "", "<a@[IPv6:fe80::1%eth0]>": "", "<a@[127.0.0.1>": "", "<a@d_e>": "",
		"<a@\xff>": "", "<\xff@d>": "", "<x" + long + "@d>": "", "<a@" + strings.Repeat("d", maxDomain+1) + ">": "", "<@a>": "", "<@a b:c@d>": "",
		"<a(c)@d>": "", "<a,b@d>": "", "<a@d>": "a\x00d|",
	} {
		p, rest, ok := readPath(in)
		got := ""
		if ok {
			got = p.address.Local + "\x00" + p.address.Domain + "|" + rest
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// FuzzReadPath: what is accepted is written so that it is read the same again, and as one word of a header.
func FuzzReadPath(f *testing.F) {
	for _, s := range []string{"<a@b>", "<>", `<"a \" b"@c>`, "<@x:a@b> SIZE=1", "<postmaster>", "<ü@ü>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, rest, ok := readPath(s)
		if !ok {
			return
		}
		if !strings.HasSuffix(s, rest) || strings.ContainsAny(p.String(), "\r\n\x00") {
			t.Fatalf("%q: rest %q, path %q", s, rest, p)
		}
		again, rest, ok := readPath("<" + p.String() + ">")
		if !ok || rest != "" || again != p {
			t.Fatalf("%q is written %q and read as %+v", s, p, again)
		}
	})
}

func TestParameters(t *testing.T) {
	for in, want := range map[string]struct {
		p     parameters
		wrong *reply
	}{
		"": {}, " ": {}, " SIZE=12 BODY=8BITMIME smtputf8": {parameters{size: 12, utf8: true}, nil}, " body=7bit AUTH=<>": {},
		" SIZE=1000": {parameters{size: 1000}, nil}, " SIZE=1001": {parameters{}, replyTooBig}, " SIZE=x": {parameters{}, replyArgument},
		" SIZE=-1": {parameters{}, replyArgument}, " SIZE": {parameters{}, replyParameter}, " SIZE=": {parameters{}, replyArgument},
		" SIZE=99999999999999999999999": {parameters{}, replyArgument}, " SIZE=1 SIZE=1": {parameters{size: 1}, replyArgument},
		" BODY=BINARYMIME": {parameters{}, replyParameter}, " RET=FULL": {parameters{}, replyParameter}, "x": {parameters{}, replyArgument},
		" SMTPUTF8=1": {parameters{}, replyParameter}, " AUTH=": {parameters{}, replyParameter},
	} {
		p, wrong := readParameters(in, true, 1000)
		if wrong != want.wrong || wrong == nil && p != want.p {
			t.Errorf("%q: %+v, %v", in, p, wrong)
		}
	}
	for in, want := range map[string]*reply{"": nil, " NOTIFY=NEVER": replyParameter, "x": replyArgument} {
		if _, wrong := readParameters(in, false, 1000); wrong != want {
			t.Errorf("RCPT with %q: %v", in, wrong)
		}
	}
}

// What stands in a message's Received field can be a name, and nothing else.
func TestHelo(t *testing.T) {
	for in, ok := range map[string]bool{
		"client.example": true, "[127.0.0.1]": true, "[IPv6:::1]": true, "under_score": true, "192.0.2.1": true,
		"": false, "a b": false, "a\tb": false, "a(b": false, "a;b": false, "ä": false, "a\x00": false, strings.Repeat("a", heloBytes+1): false,
	} {
		if isHelo(in) != ok {
			t.Errorf("%q", in)
		}
	}
}

// Whatever path the guard takes, the engine takes too: none of its own refusals reaches a client.
func TestTheEngineTakesWhatTheGuardTakes(t *testing.T) {
	f := newFixture(t, nil)
	c := f.dial(Intake)
	c.do("EHLO there", "250")
	for _, p := range []string{`<"a b"@d>`, `<"a>b"@d>`, `<"a\"b\\"@d>`, `<"a\@b"@d>`, `<""@d>`, `<"<>"@d>`, `<"a\ "@d>`, "<a@[127.0.0.1]>", "<a@[IPv6:::1]>",
		"<@a.b,@c:alice@d>", "<!#$%&'*+-/=?^_`{|}~@d>", "<1@2.3>", "<postmaster>", "<" + strings.Repeat("x", maxLocal) + "@" + strings.Repeat("d", 60) + ".e>"} {
		c.do("MAIL FROM:"+p, "250")
		r := c.do("RCPT TO:"+p, "")
		if !strings.HasPrefix(r, "250") && !strings.HasPrefix(r, "550 5.7.1") {
			t.Errorf("%s: %q", p, r)
		}
		c.do("RSET", "250")
	}
	for _, p := range []string{"<ü@d>", "<ü@bücher.example>", `<"ü b"@d>`} {
		c.do("MAIL FROM:"+p+" SMTPUTF8", "250")
		c.do("RCPT TO:"+p, "550 5.7.1")
		c.do("RSET", "250")
	}
}

// Addresses by every spelling reach whom they name, and what is written of them is quoted.
func TestAddressesArePassedOn(t *testing.T) {
	f := newFixture(t, nil)
	c := f.dial(Intake)
	c.do("EHLO there", "250")
	for _, to := range []string{"<postmaster>", `<"a b"@example.org>`, "<Alice+x@example.org>"} {
		c.do("MAIL FROM: <\"odd sender\"@elsewhere.net> SIZE=5", "250")
		c.do("RCPT TO: "+to, "250")
		c.do("DATA", "354")
		c.send("x\r\n.\r\n")
		c.want("250 2.0.0 Stored as id")
		last := f.post.traces[len(f.post.traces)-1]
		if last.For != strings.Trim(to, "<>") || last.Sender != `"odd sender"@elsewhere.net` {
			t.Errorf("%s: %+v", to, last)
		}
	}
	if f.post.sizes[0] != 5 {
		t.Errorf("the announced size was passed on as %d", f.post.sizes[0])
	}
	c.do("MAIL FROM:<x@y.z>", "250")
	c.do("RCPT TO:<jürgen@example.org>", "553 5.6.7")
	c.do("RSET", "250")
	c.do("MAIL FROM:<jürgen@y.z>", "553 5.6.7")
	c.do("MAIL FROM:<jürgen@y.z> SMTPUTF8 BODY=8BITMIME", "250")
	c.do("RCPT TO:<jürgen@example.org>", "250")
	c.do("DATA", "354")
	c.send("Subject: Grüße\r\n\r\nüber 7 Bit\r\n.\r\n")
	c.want("250")
	if got := f.post.stored(); got[len(got)-1] != "Subject: Grüße\r\n\r\nüber 7 Bit\r\n" || f.post.traces[3].With != "UTF8SMTP" {
		t.Errorf("%q, with %s", got[len(got)-1], f.post.traces[3].With)
	}
}
