package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Default bounds of an Authenticator.
const (
	// DefaultConcurrent is how many Argon2id computations run at once: with DefaultParams 38 MiB.
	DefaultConcurrent = 2
	// DefaultWaiting is how many callers may wait for their turn.
	DefaultWaiting = 64
)

// ErrBusy is returned when too many logins wait already: the caller may try again later.
var ErrBusy = errors.New("auth: too many logins at once")

// Options are the costs and bounds of an Authenticator. Zero fields mean the defaults.
type Options struct {
	Params     Params
	Iterations int // of SCRAM; 0: SCRAMIterations
	Concurrent int
	Waiting    int
	Rand       io.Reader // salts and the dummy's secret; required
	// Computing is called before each long computation, and what it returns after it. Nil for nothing.
	Computing func() (done func())
}

// Authenticator checks passwords, a bounded number at once. Safe for concurrent use.
type Authenticator struct {
	params     Params
	iterations int
	rand       io.Reader
	computing  func() (done func())
	running    chan struct{}
	waiting    chan struct{}
	dummy      hash
	dummySCRAM scramKeys
}

// New returns an authenticator. Errors: randomness that fails, Params out of bounds.
func New(o Options) (*Authenticator, error) {
	if o.Params == (Params{}) {
		o.Params = DefaultParams
	}
	if o.Iterations <= 0 {
		o.Iterations = SCRAMIterations
	}
	if o.Concurrent <= 0 {
		o.Concurrent = DefaultConcurrent
	}
	if o.Waiting <= 0 {
		o.Waiting = DefaultWaiting
	}
	if o.Computing == nil {
		o.Computing = func() func() { return func() {} }
	}
	if !o.Params.valid() || o.Rand == nil {
		return nil, fmt.Errorf("auth: costs out of bounds (at most %d KiB, %d passes, %d lanes) or no Rand",
			maxMemoryKiB, maxPasses, maxLanes)
	}
	a := &Authenticator{
		params: o.Params, iterations: o.Iterations, rand: o.Rand, computing: o.Computing,
		running: make(chan struct{}, o.Concurrent),
		waiting: make(chan struct{}, o.Concurrent+o.Waiting),
		dummy:   hash{params: o.Params},
	}
	// A random sum that no password is known for: its check costs what a real one does.
	for _, b := range [][]byte{a.dummy.salt[:], a.dummy.sum[:], a.dummySCRAM.stored[:], a.dummySCRAM.server[:]} {
		if _, err := io.ReadFull(o.Rand, b); err != nil {
			return nil, fmt.Errorf("auth: draw the dummy verifier: %w", err)
		}
	}
	return a, nil
}

// Check reports whether password is one of v, the list of an account with that salt: its password or an app
// password, which is told without Argon2id. A list without a password, such as the nil one of an account that
// does not exist, costs the same and never matches; so does a password out of its bounds. Errors are ErrBusy and
// ctx's: nothing was checked then, and it is not a failed login.
func (a *Authenticator) Check(ctx context.Context, v Verifiers, salt Salt, password string) (bool, error) {
	if len(password) <= MaxPasswordBytes && v.hasApp(salt, password) {
		return true, nil
	}
	release, err := a.enter(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	h, known := v.password()
	if !known {
		h = a.dummy
	}
	if len(password) > MaxPasswordBytes {
		password, known = password[:MaxPasswordBytes], false
	}
	return h.matches(password) && known, nil
}

// NewPassword returns the verifiers of an account that has that salt and one password: by Argon2id and by SCRAM.
// ErrPasswordLength, ErrBusy, ctx's error.
func (a *Authenticator) NewPassword(ctx context.Context, salt Salt, password string) (Verifiers, error) {
	release, err := a.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	v, err := NewPassword(a.rand, a.params, password)
	if err != nil {
		return nil, err
	}
	k, err := deriveSCRAM(salt, a.iterations, password)
	if err != nil {
		return nil, err
	}
	return append(v, Entry{Kind: KindSCRAMSHA256, data: k.encode()}), nil
}

// enter waits for a turn.
func (a *Authenticator) enter(ctx context.Context) (release func(), err error) {
	select {
	case a.waiting <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	select {
	case a.running <- struct{}{}:
		done := a.computing()
		return func() { done(); <-a.running; <-a.waiting }, nil
	case <-ctx.Done():
		<-a.waiting
		return nil, ctx.Err()
	}
}
