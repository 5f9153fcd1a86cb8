package processes

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"

	"troxymail/cache/lag"
	"troxymail/integration/demo"
)

// untilBye is the environment variable that has TestIdleAtALiar wait until the client is sent away, which takes
// lag.GraceRounds rounds of lag.Every.
const untilBye = "PROCESSES_UNTIL_BYE"

// TestIdleAtALiar has a client in IDLE at a replica whose host withholds others' writes from its enclave. It hears of them
// nevertheless, and is sent away after a while, as is who connects then; clients at the others are not.
func TestIdleAtALiar(t *testing.T) {
	program := filepath.Join(t.TempDir(), "liar")
	if out, err := exec.Command("go", "build", "-tags", "liar", "-o", program, "troxymail/cmd/troxymail-host").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := Start(t, 3)
	c.Hosts[2].Kill()
	c.Hosts[2] = Launch(t, "liar", program, "--config", c.HostConfig(2), "--lie", "withholds-writes")
	c.AwaitServing(t, 2)
	writer := c.Dial(t, 0, demo.TLS, nil)
	told := make(chan uint32, 1000)
	idle := c.Dial(t, 2, demo.TLS, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				told <- *d.NumMessages
			}
		},
	}})
	if _, err := idle.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := idle.Idle(); err != nil {
		t.Fatal(err)
	}
	await := func(n uint32) {
		t.Helper()
		limit := time.After(time.Minute)
		for got := uint32(0); got < n; {
			select {
			case got = <-told:
			case <-idle.Closed():
				t.Fatal("the client was cut off before it was told")
			case <-limit:
				t.Fatalf("told of %d messages, want %d", got, n)
			}
		}
	}
	for n := range uint32(2) {
		if _, _, err := writer.Put("INBOX", []byte("Subject: withheld\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		await(n + 1)
	}
	if os.Getenv(untilBye) == "" {
		return
	}
	began := time.Now()
	select {
	case <-idle.Closed():
	case <-time.After(10 * lag.GraceRounds * lag.Every):
		t.Fatal("the client is not sent away")
	}
	t.Logf("sent away %.1f s after it was told", time.Since(began).Seconds())
	if _, err := c.TryDial(2, demo.TLS, nil, c.TLS(t)); err == nil {
		t.Error("a client that connects then is served")
	}
	if _, err := writer.Select("INBOX", nil).Wait(); err != nil {
		t.Errorf("a client elsewhere: %v", err)
	}
	c.told(t, "withholds-writes", 2, "behind")
}
