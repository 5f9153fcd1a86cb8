package session

import (
	"context"
	"io"

	"github.com/emersion/go-imap/v2"
)

type Session struct{}

func (s *Session) Close() error { return nil }
func (s *Session) List(ctx context.Context, ref string, patterns []string, o *imap.ListOptions, each func(*imap.ListData) error) error {
	return nil
}
func (s *Session) Status(ctx context.Context, mailbox string, o *imap.StatusOptions) (*imap.StatusData, error) {
	return nil, nil
}
func (s *Session) Create(ctx context.Context, mailbox string, o *imap.CreateOptions) error {
	return nil
}
func (s *Session) Delete(ctx context.Context, mailbox string) error      { return nil }
func (s *Session) Rename(ctx context.Context, mailbox, to string) error  { return nil }
func (s *Session) Subscribe(ctx context.Context, mailbox string) error   { return nil }
func (s *Session) Unsubscribe(ctx context.Context, mailbox string) error { return nil }
func (s *Session) AppendLimit() uint32                                   { return 0 }
func (s *Session) Append(ctx context.Context, mailbox string, literal io.Reader, size int64, o *imap.AppendOptions) (*imap.AppendData, error) {
	return nil, nil
}
func (s *Session) Namespace(ctx context.Context) (*imap.NamespaceData, error) { return nil, nil }
func (s *Session) Select(ctx context.Context, mailbox string, readOnly bool) (*imap.SelectData, error) {
	return nil, nil
}
func (s *Session) Unselect(ctx context.Context) error                           { return nil }
func (s *Session) ReadOnly() bool                                               { return false }
func (s *Session) Poll(ctx context.Context, w Updates, allowExpunge bool) error { return nil }
func (s *Session) Idle(ctx context.Context, w Updates) error                    { return nil }
func (s *Session) Fetch(ctx context.Context, w Updates, nums imap.NumSet, o *imap.FetchOptions, each func(seq uint32) MessageWriter) error {
	return nil
}
func (s *Session) Store(ctx context.Context, nums imap.NumSet, flags *imap.StoreFlags, o *imap.StoreOptions, each func(seq uint32) MessageWriter) error {
	return nil
}
func (s *Session) Search(ctx context.Context, uid bool, c *imap.SearchCriteria, o *imap.SearchOptions) (*imap.SearchData, error) {
	return nil, nil
}
func (s *Session) Copy(ctx context.Context, nums imap.NumSet, dest string) (*imap.CopyData, error) {
	return nil, nil
}
func (s *Session) Move(ctx context.Context, w Updates, nums imap.NumSet, dest string) (*imap.CopyData, error) {
	return nil, nil
}
func (s *Session) Expunge(ctx context.Context, w Updates, uids *imap.UIDSet) error { return nil }
