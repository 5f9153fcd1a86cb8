package clients

import "testing"

// imaplibReads runs testdata/imaplib_session.py, a whole session from login to logout.
func imaplibReads(t *testing.T, c cell) {
	host, port := c.imap(t)
	python(t, c, "testdata/imaplib_session.py", c.mode.String(), host, port, c.d.CA, c.box("Py"))
}

// smtplibSends submits a message by testdata/smtplib_send.py.
func smtplibSends(t *testing.T, c cell) {
	host, port := c.submission(t)
	subject, text := c.sendable()
	python(t, c, "testdata/smtplib_send.py", c.mode.String(), host, port, c.d.CA, write(t, []byte(text)))
	c.arrived(t, subject)
}

// python runs a script with the account on its standard input.
func python(t *testing.T, c cell, script string, args ...string) {
	t.Helper()
	account := c.account()
	ok(t, account.Address+"\n"+account.Password+"\n", nil, "python3", append([]string{script}, args...)...)
}
