package canary

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"troxymail/integration/demo"
)

// sent uses each canary of SMTP at a replica: mail that is taken, by intake and submission, and what is refused.
func sent(t *testing.T, d *demo.Demo, s secrets, r int) {
	t.Helper()
	local, domain, _ := strings.Cut(d.Accounts[0].Address, "@")
	to := []string{d.Accounts[0].Address, local + "+" + s.tag.Text + "@" + domain}
	for _, g := range []demo.Gate{demo.Intake, demo.IntakeSTARTTLS} {
		for _, size := range []int{0, 150_000} {
			if err := demo.Post(d.Mailer(t, r, g), s.returnPath.Text, to, s.message(size)); err != nil {
				t.Fatal(err)
			}
		}
	}
	out := d.Mailer(t, r, demo.Submissions)
	own := append([]byte("From: "+d.Accounts[0].Address+"\r\n"), strings.Replace(string(s.message(20_000)), "From:", "Reply-To:", 1)...)
	if err := demo.Post(out, d.Accounts[0].Address, to, own); err != nil {
		t.Fatal(err)
	}
	forged := []byte("From: " + s.otherFrom.Text + "\r\n\r\nx\r\n")
	if err := demo.Post(out, d.Accounts[0].Address, to, forged); err == nil {
		t.Error("a forged sender is taken")
	}
	if err := demo.Post(d.Mailer(t, r, demo.Intake), s.returnPath.Text, []string{s.noRecipient.Text}, nil); err == nil {
		t.Error("an unknown recipient is taken")
	}
	failedAuth(t, d, s, r)
	cutData(t, d, s, r)
}

// failedAuth logs in with a wrong password in plain text, which a server could take for an error to log.
func failedAuth(t *testing.T, d *demo.Demo, s secrets, r int) {
	t.Helper()
	wrong := base64.StdEncoding.EncodeToString([]byte("\x00" + s.wrongUser.Text + "\x00" + s.wrongPassword.Text))
	script(t, d.Replicas[r].Submission, "EHLO "+s.helo.Text+"\r\nAUTH PLAIN "+wrong+"\r\n"+s.noRecipient.Text+"\r\nQUIT\r\n")
}

// cutData leaves a message half sent, by a client that calls itself by a canary.
func cutData(t *testing.T, d *demo.Demo, s secrets, r int) {
	t.Helper()
	script(t, d.Replicas[r].SMTP, fmt.Sprintf("EHLO %s\r\nMAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\n%s", s.helo.Text,
		s.returnPath.Text, d.Accounts[0].Address, s.cutMail.Text+strings.Repeat(" and more of it\r\n", 5000)))
}

// script sends text behind the greeting, ends its half of the connection and waits for the server to end too.
func script(t *testing.T, address, text string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	in := bufio.NewReader(conn)
	if _, err := in.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	conn.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, in)
}
