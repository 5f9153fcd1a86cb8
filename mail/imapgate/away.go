package imapgate

// SendAway says BYE with that text to every client, at once to those that wait or are in IDLE, to others when their
// command is done, and to those that connect until Welcome is called: for a server that would leave them without news.
// The listeners stay open. Safe for concurrent use.
func (s *Server) SendAway(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = text
	for g := range s.guards {
		g.kick()
	}
}

// Welcome ends SendAway. Safe for concurrent use.
func (s *Server) Welcome() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = ""
}

// farewell is what clients are sent away with, empty when they are not.
func (s *Server) farewell() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.away
}
