package clients

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestAutoconfiguration asks every replica how to reach it, in both formats, as clients do: over HTTPS alone, and
// with an address of which the answer says nothing more than the question.
func TestAutoconfiguration(t *testing.T) {
	d := fresh(t)
	known, unknown := d.Accounts[0].Address, "nobody@example.org"
	for _, r := range d.Replicas {
		get := func(path, address string) string {
			t.Helper()
			return ok(t, "", nil, "curl", "-sSf", "--cacert", d.CA, "https://"+r.Autoconfig+path+"?emailaddress="+address)
		}
		for _, path := range []string{"/.well-known/autoconfig/mail/config-v1.1.xml", "/mail/config-v1.1.xml",
			"/.well-known/autoconfig/mail/apple.mobileconfig", "/mail/apple.mobileconfig"} {
			text := get(path, known)
			for decoder := xml.NewDecoder(strings.NewReader(text)); ; {
				_, err := decoder.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				must(t, err)
			}
			open := map[string]string{"imap": r.IMAP, "imaps": r.IMAPS, "submission": r.Submission, "submissions": r.Submissions}
			format := "<port>%s</port>"
			if strings.HasSuffix(path, ".mobileconfig") {
				delete(open, "imap")
				delete(open, "submission")
				format = "<integer>%s</integer>"
			}
			for name, address := range open {
				if _, port := split(t, address); !strings.Contains(text, fmt.Sprintf(format, port)) {
					t.Errorf("replica %d, %s: the port of %s is not in %s", r.ID, path, name, text)
				}
			}
			if strings.Contains(text, d.Accounts[0].Password) {
				t.Errorf("%s names the password", path)
			}
			if strings.HasSuffix(path, ".xml") && text != get(path, unknown) {
				t.Errorf("%s tells who has an account", path)
			}
		}
		plain, _, err := run(t, "", nil, "curl", "-sSf", "http://"+r.Autoconfig+"/mail/config-v1.1.xml")
		if err == nil {
			t.Errorf("replica %d answers without TLS: %s", r.ID, plain)
		}
	}
}
