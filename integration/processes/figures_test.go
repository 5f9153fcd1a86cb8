package processes

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// outages are times from a fault to the first new acknowledgement.
type outages []time.Duration

// String tells how many, the median, the 99th percentile and the longest.
func (o outages) String() string {
	if len(o) == 0 {
		return "none"
	}
	s := slices.Sorted(slices.Values(o))
	at := func(share float64) time.Duration {
		return s[min(len(s)-1, int(share*float64(len(s))))].Round(time.Millisecond)
	}
	return fmt.Sprintf("%d, p50 %v, p99 %v, longest %v", len(s), at(0.5), at(0.99), s[len(s)-1].Round(time.Millisecond))
}

// strike is a moment in a load at which a fault begins.
type strike struct {
	l     *Load
	at    time.Time
	marks []int
}

// strike notes the moment.
func (l *Load) strike() strike {
	s := strike{l: l, at: time.Now()}
	for _, f := range l.files {
		s.marks = append(s.marks, f.Mark())
	}
	return s
}

// after returns how many commands replicas acknowledged that were sent after the strike.
func (s *strike) after(replicas ...int) (n int) {
	for _, r := range replicas {
		n += s.l.files[r].AcksAfter(s.marks[r])
	}
	return n
}

// goesOn waits until one of the replicas acknowledges a command that was sent after the strike, and notes how long
// after it that is.
func (o *outages) goesOn(t testing.TB, s strike, replicas ...int) {
	t.Helper()
	s.l.c.goesOn(t, fmt.Sprintf("one of %v acknowledges something new", replicas),
		func() bool { return s.after(replicas...) > 0 })
	*o = append(*o, time.Since(s.at))
}
