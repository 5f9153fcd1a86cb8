package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// postfixMain is Debian's default configuration but for where things are, that mail for example.org goes to
// Dovecot by LMTP, and that TLS is off. %[1]s folder, %[2]d LMTP port.
const postfixMain = `compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
multi_instance_directories =
maillog_file = %[1]s/maillog
maillog_file_prefixes = /
syslog_name = bench
myhostname = mail.example.org
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
virtual_mailbox_domains = example.org
virtual_mailbox_maps = static:ok
virtual_transport = lmtp:inet:127.0.0.1:%[2]d
smtpd_tls_security_level = none
smtpd_peername_lookup = no
`

// postfixMaster is Debian's master.cf without chroot, and only what is used. %[1]d SMTP port.
const postfixMaster = `127.0.0.1:%[1]d inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`

// startPostfix starts a Postfix that accepts mail at a port and delivers it to Dovecot's.
func (s *mailSystem) startPostfix(dir string, port, lmtp int) error {
	base := filepath.Join(dir, "postfix")
	conf := filepath.Join(base, "conf")
	for _, d := range []string{base, conf, filepath.Join(base, "queue"), filepath.Join(base, "data")} {
		if err := os.Mkdir(d, 0o755); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{
		"main.cf": fmt.Sprintf(postfixMain, base, lmtp), "master.cf": fmt.Sprintf(postfixMaster, port),
	} {
		if err := os.WriteFile(filepath.Join(conf, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if out, err := exec.Command("chown", "postfix", filepath.Join(base, "data")).CombinedOutput(); err != nil {
		return fmt.Errorf("chown: %w: %s", err, out)
	}
	run := func(what string) error {
		out, err := exec.Command("/usr/sbin/postfix", "-c", conf, what).CombinedOutput()
		if err != nil {
			log, _ := os.ReadFile(filepath.Join(base, "maillog"))
			return fmt.Errorf("postfix %s: %w: %s%s", what, err, out, log)
		}
		return nil
	}
	if err := run("start"); err != nil {
		return err
	}
	dovecot := s.stop
	s.stop = func() {
		_ = run("stop")
		dovecot()
	}
	s.smtp = []string{fmt.Sprintf("127.0.0.1:%d", port)}
	var err error
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-time.After(50 * time.Millisecond) {
		var t *talk
		if t, err = dialSMTP(s.smtp[0]); err == nil {
			t.close()
			return nil
		}
	}
	log, _ := os.ReadFile(filepath.Join(base, "maillog"))
	return fmt.Errorf("postfix does not answer: %w\n%s", err, strings.TrimSpace(string(log)))
}
