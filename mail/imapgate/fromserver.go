package imapgate

import (
	"context"
	"net/netip"

	"troxymail/mail/session"
)

var _ Session = (*session.Session)(nil)

// FromServer makes Sessions of a session server.
func FromServer(s *session.Server) Sessions { return fromServer{s} }

type fromServer struct{ server *session.Server }

// Login returns a nil interface with an error, never a typed nil.
func (f fromServer) Login(ctx context.Context, peer netip.Addr, username, password string) (Session, error) {
	s, err := f.server.Login(ctx, peer, username, password)
	if err != nil {
		return nil, err
	}
	return s, nil
}
