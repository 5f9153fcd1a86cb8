package transfer

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"troxymail/integration/demo"
)

// dovecot starts Debian's Dovecot with a configuration of its own and returns where it serves. Everybody's
// password is secret. As root it serves mail as nobody, else all as who runs the test.
func dovecot(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("dovecot")
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/dovecot") // not on everybody's path
	}
	if err != nil {
		t.Fatal("dovecot is not installed: run deploy/dev/install-clients.sh")
	}
	dir, err := os.MkdirTemp("", "dovecot-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	mail := filepath.Join(dir, "mail")
	if err := os.Mkdir(mail, 0o755); err != nil {
		t.Fatal(err)
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	uid, gid, users := me.Uid, me.Gid, fmt.Sprintf("default_internal_user = %s\ndefault_internal_group = %s\ndefault_login_user = %s\n",
		me.Username, me.Gid, me.Username)
	if os.Geteuid() == 0 { // its login processes have users of their own, who must get here
		uid, gid, users = "65534", "65534", ""
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(mail, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	_, port, _ := strings.Cut(address, ":")
	conf := filepath.Join(dir, "dovecot.conf")
	write(t, conf, fmt.Sprintf(`protocols = imap
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
%[2]s
mail_location = maildir:%[1]s/mail/%%u
service anvil {
  chroot =
}
service stats {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    address = 127.0.0.1
    port = %[3]s
  }
  inet_listener imaps {
    port = 0
  }
}
passdb {
  driver = static
  args = password={PLAIN}secret
}
userdb {
  driver = static
  args = uid=%[4]s gid=%[5]s home=%[1]s/mail/home-%%u
}
namespace inbox {
  inbox = yes
  mailbox "Sent Items" {
    auto = create
    special_use = \Sent
  }
  mailbox Everything {
    auto = create
    special_use = \All
  }
}
`, dir, users, port, uid, gid))
	cmd := exec.Command(path, "-F", "-c", conf)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		if log, _ := os.ReadFile(filepath.Join(dir, "log")); t.Failed() {
			t.Logf("Dovecot logged:\n%s", log)
		}
	})
	demo.Eventually(t, 30*time.Second, "Dovecot serves", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return address
}

// fromDovecot imports from another kind of server: folders with another delimiter, special uses, flags,
// keywords, dates; again, when there is more; again without its journal.
func fromDovecot(t *testing.T, a *account) {
	address := dovecot(t)
	c, err := imapclient.DialInsecure(address, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login("bob", "secret").Wait(); err != nil {
		t.Fatal(err)
	}
	want := map[string][]letter{}
	put := func(folder, mailbox, body string, flags ...imap.Flag) {
		t.Helper()
		date := time.Unix(1_300_000_000+int64(len(want[mailbox]))*100_000, 0)
		cmd := c.Append(folder, int64(len(body)), &imap.AppendOptions{Flags: flags, Time: date})
		if _, err := cmd.Write([]byte(body)); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		var is []string
		for _, f := range flags {
			is = append(is, string(f))
		}
		if mailbox != "" {
			want[mailbox] = append(want[mailbox], letter{strings.Join(is, " "), body, date.Unix()})
		}
	}
	for _, folder := range []string{"Work", "Work.Größe", "a/b"} {
		if err := c.Create(folder, nil).Wait(); err != nil && folder != "a/b" {
			t.Fatal(err)
		}
	}
	for i := range 30 {
		body := fmt.Sprintf("Subject: %03d\r\n\r\n%s\r\n", i, strings.Repeat("x", i*997))
		put("INBOX", "INBOX", body, "$Forwarded", "Project", `\Answered`, `\Seen`)
		put("Sent Items", "Sent", body, `\Seen`)
		put("Work.Größe", "Work/Größe", body, `\Deleted`)
		put("Everything", "", body)
	}
	password := filepath.Join(t.TempDir(), "password")
	write(t, password, "secret\n")
	args := []string{"import", "imap", "imap://bob@" + address, "--source-password-file", password}
	check := func(imported, present int, more ...string) {
		t.Helper()
		if got := a.do(t, 0, append(args, more...)...); got.Imported != imported || got.Present != present {
			t.Errorf("%+v, want %d and %d", got, imported, present)
		}
		for name := range want {
			sortLetters(want[name])
		}
		same(t, "Dovecot", a.all(t, 1), want)
	}
	check(90, 0)
	check(0, 90)
	put("INBOX", "INBOX", "Subject: new\r\n\r\n")
	check(1, 90)
	check(0, 91, "--journal", filepath.Join(t.TempDir(), "new"))
	put("Everything", "All/Everything", "Subject: 000\r\n\r\n\r\n")
	if got := a.do(t, 0, append(args, "--folder", "Everything", "--into", "All")...); got.Imported != 31 {
		t.Errorf("a folder that is named: %+v", got)
	}
}
