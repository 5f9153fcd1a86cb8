package autoconfig

import (
	"bytes"
	"crypto/tls"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

var site = Site{Domain: "example.org", Host: "mail.example.org", IMAP: 143, IMAPS: 993, Submission: 587, Submissions: 465}

func newServer(t *testing.T, of Site) *Server {
	t.Helper()
	s, err := New(of, &tls.Config{MinVersion: tls.VersionTLS12}) // without Serve it needs no certificate
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ask(t *testing.T, s *Server, method, target string, body io.Reader) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(method, target, body))
	return w.Result()
}

func get(t *testing.T, s *Server, target string) (int, []byte) {
	t.Helper()
	r := ask(t, s, http.MethodGet, target, nil)
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, text
}

func TestThunderbird(t *testing.T) {
	s := newServer(t, site)
	for _, target := range []string{PathWellKnown, PathMail, PathWellKnown + "?emailaddress=Alice%40Example.ORG", PathMail + "?other=1"} {
		status, text := get(t, s, target)
		var c clientConfig
		if err := xml.Unmarshal(text, &c); err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d %v", target, status, err)
		}
		p := c.Provider
		if c.Version != "1.1" || p.ID != "example.org" || p.Domain != "example.org" || len(p.Incoming) != 2 || len(p.Outgoing) != 2 {
			t.Fatalf("%+v", c)
		}
		want := mailServer{Type: "imap", Hostname: "mail.example.org", Port: 993, SocketType: "SSL",
			Authentication: "password-cleartext", Username: "%EMAILADDRESS%"}
		if p.Incoming[0] != want {
			t.Errorf("%+v", p.Incoming[0])
		}
		want.Type, want.Port, want.SocketType = "smtp", 587, "STARTTLS"
		if p.Outgoing[1] != want {
			t.Errorf("%+v", p.Outgoing[1])
		}
		if bytes.Contains(bytes.ToLower(text), []byte("alice")) {
			t.Error("the address of the request is in the answer")
		}
	}
	few := newServer(t, Site{Domain: "d", Host: "h", IMAP: 1})
	if _, text := get(t, few, PathMail); bytes.Contains(text, []byte("outgoingServer")) || bytes.Contains(text, []byte("<port>0")) {
		t.Errorf("offers what is closed: %s", text)
	}
}

// dictionary reads a plist's dictionaries into one: keys must not repeat within one, texts are as a parser
// of XML sees them.
func dictionary(t *testing.T, text []byte) []map[string]string {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(text))
	var open, all []map[string]string
	var key, inside string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if len(open) != 0 {
				t.Fatal("a dictionary is open at the end")
			}
			return all
		}
		if err != nil {
			t.Fatalf("not well formed: %v\n%s", err, text)
		}
		switch x := token.(type) {
		case xml.StartElement:
			switch inside = x.Name.Local; inside {
			case "dict":
				open = append(open, map[string]string{})
			case "true", "false":
				open[len(open)-1][key] = inside
			}
		case xml.CharData:
			switch inside {
			case "key":
				key = string(x)
				if _, twice := open[len(open)-1][key]; twice {
					t.Fatalf("%s stands twice", key)
				}
			case "string", "integer":
				open[len(open)-1][key] += string(x)
			}
		case xml.EndElement:
			inside = ""
			if x.Name.Local == "dict" {
				all, open = append(all, open[len(open)-1]), open[:len(open)-1]
			}
		}
	}
}

func TestApple(t *testing.T) {
	s := newServer(t, site)
	address := "o'neill&sons@example.org"
	status, text := get(t, s, PathApple+"?emailaddress="+url.QueryEscape(address))
	if status != http.StatusOK {
		t.Fatal(status)
	}
	all := dictionary(t, text)
	if len(all) != 2 {
		t.Fatalf("%d dictionaries", len(all))
	}
	for key, want := range map[string]string{
		"PayloadType": "com.apple.mail.managed", "EmailAccountType": "EmailTypeIMAP", "EmailAddress": address,
		"IncomingMailServerHostName": "mail.example.org", "IncomingMailServerPortNumber": "993", "IncomingMailServerUseSSL": "true",
		"IncomingMailServerUsername": address, "OutgoingMailServerPortNumber": "465", "OutgoingMailServerUsername": address,
		"OutgoingPasswordSameAsIncomingPassword": "true", "PayloadVersion": "1",
	} {
		if all[0][key] != want {
			t.Errorf("%s is %q, want %q", key, all[0][key], want)
		}
	}
	if all[1]["PayloadType"] != "Configuration" || all[1]["PayloadUUID"] == all[0]["PayloadUUID"] || len(all[1]["PayloadUUID"]) != 36 {
		t.Errorf("%v", all[1])
	}
	if _, again := get(t, s, PathAppleMail+"?emailaddress="+url.QueryEscape(strings.ToUpper(address))); !bytes.Equal(again, text) {
		t.Error("another spelling of the address gives another profile")
	}
	_, without := get(t, s, PathApple)
	first := dictionary(t, without)[0]
	if _, there := first["EmailAddress"]; there || first["IncomingMailServerHostName"] == "" {
		t.Errorf("%v", first)
	}
}

// What is refused is refused without an echo of the request.
func TestRefusals(t *testing.T) {
	s := newServer(t, site)
	for _, c := range []struct {
		method, target string
		body           io.Reader
		status         int
	}{
		{"GET", "/", nil, 404},
		{"GET", "/secret?emailaddress=alice@example.org", nil, 404},
		{"GET", PathMail + "/secret", nil, 404},
		{"GET", PathMail + "?emailaddress=secret@example.net", nil, 404},
		{"GET", PathMail + "?emailaddress=secret", nil, 404},
		{"GET", PathApple + "?emailaddress=%3Csecret%3E@example.org", nil, 404},
		{"GET", PathApple + "?emailaddress=secret%0d%0ax@example.org", nil, 404},
		{"GET", PathApple + "?emailaddress=" + strings.Repeat("secret", 50) + "@example.org", nil, 404},
		{"POST", PathMail, nil, 405},
		{"DELETE", PathApple, nil, 405},
		{"GET", PathMail, strings.NewReader("secret"), 413},
	} {
		r := ask(t, s, c.method, c.target, c.body)
		text, _ := io.ReadAll(r.Body)
		if r.StatusCode != c.status || strings.Contains(string(text), "secret") || r.Header.Get("Connection") != "close" {
			t.Errorf("%s %s: %d %q", c.method, c.target, r.StatusCode, text)
		}
	}
}

func TestSite(t *testing.T) {
	for _, bad := range []Site{{}, {Domain: "d", Host: "h"}, {Domain: "d", IMAP: 1}, {Host: "h", IMAPS: 1}} {
		if _, err := New(bad, nil); !errors.Is(err, ErrSite) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// FuzzAddress: no query makes a profile that is not well formed, or that names what was not checked.
func FuzzAddress(f *testing.F) {
	f.Add("alice@example.org")
	f.Add("o'neill&sons@example.org")
	f.Add("]]>@example.org")
	f.Fuzz(func(t *testing.T, raw string) {
		address, err := site.address(raw)
		if err != nil || address == "" {
			return
		}
		if got := dictionary(t, site.apple(address))[0]["EmailAddress"]; got != address {
			t.Errorf("%q became %q", address, got)
		}
	})
}
