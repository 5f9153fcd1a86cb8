package imapgate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/mail/auth"
	"troxymail/mail/session"
)

const (
	fakeUser     = "alice@example.org"
	fakePassword = "secret"
	fakeLimit    = 1000 // bytes of a message
	fakeMessage  = "Subject: x\r\n\r\nbody\r\n"
)

// fake is a session layer of one account whose mailboxes all exist and hold two messages. It notes
// each call by name and arguments.
type fake struct {
	mu     sync.Mutex
	calls  []string
	stored []string
	// hook runs at the start of each call and can fail it, block it or panic.
	hook func(ctx context.Context, call string) error
	// tell is what Poll, Idle, Fetch, Move and Expunge tell.
	tell func(call string, w session.Updates) error
	// structure is what BODYSTRUCTURE gets; short leaves a body section unfinished.
	structure imap.BodyStructure
	short     bool
	fetched   uint32 // messages that FETCH answers for; 2 when it is less
}

func (f *fake) note(ctx context.Context, format string, args ...any) error {
	call := fmt.Sprintf(format, args...)
	f.mu.Lock()
	f.calls = append(f.calls, call)
	hook := f.hook
	f.mu.Unlock()
	if hook != nil {
		return hook(ctx, call)
	}
	return nil
}

// took returns the calls so far and forgets them.
func (f *fake) took() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	calls := f.calls
	f.calls = nil
	return calls
}

func (f *fake) messages() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.stored)
}

func (f *fake) Guest(netip.Addr) Guest { return f }

func (f *fake) CheckPassword(ctx context.Context, username, password string) error {
	if err := f.note(ctx, "LOGIN %s", username); err != nil {
		return err
	}
	if username != fakeUser || password != fakePassword {
		return errFakeLogin
	}
	return nil
}

var errFakeLogin = &imap.Error{Type: "NO", Code: imap.ResponseCodeAuthenticationFailed, Text: "Wrong"}

func (f *fake) Challenge(string) (auth.Salt, int) { return auth.Salt{}, 4096 }

func (f *fake) CheckProof(ctx context.Context, username string, _ *auth.Proof) ([32]byte, error) {
	return [32]byte{}, cmp.Or(f.note(ctx, "LOGIN %s", username), error(errFakeLogin))
}

func (f *fake) Open() (Session, error) { return &fakeSession{fake: f}, nil }

type fakeSession struct {
	*fake
	readOnly bool
}

func (s *fakeSession) told(call string, w session.Updates) error {
	if s.tell == nil {
		return nil
	}
	return s.tell(call, w)
}

func (s *fakeSession) Close() error { return s.note(context.Background(), "CLOSED") }
func (s *fakeSession) List(
	ctx context.Context, ref string, patterns []string, o *imap.ListOptions, each func(*imap.ListData) error,
) error {
	if err := s.note(ctx, "LIST %q %q", ref, patterns); err != nil {
		return err
	}
	data := &imap.ListData{Mailbox: "INBOX", Delim: '/', Attrs: []imap.MailboxAttr{`\HasNoChildren`, "bad attr"}}
	if o.ReturnStatus != nil {
		data.Status, _ = s.Status(ctx, "INBOX", o.ReturnStatus)
	}
	return each(data)
}
func (s *fakeSession) Status(ctx context.Context, m string, _ *imap.StatusOptions) (*imap.StatusData, error) {
	n, size := uint32(2), int64(44)
	data := &imap.StatusData{
		Mailbox: m, NumMessages: &n, NumUnseen: &n, NumDeleted: &n, NumRecent: &n, Size: &size,
		UIDNext: 3, UIDValidity: 1,
	}
	return data, s.note(ctx, "STATUS %q", m)
}
func (s *fakeSession) Create(ctx context.Context, m string, _ *imap.CreateOptions) error {
	return s.note(ctx, "CREATE %q", m)
}
func (s *fakeSession) Delete(ctx context.Context, m string) error { return s.note(ctx, "DELETE %q", m) }
func (s *fakeSession) Rename(ctx context.Context, m, to string) error {
	return s.note(ctx, "RENAME %q %q", m, to)
}
func (s *fakeSession) Subscribe(ctx context.Context, m string) error {
	return s.note(ctx, "SUBSCRIBE %q", m)
}
func (s *fakeSession) Unsubscribe(ctx context.Context, m string) error {
	return s.note(ctx, "UNSUBSCRIBE %q", m)
}
func (s *fakeSession) AppendLimit() uint32 { return fakeLimit }
func (s *fakeSession) Append(
	ctx context.Context, m string, literal io.Reader, size int64, o *imap.AppendOptions,
) (*imap.AppendData, error) {
	if err := s.note(ctx, "APPEND %q %d %v", m, size, o.Flags); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(literal)
	if err != nil {
		return nil, err
	}
	if int64(len(b)) != size {
		return nil, errors.New("fake: cut message")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stored = append(s.stored, string(b))
	return &imap.AppendData{UIDValidity: 1, UID: imap.UID(2 + len(s.stored))}, nil
}
func (s *fakeSession) Namespace(ctx context.Context) (*imap.NamespaceData, error) {
	return &imap.NamespaceData{Personal: []imap.NamespaceDescriptor{{Delim: '/'}}}, s.note(ctx, "NAMESPACE")
}
func (s *fakeSession) Select(ctx context.Context, m string, readOnly bool) (*imap.SelectData, error) {
	if err := s.note(ctx, "SELECT %q %v", m, readOnly); err != nil {
		return nil, err
	}
	s.readOnly = readOnly
	return &imap.SelectData{
		NumMessages: 2, UIDNext: 3, UIDValidity: 1,
		Flags:          []imap.Flag{imap.FlagSeen, "not a flag"},
		PermanentFlags: []imap.Flag{imap.FlagSeen, imap.FlagWildcard},
	}, nil
}
func (s *fakeSession) Unselect(ctx context.Context) error { return s.note(ctx, "UNSELECT") }
func (s *fakeSession) ReadOnly() bool                     { return s.readOnly }
func (s *fakeSession) After(ctx context.Context, w session.Updates, allowExpunge bool) error {
	return s.Poll(ctx, w, allowExpunge)
}

func (s *fakeSession) Poll(ctx context.Context, w session.Updates, allowExpunge bool) error {
	if err := s.note(ctx, "POLL %v", allowExpunge); err != nil {
		return err
	}
	return s.told("POLL", w)
}
func (s *fakeSession) Idle(ctx context.Context, w session.Updates, told func() error) error {
	if err := s.note(ctx, "IDLE"); err != nil {
		return err
	}
	if err := errors.Join(s.told("IDLE", w), told()); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
func (s *fakeSession) Fetch(
	ctx context.Context, w session.Updates, nums imap.NumSet, o *imap.FetchOptions,
	each func(seq uint32) session.MessageWriter,
) error {
	if err := s.note(ctx, "FETCH %v", nums); err != nil {
		return err
	}
	if err := s.told("FETCH", w); err != nil {
		return err
	}
	for seq := uint32(1); seq <= max(2, s.fetched); seq++ {
		m := each(seq)
		s.fetchOne(m, seq, o)
		if s.short {
			return errors.New("fake: failed inside a message")
		}
		if err := m.Close(); err != nil {
			return err
		}
	}
	return nil
}
func (s *fakeSession) fetchOne(m session.MessageWriter, seq uint32, o *imap.FetchOptions) {
	if o.UID {
		m.UID(imap.UID(seq))
	}
	if o.Flags {
		m.Flags([]imap.Flag{imap.FlagSeen, "not a flag"})
	}
	if o.RFC822Size {
		m.Size(int64(len(fakeMessage)))
	}
	if o.InternalDate {
		m.InternalDate(time.Unix(0, 0).UTC())
	}
	if o.Envelope {
		m.Envelope(&imap.Envelope{Subject: "x"})
	}
	if o.BodyStructure != nil {
		m.BodyStructure(s.structure)
	}
	for _, item := range o.BodySection {
		w := m.BodySection(item, int64(len(fakeMessage)))
		if s.short {
			io.WriteString(w, "Sub")
			return
		}
		io.WriteString(w, fakeMessage)
		w.Close()
	}
}
func (s *fakeSession) Store(
	ctx context.Context, nums imap.NumSet, flags *imap.StoreFlags, _ *imap.StoreOptions,
	each func(seq uint32) session.MessageWriter,
) error {
	if err := s.note(ctx, "STORE %v %v", nums, flags.Flags); err != nil {
		return err
	}
	m := each(1)
	m.UID(1)
	m.Flags(flags.Flags)
	return m.Close()
}
func (s *fakeSession) Search(
	ctx context.Context, _ bool, c *imap.SearchCriteria, _ *imap.SearchOptions,
) (*imap.SearchData, error) {
	return &imap.SearchData{}, s.note(ctx, "SEARCH %q", c.Text)
}
func (s *fakeSession) Copy(ctx context.Context, nums imap.NumSet, dest string) (*imap.CopyData, error) {
	return &imap.CopyData{UIDValidity: 1}, s.note(ctx, "COPY %v %q", nums, dest)
}
func (s *fakeSession) Move(
	ctx context.Context, w session.Updates, nums imap.NumSet, dest string,
) (*imap.CopyData, error) {
	if err := s.note(ctx, "MOVE %v %q", nums, dest); err != nil {
		return nil, err
	}
	return &imap.CopyData{UIDValidity: 1, SourceUIDs: imap.UIDSetNum(1), DestUIDs: imap.UIDSetNum(7)},
		s.told("MOVE", w)
}
func (s *fakeSession) Expunge(ctx context.Context, w session.Updates, uids *imap.UIDSet) error {
	if err := s.note(ctx, "EXPUNGE %v", uids != nil); err != nil {
		return err
	}
	return s.told("EXPUNGE", w)
}

// without drops the calls that every conversation has.
func without(calls []string, names ...string) []string {
	return slices.DeleteFunc(calls, func(c string) bool {
		return slices.Contains(names, strings.Fields(c)[0])
	})
}
