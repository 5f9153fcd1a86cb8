package clients

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"troxymail/integration/demo"
)

// thunderbirdWorks starts one Thunderbird with an account for each cell, and returns what is done in a cell: it
// downloads INBOX, receives by IDLE, sends, moves and flags.
func thunderbirdWorks(t *testing.T, d *demo.Demo) func(t *testing.T, c cell) {
	var accounts []tbAccount
	numbers := map[string]int{} // of accounts, by mailbox name of the cell
	for r := range d.Replicas {
		for _, mode := range demo.Modes {
			c := cell{d: d, replica: r, mode: mode}
			c.d = d.As(d.AddAccount(t, strings.ToLower(c.box("thunderbird"))+"@example.org"))
			numbers[c.box("")] = len(accounts)
			accounts = append(accounts, newTBAccount(t, c))
		}
	}
	b := startThunderbird(t, d.CA, accounts)
	return func(t *testing.T, c cell) {
		n := numbers[c.box("")]
		c.d = c.d.As(accounts[n].Account)
		b.works(t, c, tbKey(n))
	}
}

// works does what people do, and looks at the outcome at another replica.
func (b *thunderbird) works(t *testing.T, c cell, key string) {
	t.Helper()
	put := func(subject string) []byte {
		other := c.d.Dial(t, (c.replica+1)%len(c.d.Replicas), demo.TLS, nil)
		defer other.Close()
		body := mail(subject)
		_, _, err := other.Put("INBOX", body)
		must(t, err)
		return body
	}
	first := put("thunderbird first")
	// A message in its own store has two fields in front that are not the server's.
	if got, is := b.call(t, "open", key, "thunderbird first").(string); !is || !strings.HasSuffix("\n"+got, "\n"+string(first)) {
		t.Fatalf("downloaded %q, want %q", got, first)
	}
	put("thunderbird second")
	b.call(t, "arrives", key, "thunderbird second")
	subject, text := c.sendable()
	b.call(t, "send", key, write(t, []byte(strings.ReplaceAll(text, "\n", "\r\n"))))
	b.call(t, "arrives", key, subject)
	c.arrived(t, subject)
	if sent := c.elsewhere(t, "Sent"); len(sent) != 1 || !strings.Contains(string(sent[0].Body), "Subject: "+subject+"\r\n") {
		t.Errorf("Sent holds %+v", sent)
	}
	b.call(t, "flag", key, "thunderbird second")
	b.call(t, "move", key, "thunderbird first")
	if filed := c.elsewhere(t, "Archive"); len(filed) != 1 || string(filed[0].Body) != string(first) {
		t.Errorf("Archive holds %+v", filed)
	}
	demo.Eventually(t, programLimit, "the flags are at another replica", func() bool {
		left := c.elsewhere(t, "INBOX")
		return len(left) == 2 && hasFlag(left[0], `\Flagged`) && hasFlag(left[0], `\Seen`)
	})
	at := c.d.Replicas[c.replica]
	_, imaps := split(t, at.IMAPS)
	_, submissions := split(t, at.Submissions)
	_, https := split(t, at.Autoconfig)
	want := "imap localhost " + imaps + " 3 %EMAILADDRESS%, smtp localhost " + submissions + " 3 %EMAILADDRESS%"
	got := b.call(t, "autoconfiguration", "https://localhost:"+https+"/mail/config-v1.1.xml?emailaddress="+c.account().Address, "example.org")
	if got != want {
		t.Errorf("autoconfiguration was understood as %q, want %q", got, want)
	}
	b.call(t, "show", key, "thunderbird second")
	if folder := os.Getenv(screenshotVariable); folder != "" {
		b.control.screenshot(t, filepath.Join(folder, c.box("thunderbird")+".png"))
	}
}

// screenshotVariable names an environment variable: the folder for pictures of Thunderbird's window.
const screenshotVariable = "TROXYMAIL_SCREENSHOTS"

func newTBAccount(t *testing.T, c cell) tbAccount {
	t.Helper()
	imapHost, imapPort := c.imap(t)
	host, port := c.submission(t)
	return tbAccount{c.account(), net.JoinHostPort(imapHost, imapPort), net.JoinHostPort(host, port), c.mode}
}

// thunderbird is a running Thunderbird on a display of its own, controlled through Marionette.
type thunderbird struct {
	control *marionette
	script  string // testdata/thunderbird.js
}

// tbAccount is an account in Thunderbird's profile.
type tbAccount struct {
	demo.Account
	imap, submission string // host:port
	mode             demo.Mode
}

// tbKey is how the profile calls its account i.
func tbKey(i int) string { return fmt.Sprintf("account%d", i+1) }

// startThunderbird starts Xvfb and Thunderbird with a fresh profile that has these accounts, and gives it the
// authority and the passwords. Both end with the test.
func startThunderbird(t *testing.T, ca string, accounts []tbAccount) *thunderbird {
	t.Helper()
	dir := t.TempDir()
	profile := filepath.Join(dir, "profile")
	must(t, os.Mkdir(profile, 0o700))
	port := freePort(t)
	prefs := fmt.Sprintf("user_pref(\"marionette.port\", %d);\n", port)
	must(t, os.WriteFile(filepath.Join(profile, "user.js"), []byte(prefs+tbPrefs(t, accounts)), 0o600))
	script, err := os.ReadFile("testdata/thunderbird.js")
	must(t, err)

	// A program that is killed by the test's end leaves no display and no window behind.
	display := startXvfb(t)
	tb := exec.Command(need(t, "thunderbird"), "--marionette", "--remote-allow-system-access", "--profile", profile, "--no-remote")
	tb.Env = append(os.Environ(), "HOME="+dir, "DISPLAY="+display, "MOZ_CRASHREPORTER_DISABLE=1", "NO_AT_BRIDGE=1")
	tb.Env = append(tb.Env, "XDG_RUNTIME_DIR="+dir, "LC_ALL=C.UTF-8")
	background(t, tb)

	b := &thunderbird{control: dialMarionette(t, port), script: string(script)}
	text, err := os.ReadFile(ca)
	must(t, err)
	block, _ := pem.Decode(text)
	b.call(t, "trust", base64.StdEncoding.EncodeToString(block.Bytes))
	for _, a := range accounts {
		host, _ := split(t, a.imap)
		b.call(t, "remember", host, a.Address, a.Password)
	}
	return b
}

// call runs a function of testdata/thunderbird.js.
func (b *thunderbird) call(t *testing.T, function string, args ...any) any {
	t.Helper()
	ended := false
	defer func() {
		if !ended {
			t.Logf("thunderbird did not end %s %.60q", function, args)
		}
	}()
	got := b.control.call(t, b.script, function, args...)
	ended = true
	return got
}

// tbPrefs are the profile's settings: the accounts, and nothing that asks, updates or phones home.
func tbPrefs(t *testing.T, accounts []tbAccount) string {
	t.Helper()
	var b strings.Builder
	set := func(key string, value any) {
		if text, is := value.(string); is {
			value = fmt.Sprintf("%q", text)
		}
		fmt.Fprintf(&b, "user_pref(%q, %v);\n", key, value)
	}
	for key, value := range map[string]any{
		"app.update.enabled": false, "app.donation.eoy.version.viewed": 999, "mail.rights.version": 1, "mail.provider.suppress_dialog_on_startup": true,
		"mail.spotlight.firstRunDone": true, "mail.winsearch.firstRunDone": true, "mailnews.start_page.enabled": false, "mail.shell.checkDefaultClient": false,
		"datareporting.policy.dataSubmissionEnabled": false, "toolkit.telemetry.enabled": false, "app.normandy.enabled": false,
		"network.captive-portal-service.enabled": false, "network.connectivity-service.enabled": false, "mail.inappnotifications.enabled": false,
		"browser.safebrowsing.malware.enabled": false, "browser.safebrowsing.phishing.enabled": false, "extensions.update.enabled": false,
		"mailnews.auto_config_url": "", "mail.biff.show_alert": false, "mail.biff.play_sound": false, "mail.imap.use_status_for_biff": false,
		"security.sandbox.warn_unprivileged_namespaces": false, "datareporting.policy.dataSubmissionPolicyBypassNotification": true,
	} {
		set(key, value)
	}
	var keys, servers []string
	for i, a := range accounts {
		n := i + 1
		keys, servers = append(keys, tbKey(i)), append(servers, fmt.Sprintf("smtp%d", n))
		set(fmt.Sprintf("mail.account.account%d.server", n), fmt.Sprintf("server%d", n))
		set(fmt.Sprintf("mail.account.account%d.identities", n), fmt.Sprintf("id%d", n))
		host, port := split(t, a.imap)
		security := [...]int{0, 2, 3}[a.mode] // none, STARTTLS required, TLS
		for key, value := range map[string]any{"type": "imap", "hostname": host, "userName": a.Address, "name": a.Address, "socketType": security,
			"authMethod": 3, "login_at_startup": false, "check_new_mail": true, "use_idle": true, "check_time": 60} {
			set(fmt.Sprintf("mail.server.server%d.%s", n, key), value)
		}
		fmt.Fprintf(&b, "user_pref(%q, %s);\n", fmt.Sprintf("mail.server.server%d.port", n), port)
		host, port = split(t, a.submission)
		for key, value := range map[string]any{"hostname": host, "username": a.Address, "try_ssl": security, "authMethod": 3, "type": "smtp"} {
			set(fmt.Sprintf("mail.smtpserver.smtp%d.%s", n, key), value)
		}
		fmt.Fprintf(&b, "user_pref(%q, %s);\n", fmt.Sprintf("mail.smtpserver.smtp%d.port", n), port)
		for key, value := range map[string]any{"useremail": a.Address, "fullName": "Thunderbird", "smtpServer": fmt.Sprintf("smtp%d", n), "valid": true,
			"fcc": true, "fcc_folder": "imap://" + url.QueryEscape(a.Address) + "@" + host + "/Sent"} {
			set(fmt.Sprintf("mail.identity.id%d.%s", n, key), value)
		}
	}
	set("mail.accountmanager.accounts", strings.Join(keys, ","))
	set("mail.accountmanager.defaultaccount", keys[0])
	set("mail.smtpservers", strings.Join(servers, ","))
	set("mail.smtp.defaultserver", servers[0])
	return b.String()
}

// startXvfb starts a display without a screen and returns its name.
func startXvfb(t *testing.T) string {
	t.Helper()
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	cmd := exec.Command(need(t, "Xvfb"), "-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	background(t, cmd)
	w.Close()
	var number string
	_, err = fmt.Fscan(r, &number)
	must(t, err)
	return ":" + number
}

// background starts a program that is killed when the test ends; a failure shows what it said.
func background(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	must(t, err)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what it starts ends with it
	must(t, cmd.Start())
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
		if said, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("%s wrote:\n%s", filepath.Base(cmd.Path), said[max(0, len(said)-2000):])
		}
		log.Close()
	})
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
