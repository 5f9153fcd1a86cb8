package service

import (
	"context"

	"troxymail/cache/lag"
)

// Why clients are sent away. They reconnect by themselves, and programs that know of several servers to another.
const (
	byeBehind = "This server is behind the others, please connect to another one"
	byeAlone  = "This server cannot reach the others, please connect to another one"
)

// followLag sends IMAP clients away while the enclave's own host shows it less than others show theirs: clients in IDLE
// would wait for news that do not come. Mail is taken in all the same, since its acknowledgement does not depend on one host.
func (s *Service) followLag(ctx context.Context) {
	for {
		select {
		case state := <-s.replica.Lagging():
			switch state {
			case lag.Behind:
				s.imap.SendAway(byeBehind)
			case lag.Alone:
				s.imap.SendAway(byeAlone)
			default:
				s.imap.Welcome()
			}
		case <-ctx.Done():
			return
		}
	}
}
