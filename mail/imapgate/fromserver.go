package imapgate

import (
	"net/netip"

	"troxymail/mail/session"
)

var _ Session = (*session.Session)(nil)

// FromServer makes Sessions of a session server.
func FromServer(s *session.Server) Sessions { return fromServer{s} }

type fromServer struct{ server *session.Server }

// Guest implements Sessions.
func (f fromServer) Guest(peer netip.Addr) Guest { return guest{f.server.NewGuest(peer)} }

type guest struct{ *session.Guest }

// Open returns a nil interface with an error, never a typed nil.
func (g guest) Open() (Session, error) {
	s, err := g.Guest.Open()
	if err != nil {
		return nil, err
	}
	return s, nil
}
