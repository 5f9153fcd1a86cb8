package processes

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	stallAfter = 20 * time.Second // of waiting for acknowledgements, the hosts' figures are logged,
	stallAgain = 20 * time.Second // and again
)

// stall tells, while a test waits, how far the replicas are: why a service stood still cannot be asked afterwards.
type stall struct {
	c    *Cluster
	what string
	next time.Time
}

func (c *Cluster) watchStall(what string) *stall {
	return &stall{c: c, what: what, next: time.Now().Add(stallAfter)}
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
	client := http.Client{Timeout: dialPause * 10} // a host that is stopped accepts, and says nothing
	r, err := client.Get("http://" + c.HostAdmin(i) + "/metrics")
	if err != nil {
		return "nothing to say: " + err.Error()
	}
	defer r.Body.Close()
	var told []string
	for s := bufio.NewScanner(r.Body); s.Scan(); {
		line := s.Text()
		if strings.HasPrefix(line, "troxymail_") && !strings.Contains(line, "_bucket{") && !strings.HasSuffix(line, " 0") {
			told = append(told, line)
		}
	}
	return strings.Join(told, "\n")
}
