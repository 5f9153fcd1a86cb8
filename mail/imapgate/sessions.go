package imapgate

import (
	"context"
	"io"
	"net/netip"

	"github.com/emersion/go-imap/v2"

	"troxymail/mail/sasl"
	"troxymail/mail/session"
)

// Sessions logs users in. It must be safe for concurrent use. FromServer makes one of a
// *session.Server.
type Sessions interface {
	// Guest returns the guest of a new connection from peer.
	Guest(peer netip.Addr) Guest
}

// Guest is one connection before its login. It is used by one goroutine.
type Guest interface {
	// Checker checks who wants to log in. A refusal is an *imap.Error; any other error is reported to the
	// client as an internal error. It delays failed logins itself.
	sasl.Checker
	// Open opens the session of who logged in; errors as above.
	Open() (Session, error)
}

// Session is one logged-in connection: the methods of *session.Session, where their contracts stand.
// It is used by one goroutine at a time.
type Session interface {
	Close() error
	List(ctx context.Context, ref string, patterns []string, o *imap.ListOptions,
		each func(*imap.ListData) error) error
	Status(ctx context.Context, mailbox string, o *imap.StatusOptions) (*imap.StatusData, error)
	Create(ctx context.Context, mailbox string, o *imap.CreateOptions) error
	Delete(ctx context.Context, mailbox string) error
	Rename(ctx context.Context, mailbox, to string) error
	Subscribe(ctx context.Context, mailbox string) error
	Unsubscribe(ctx context.Context, mailbox string) error
	AppendLimit() uint32
	Append(ctx context.Context, mailbox string, literal io.Reader, size int64,
		o *imap.AppendOptions) (*imap.AppendData, error)
	Namespace(ctx context.Context) (*imap.NamespaceData, error)
	Select(ctx context.Context, mailbox string, readOnly bool) (*imap.SelectData, error)
	Unselect(ctx context.Context) error
	ReadOnly() bool
	Poll(ctx context.Context, w session.Updates, allowExpunge bool) error
	After(ctx context.Context, w session.Updates, allowExpunge bool) error
	Idle(ctx context.Context, w session.Updates, told func() error) error
	Fetch(ctx context.Context, w session.Updates, nums imap.NumSet, o *imap.FetchOptions,
		each func(seq uint32) session.MessageWriter) error
	Store(ctx context.Context, nums imap.NumSet, flags *imap.StoreFlags, o *imap.StoreOptions,
		each func(seq uint32) session.MessageWriter) error
	Search(ctx context.Context, uid bool, c *imap.SearchCriteria,
		o *imap.SearchOptions) (*imap.SearchData, error)
	Copy(ctx context.Context, nums imap.NumSet, dest string) (*imap.CopyData, error)
	Move(ctx context.Context, w session.Updates, nums imap.NumSet, dest string) (*imap.CopyData, error)
	Expunge(ctx context.Context, w session.Updates, uids *imap.UIDSet) error
}
