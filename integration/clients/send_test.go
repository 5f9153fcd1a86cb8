package clients

import (
	"fmt"
	"strings"
	"testing"
)

// msmtpSends submits a message as sendmail(8) is called.
func msmtpSends(t *testing.T, c cell) {
	host, port := c.submission(t)
	tls := [...]string{"tls off", "tls on\ntls_starttls on\ntls_trust_file " + c.d.CA,
		"tls on\ntls_starttls off\ntls_trust_file " + c.d.CA}[c.mode]
	dir, file := home(t, "msmtprc", fmt.Sprintf("account default\nhost %s\nport %s\nfrom %s\nauth plain\nuser %[3]s\npassword %s\n%s\n",
		host, port, c.account().Address, c.account().Password, tls))
	subject, text := c.sendable()
	ok(t, text, []string{"HOME=" + dir}, "msmtp", "-C", file, "-t")
	c.arrived(t, subject)
}

// swaksSends submits a message in the dialogue that swaks shows, after AUTH LOGIN.
func swaksSends(t *testing.T, c cell) {
	host, port := c.submission(t)
	tls := [...][]string{nil, {"--tls"}, {"--tls-on-connect"}}[c.mode]
	if tls != nil {
		tls = append(tls, "--tls-verify", "--tls-ca-path", c.d.CA)
	}
	account := c.account()
	subject, text := c.sendable()
	dir := t.TempDir()
	ok(t, "", []string{"HOME=" + dir}, "swaks", append(tls, "--server", host, "--port", port, "--auth", "LOGIN", "--auth-user", account.Address,
		"--auth-password", account.Password, "--from", account.Address, "--to", account.Address, "--data", "@"+write(t, []byte(strings.TrimSuffix(text, "\n"))))...)
	c.arrived(t, subject)
}
