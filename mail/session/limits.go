package session

import (
	"time"

	"troxymail/enclave/seal"
)

// Defaults of Limits, and fixed limits.
const (
	// DefaultSessionsPerAccount is how many connections of one account may be logged in.
	DefaultSessionsPerAccount = 40
	// DefaultAppendBytes is the largest message, in bytes (APPENDLIMIT).
	DefaultAppendBytes = 50 << 20
	// DefaultAppendInFlight bounds the memory of all messages that are being appended, in bytes.
	DefaultAppendInFlight = 160 << 20
	// DefaultBodiesInFlight bounds the memory of all bodies opened at the same time, in bytes.
	DefaultBodiesInFlight = 160 << 20

	// MaxNameBytes bounds a mailbox name, in bytes of UTF-8.
	MaxNameBytes = 1000
	// MaxComponentBytes bounds a component of a mailbox name, in bytes of UTF-8.
	MaxComponentBytes = 255
	// MaxKeywordBytes bounds a keyword, in bytes.
	MaxKeywordBytes = 100
	// MaxPatterns bounds the patterns of one LIST.
	MaxPatterns = 64
	// MaxPatternBytes bounds a pattern of LIST with its reference, in bytes.
	MaxPatternBytes = 2 * MaxNameBytes
	// AccountCheck is how old a session's knowledge of its account may be when it answers a command.
	AccountCheck = 3 * time.Second
	// BoundedReads is how long after a validation content may be shown without another, where Options.Bounded says so.
	BoundedReads = 30 * time.Second
	// MaxBoundedReads is how many FETCH commands one validation may serve then: the host controls the clock.
	MaxBoundedReads = 1000
	// IdleRefresh is after how long an idle session reads without a hint: hosts may withhold hints.
	IdleRefresh = 4 * time.Minute
	// IdleRetry is how long an idle session waits after a read that found no quorum.
	IdleRetry = 5 * time.Second

	// maxAttempts bounds how often a command is tried anew because the namespace changed.
	maxAttempts = 8
)

// Limits bound what sessions use. Zero fields mean the defaults.
type Limits struct {
	SessionsPerAccount int   // logged-in sessions of one account in this enclave
	AppendBytes        int64 // one message; at most seal.MaxBody
	AppendInFlight     int64 // bytes, all messages being appended together
	BodiesInFlight     int64 // bytes, all bodies opened at once for FETCH and SEARCH together
}

func (l *Limits) fill() {
	if l.SessionsPerAccount <= 0 {
		l.SessionsPerAccount = DefaultSessionsPerAccount
	}
	if l.AppendBytes <= 0 {
		l.AppendBytes = DefaultAppendBytes
	}
	l.AppendBytes = min(l.AppendBytes, seal.MaxBody)
	if l.AppendInFlight <= 0 {
		l.AppendInFlight = DefaultAppendInFlight
	}
	if l.BodiesInFlight <= 0 {
		l.BodiesInFlight = DefaultBodiesInFlight
	}
}
