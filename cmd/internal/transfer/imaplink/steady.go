package imaplink

import (
	"context"
	"errors"
	"fmt"
)

// attempts is how often in a row an operation is tried when connections break under it.
const attempts = 6

// Steady is a connection that is replaced by one to the next server when it breaks. Used by one goroutine.
type Steady struct {
	account *Account
	conn    *Conn
}

// NewSteady logs in at the first server that can be used.
func NewSteady(ctx context.Context, a *Account) (*Steady, error) {
	c, err := a.Connect(ctx, 0)
	return &Steady{account: a, conn: c}, err
}

// Do runs op on the connection, and again on another when it breaks: op must be harmless when done twice. A
// refusal by the server is returned and so is an error that is Final.
func (s *Steady) Do(ctx context.Context, op func(c *Conn) error) error {
	var err error
	for range attempts {
		if !s.conn.Alive() {
			next, err := s.account.Next(ctx, s.conn)
			if err != nil {
				return err
			}
			s.conn = next
		}
		err = s.conn.DoContext(ctx, func() error { return op(s.conn) })
		var final *Final
		if err == nil || Said(err) != nil || ctx.Err() != nil || errors.As(err, &final) {
			return err
		}
		_ = s.conn.Close() // whatever is wrong with it, another is tried
	}
	return fmt.Errorf("%s: %w", s.conn.Address, err)
}

// Close ends the connection.
func (s *Steady) Close() {
	if s.conn != nil {
		_ = s.conn.Close() // nothing waits for an answer
	}
}

// Final is an error that another server would give as well.
type Final struct{ Err error }

// Error is the inner error's text.
func (f *Final) Error() string { return f.Err.Error() }

// Unwrap returns the inner error.
func (f *Final) Unwrap() error { return f.Err }
