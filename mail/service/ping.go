package service

import (
	"context"

	"troxymail/mailstore/command"
)

// Ping orders data through the whole request path of this replica and returns its echo: what the group
// agreed on and holds durably. For measuring, and for asking whether the group serves. At most
// command.MaxPing bytes.
func (s *Service) Ping(ctx context.Context, data []byte) ([]byte, error) {
	o, err := s.replica.Do(ctx, &command.Ping{Data: data})
	return o.Payload, unavailable(err)
}
