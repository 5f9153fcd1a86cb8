package adminclient

import (
	"context"
	"encoding/hex"
	"errors"
	"sync"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/mail/adminapi"
)

// statusTimeout is how long a replica may take to say how it fares.
const statusTimeout = 8 * time.Second

// enclaveActive is what the enclave of a replica is that can serve.
const enclaveActive = "active"

// Unreachable is the role, and what the enclave is, of a replica that does not answer.
const Unreachable = "unreachable"

// Report is how a cluster fares. What stands in it of a replica's progress is the word of that replica's
// host; role, incarnation and enclave are its enclave's.
type Report struct {
	Replicas []Row `json:"replicas"`
	// Simulated says that enclaves protect nothing.
	Simulated bool   `json:"simulated"`
	Faults    Faults `json:"faults"`
}

// Faults is how much of what the group survives is used up.
type Faults struct {
	Tolerated int   `json:"tolerated"` // f: of 2f+1 replicas
	Serving   int   `json:"serving"`   // replicas that can be counted on
	Serves    bool  `json:"serves"`    // they are f+1 at least
	Survived  int   `json:"survived"`  // how many more may fail
	Out       []Out `json:"out"`
}

// Out is a replica that cannot be counted on.
type Out struct {
	Replica int    `json:"replica"`
	Why     string `json:"why"`     // unreachable, not active, lagging, diverged, silent or suspicious
	SeenBy  []int  `json:"seen_by"` // replicas that say so; none: this program sees it
}

// Row is how one replica fares.
type Row struct {
	ID       int    `json:"id"`
	Role     string `json:"role"` // leader, follower, starting, unknown or unreachable
	View     uint64 `json:"view"`
	Executed uint64 `json:"executed"` // orders whose effects are in its state
	Stable   uint64 `json:"stable"`   // order of its last stable checkpoint; 0 for none yet
	// Digest is of its state after order DigestOrder: the highest that most replicas can tell, so that
	// their digests can be compared; that of its own newest order where it cannot tell that one.
	Digest      string         `json:"digest"`
	DigestOrder uint64         `json:"digest_order"`
	Synced      uint64         `json:"synced"`     // orders that are safe on its disk
	Generation  uint32         `json:"generation"` // of the founding that its enclave is in
	Incarnation uint32         `json:"incarnation"`
	Lag         *uint64        `json:"lag"`     // orders behind the furthest replica; null when it did not answer
	Enclave     string         `json:"enclave"` // active, starting or unreachable
	Platform    string         `json:"platform"`
	Reads       boundary.Reads `json:"reads"`  // how clients' reads were answered
	Sync        string         `json:"sync"`   // quorum or strict: what its host syncs before certificates leave
	Sees        []Out          `json:"sees"`   // which replicas it does not count on, as its host says
	Alarms      []string       `json:"alarms"` // each begins with a name that never changes, then says what to do

	roots []boundary.Root
}

// Status asks all replicas at once. A replica that does not answer is in the report. The error is ErrDenied
// when a replica refuses the administrator's key, or ctx's.
func (c *Client) Status(ctx context.Context) (Report, error) {
	report := Report{Replicas: make([]Row, len(c.Replicas)), Simulated: c.Simulated}
	simulated := make([]bool, len(c.Replicas))
	errs := make([]error, len(c.Replicas))
	var all sync.WaitGroup
	for i, r := range c.Replicas {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, statusTimeout)
			defer cancel()
			response, err := c.Ask(ctx, r, &adminapi.Request{Op: adminapi.OpStatus})
			if errors.Is(err, ErrDenied) {
				errs[i] = err
			}
			report.Replicas[i] = row(r.ID, response.Status)
			simulated[i] = response.Status != nil && response.Status.Simulated
		})
	}
	all.Wait()
	for _, s := range simulated {
		report.Simulated = report.Simulated || s
	}
	report.compare()
	report.count()
	return report, errors.Join(append(errs, ctx.Err())...)
}

// Answered reports whether any replica answered.
func (r *Report) Answered() bool {
	for i := range r.Replicas {
		if r.Replicas[i].Role != Unreachable {
			return true
		}
	}
	return false
}

// row makes a row of a replica's answer; nil for none.
func row(id int, s *adminapi.Status) Row {
	if s == nil || int(s.Replica) != id {
		return Row{ID: id, Role: Unreachable, Enclave: Unreachable, Sees: []Out{}, Alarms: []string{
			boundary.Alarm{Code: boundary.AlarmUnreachable, Subject: boundary.NoReplica}.String(),
		}}
	}
	r := Row{ID: id, Role: "starting", Enclave: "starting", Generation: s.Generation, Incarnation: s.Incarnation,
		Platform: printable(s.Platform), Reads: s.Reads, Sees: []Out{}, Alarms: []string{}}
	if s.Active {
		r.Role, r.Enclave = "unknown", enclaveActive // what it does is its host's word, which follows
	}
	if h := s.Host; h != nil {
		r.View, r.Executed, r.Stable, r.Synced, r.roots = h.View, h.Executed, h.Stable, h.Synced, h.Roots
		r.Sync = "quorum"
		if h.Strict {
			r.Sync = "strict"
		}
		for _, o := range h.Out {
			r.Sees = append(r.Sees, Out{Replica: int(o.Replica), Why: o.Cause.String(), SeenBy: []int{id}})
		}
		switch {
		case !s.Active:
		case h.Leader == wire.ReplicaID(id):
			r.Role = "leader"
		default:
			r.Role = "follower"
		}
	}
	for _, a := range s.Alarms {
		r.Alarms = append(r.Alarms, a.String())
	}
	return r
}

// printable keeps what a server names from reaching a terminal as anything but text.
func printable(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] < ' ' || b[i] > '~' {
			b[i] = '?'
		}
	}
	return string(b)
}

func digestText(d wire.Digest) string { return hex.EncodeToString(d[:]) }
