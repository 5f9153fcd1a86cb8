package imapgate

import (
	"bufio"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"troxymail/mail/limit"
)

var crowd = flag.Int("connections", 200, "how many idle connections TestIdleConnectionsAreSmall opens")

const (
	// connectionBar is what a connection may take that idles in a mailbox, with TLS, its session and all stacks, in bytes;
	// tlsBar is what TLS may be of it.
	connectionBar = 64 << 10
	tlsBar        = 20 << 10
	// crowdAt names the address to which a process of this test's opens its connections, with the scheme.
	crowdAt = "TROXYMAIL_TEST_CROWD"
)

// inUse is what the process uses of heap and stacks, in bytes.
func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// A connection that logged in, read its mailbox and idles: go test ./mail/imapgate -run Small -v -connections 5000. The
// clients are another process, so that their ends do not count; the kernel's buffers do not either.
func TestIdleConnectionsAreSmall(t *testing.T) {
	each := map[string]int64{}
	for _, scheme := range []string{"plain", "tls"} {
		g := open(t, func(o *Options) {
			o.Sessions = FromServer(onCluster(t)[0])
			o.Limits.Caps = limit.Caps{Total: 1 << 20, PreAuth: 1 << 20, PerAddress: 1 << 20, PerNetwork: 1 << 20}
		})
		at := map[string]string{"plain": g.plain.String(), "tls": g.implicit.String()}[scheme]
		one := idleClients(t, scheme, at, 1) // what is made once
		before := inUse()
		many := idleClients(t, scheme, at, *crowd)
		each[scheme] = (inUse() - before) / int64(*crowd)
		one()
		many()
	}
	t.Logf("an idle connection takes %d bytes, over TLS %d", each["plain"], each["tls"])
	if each["tls"] > connectionBar || each["tls"]-each["plain"] > tlsBar {
		t.Errorf("an idle connection takes %d bytes, more than %d, or TLS adds %d, more than %d",
			each["tls"], connectionBar, each["tls"]-each["plain"], tlsBar)
	}
}

// idleClients starts a process with n clients that idle, and returns when they all do. stop ends it.
func idleClients(t *testing.T, scheme, at string, n int) (stop func()) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestBeTheCrowd$", fmt.Sprint("-connections=", n))
	child.Env = append(os.Environ(), crowdAt+"="+scheme+" "+at)
	child.Stderr = os.Stderr
	hold, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(said).ReadString('\n'); line != "all idle\n" {
		t.Fatalf("the clients say %q, %v", line, err)
	}
	return func() {
		hold.Close()
		_ = child.Wait() // its clients are cut off
	}
}

// TestBeTheCrowd is the clients' process; by itself it does nothing.
func TestBeTheCrowd(t *testing.T) {
	scheme, at, told := strings.Cut(os.Getenv(crowdAt), " ")
	if !told {
		return
	}
	for range *crowd {
		var c net.Conn
		var err error
		if scheme == "tls" {
			c, err = tls.Dial("tcp", at, &tls.Config{InsecureSkipVerify: true}) // the parent's own, on loopback
		} else {
			c, err = net.Dial("tcp", at)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		x := &client{t: t, conn: c, r: bufio.NewReaderSize(c, 16)}
		x.expect("* OK")
		for _, step := range []struct{ say, want string }{
			{"a LOGIN " + fakeUser + " " + fakePassword, "a OK"}, {"b SELECT INBOX", "b OK"},
			{"c UID FETCH 1:* (FLAGS ENVELOPE)", "c OK"}, {"d IDLE", "+ "},
		} {
			x.send(step.say + "\r\n")
			x.until(step.want)
		}
	}
	fmt.Println("all idle")
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0) // the clients are still there
}
