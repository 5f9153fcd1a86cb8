package demo

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// Facts are what demo.json says: how to connect, valid for the certificates.
type Facts struct {
	CA       string         `json:"ca"`
	Admin    string         `json:"admin"`
	Accounts []AccountFacts `json:"accounts"`
	Replicas []ReplicaFacts `json:"replicas"`
	// Simulated says that the enclaves protect nothing.
	Simulated bool `json:"simulated"`
}

// AccountFacts are an account's address and password.
type AccountFacts struct {
	Address  string `json:"address"`
	Password string `json:"password"`
}

// ReplicaFacts are the addresses of one replica, host:port; empty where it does not listen.
type ReplicaFacts struct {
	ID          int    `json:"id"`
	IMAP        string `json:"imap"`
	IMAPS       string `json:"imaps"`
	Submission  string `json:"submission"`
	Submissions string `json:"submissions"`
	SMTP        string `json:"smtp"`
}

func (f *Facts) json() []byte {
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		panic("demo: facts do not encode: " + err.Error())
	}
	return append(b, '\n')
}

// text is what a person reads.
func (f *Facts) text(dir string) string {
	var b strings.Builder
	a := f.Accounts[0]
	fmt.Fprintf(&b, "\nTroxymail demo: %d replicas, SIMULATED enclaves (development only: nothing is protected from this machine)\n\n", len(f.Replicas))
	for _, r := range f.Replicas {
		fmt.Fprintf(&b, "  replica %d   IMAP (STARTTLS) %s   IMAPS %s", r.ID, r.IMAP, r.IMAPS)
		if r.SMTP != "" {
			fmt.Fprintf(&b, "   submission (STARTTLS) %s   submissions %s   SMTP %s", r.Submission, r.Submissions, r.SMTP)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "\n  account     %s\n  password    %s\n  CA file     %s\n  folder      %s\n", a.Address, a.Password, f.CA, dir)
	first, last := f.Replicas[0], f.Replicas[len(f.Replicas)-1]
	user := url.QueryEscape(a.Address)
	fmt.Fprintf(&b, `
Try (any replica will do; what you file at one is there at all):
  printf 'Subject: hello\r\n\r\nFirst mail.\r\n' > hello.eml
  curl --cacert %[1]s -u %[2]s:%[3]s -T hello.eml imaps://%[4]s/INBOX
  curl --cacert %[1]s -u %[2]s:%[3]s 'imaps://%[5]s/INBOX;UID=1'
  mutt -e 'set ssl_ca_certificates_file="%[1]s" imap_pass="%[3]s"' -f imaps://%[6]s@%[4]s/INBOX

Ctrl-C stops the demo. The mail is still there next time.
`, quote(f.CA), a.Address, a.Password, first.IMAPS, last.IMAPS, user)
	return b.String()
}

// quote makes a path safe for a shell when it needs it.
func quote(path string) string {
	if strings.IndexFunc(path, func(r rune) bool {
		return !(r == '/' || r == '.' || r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	}) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
