package demo

import (
	"fmt"
	"net/url"
	"strings"

	"troxymail/cmd/internal/config"
)

// factsText is what a person reads.
func factsText(f *config.Cluster, dir string) string {
	var b strings.Builder
	a := f.Accounts[0]
	fmt.Fprintf(&b, "\nTroxymail demo: %d replicas, SIMULATED enclaves (development only: nothing is protected from this machine)\n\n", len(f.Replicas))
	for _, r := range f.Replicas {
		fmt.Fprintf(&b, "  replica %d   IMAP (STARTTLS) %s   IMAPS %s", r.ID, r.IMAP, r.IMAPS)
		if r.SMTP != "" {
			fmt.Fprintf(&b, "   submission (STARTTLS) %s   submissions %s   SMTP %s", r.Submission, r.Submissions, r.SMTP)
		}
		if r.Autoconfig != "" {
			fmt.Fprintf(&b, "   autoconfiguration https://%s", r.Autoconfig)
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
  printf 'From: %[2]s\r\nSubject: sent\r\n\r\nSent mail.\r\n' > sent.eml
  curl --cacert %[1]s -u %[2]s:%[3]s --mail-from %[2]s --mail-rcpt %[2]s -T sent.eml smtps://%[7]s

Ctrl-C stops the demo. The mail is still there next time.
`, quote(f.CA), a.Address, a.Password, first.IMAPS, last.IMAPS, user, first.Submissions)
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
