package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/argon2"
)

// Costs of a password, those of mail/auth.DefaultParams.
const (
	argonKiB    = 19 << 10
	argonPasses = 2
	argonLanes  = 1
)

// nobody is whose mail it is when the benchmark runs as root.
const nobody = 65534

// dovecotConf is Debian's default configuration but for where things are and who logs in.
// %[1]s folder, %[2]s lines about users, %[3]s mail location, %[4]d IMAP port, %[5]s protocols, %[6]s uid.
const dovecotConf = `protocols = %[5]s
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
instance_name = %[4]d
ssl = yes
ssl_cert = <%[1]s/cert.pem
ssl_key = <%[1]s/key.pem
first_valid_uid = 1
%[2]s
mail_location = %[3]s
service anvil {
  chroot =
}
service stats {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    address = 127.0.0.1
    port = %[4]d
    ssl = yes
  }
}
passdb {
  driver = passwd-file
  args = username_format=%%u %[1]s/users
}
userdb {
  driver = static
  args = uid=%[6]s gid=%[6]s home=%[1]s/mail/%%u
}
namespace inbox {
  inbox = yes
}
mail_max_userip_connections = 100
`

// lmtpConf is for deliveries: %d the port.
const lmtpConf = `service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = %d
  }
}
`

// startDovecot starts a Dovecot whose mail is in that format (maildir, mdbox), and with deliver a Postfix that delivers
// to it where that can be: it needs root.
func startDovecot(dir, format string, deliver bool) (*mailSystem, error) {
	if err := os.Chmod(dir, 0o755); err != nil { // its login processes have users of their own
		return nil, err
	}
	mail := filepath.Join(dir, "mail")
	if err := os.Mkdir(mail, 0o755); err != nil {
		return nil, err
	}
	me, err := user.Current()
	if err != nil {
		return nil, err
	}
	uid := me.Uid
	users := fmt.Sprintf("default_internal_user = %s\ndefault_internal_group = %s\ndefault_login_user = %s", me.Username, me.Gid, me.Username)
	root := os.Geteuid() == 0
	if root {
		uid, users = strconv.Itoa(nobody), ""
		if err := os.Chown(mail, nobody, nobody); err != nil {
			return nil, err
		}
	}
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	cert, key, err := selfSigned()
	if err != nil {
		return nil, err
	}
	protocols, lmtp := "imap", ""
	if deliver {
		protocols, lmtp = "imap lmtp", fmt.Sprintf(lmtpConf, ports[1])
	}
	for name, text := range map[string]string{
		"cert.pem": cert, "key.pem": key,
		"dovecot.conf": fmt.Sprintf(dovecotConf, dir, users, format+":~/"+format, ports[0], protocols, uid) + lmtp,
		"users":        passwords(),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	s := &mailSystem{imap: []string{fmt.Sprintf("127.0.0.1:%d", ports[0])}}
	c := exec.Command("/usr/sbin/dovecot", "-F", "-c", filepath.Join(dir, "dovecot.conf"))
	var errs bytes.Buffer
	c.Stderr = &errs
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("%w: install dovecot-imapd and dovecot-lmtpd", err)
	}
	s.pids = []int{c.Process.Pid}
	s.stop = func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait()
	}
	if err := s.ready(); err != nil {
		s.stop()
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		return nil, fmt.Errorf("dovecot: %w\n%s%s", err, errs.Bytes(), log)
	}
	if root && deliver {
		if err := s.startPostfix(dir, ports[2], ports[1]); err != nil {
			s.stop()
			return nil, err
		}
	}
	return s, nil
}

// passwords is Dovecot's file of accounts, hashed as Troxymail's are.
func passwords() string {
	var out strings.Builder
	for i := range loadAccounts {
		salt := make([]byte, 16)
		_, _ = rand.Read(salt) // never fails
		sum := argon2.IDKey([]byte(loadPassword), salt, argonPasses, argonKiB, argonLanes, 32)
		b := base64.RawStdEncoding.EncodeToString
		fmt.Fprintf(&out, "%s:{ARGON2ID}$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s\n", loadUser(i), argon2.Version, argonKiB, argonPasses,
			argonLanes, b(salt), b(sum))
	}
	return out.String()
}

// selfSigned makes a server's certificate and its key in PEM, of the kind that Troxymail's enclaves have.
func selfSigned() (cert, key string, err error) {
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, secret.Public(), secret)
	if err != nil {
		return "", "", err
	}
	secretDER, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		return "", "", err
	}
	encode := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return encode("CERTIFICATE", der), encode("PRIVATE KEY", secretDER), nil
}

// ready waits until everybody can log in.
func (s *mailSystem) ready() error {
	var err error
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-time.After(50 * time.Millisecond) {
		err = nil
		for i := range max(len(s.imap), 1) {
			var t *talk
			if t, err = loginIMAP(s.imap[i], loadUser(i)); err != nil {
				break
			}
			t.close()
		}
		if err == nil {
			return nil
		}
	}
	return err
}
