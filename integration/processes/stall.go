package processes

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	"troxymail/integration/demo"
)

const (
	stallAfter = 20 * time.Second // of waiting, the hosts' figures are logged,
	stallAgain = 20 * time.Second // and again
)

// stall tells, while a test waits, how far the replicas are: why a service stood still cannot be asked afterwards.
type stall struct {
	c    *Cluster
	what string
	next time.Time
}

// goesOn is waits for acknowledgements.
func (c *Cluster) goesOn(t testing.TB, what string, ready func() bool) {
	t.Helper()
	c.waits(t, ackLimit, what, ready)
}

// waits is demo.Eventually: while the wait is long it logs the figures of every host.
func (c *Cluster) waits(t testing.TB, limit time.Duration, what string, ready func() bool) {
	t.Helper()
	s := &stall{c: c, what: what, next: time.Now().Add(stallAfter)}
	demo.Eventually(t, limit, what, func() bool {
		s.look(t)
		return ready()
	})
}

// look logs the figures of every host that answers, once the wait is long.
func (s *stall) look(t testing.TB) {
	t.Helper()
	if time.Now().Before(s.next) {
		return
	}
	s.next = time.Now().Add(stallAgain)
	for i := range s.c.Replicas {
		t.Logf("%s: still waiting for %s; host %d has\n%s", time.Now().Format(time.TimeOnly), s.what, i, s.c.figures(i))
	}
}

// figures are the lines of a host's metrics that are not zero, without histograms and those of the runtime.
func (c *Cluster) figures(i int) string {
	lines, err := c.metrics(i, dialPause*10) // a host that is stopped accepts, and says nothing
	if err != nil {
		return "nothing to say: " + err.Error()
	}
	var told []string
	for _, line := range lines {
		if strings.HasPrefix(line, "troxymail_") && !strings.Contains(line, "_bucket{") && !strings.HasSuffix(line, " 0") {
			told = append(told, line)
		}
	}
	return strings.Join(told, "\n")
}

// metrics are the lines of a host's metrics, waited for as long as limit; 0 for ever.
func (c *Cluster) metrics(i int, limit time.Duration) (lines []string, err error) {
	client := http.Client{Timeout: limit}
	r, err := client.Get("http://" + c.HostAdmin(i) + "/metrics")
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	for s := bufio.NewScanner(r.Body); s.Scan(); {
		lines = append(lines, s.Text())
	}
	return lines, nil
}
