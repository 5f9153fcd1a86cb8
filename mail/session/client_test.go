package session

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

// client is what a mail program knows from what it was told. It fails its test when it is told nonsense.
type client struct {
	testing.TB
	uids   []imap.UID // by sequence number; 0 where it was not told
	events []string
	told   chan string // when not nil, gets every event
}

func (c *client) enter(s *Session, mailbox string, readOnly bool) *imap.SelectData {
	c.Helper()
	data, err := s.Select(c.Context(), mailbox, readOnly)
	if err != nil {
		c.Fatal(err)
	}
	c.uids = make([]imap.UID, data.NumMessages)
	return data
}

func (c *client) note(format string, args ...any) {
	event := fmt.Sprintf(format, args...)
	c.events = append(c.events, event)
	if c.told != nil {
		c.told <- event
	}
}

func (c *client) Expunge(seq uint32) error {
	if seq == 0 || int(seq) > len(c.uids) {
		c.Errorf("EXPUNGE %d of %d messages", seq, len(c.uids))
		return nil
	}
	c.uids = slices.Delete(c.uids, int(seq-1), int(seq))
	c.note("%d EXPUNGE", seq)
	return nil
}

func (c *client) Exists(n uint32) error {
	if int(n) < len(c.uids) {
		c.Errorf("EXISTS fell from %d to %d", len(c.uids), n)
	}
	c.uids = append(c.uids, make([]imap.UID, int(n)-len(c.uids))...)
	c.note("%d EXISTS", n)
	return nil
}

func (c *client) Flags(seq uint32, uid imap.UID, flags []imap.Flag) error {
	c.is(seq, uid)
	c.note("%d FLAGS %s", seq, flagText(flags))
	return nil
}

func (c *client) MailboxFlags(flags []imap.Flag) error {
	c.note("FLAGS %s", flagText(flags))
	return nil
}

// is checks that a sequence number still names the message that it named before.
func (c *client) is(seq uint32, uid imap.UID) {
	if seq == 0 || int(seq) > len(c.uids) {
		c.Errorf("message %d was told of %d", seq, len(c.uids))
		return
	}
	if known := c.uids[seq-1]; known != 0 && known != uid {
		c.Errorf("message %d was UID %d and is now %d", seq, known, uid)
	}
	c.uids[seq-1] = uid
}

// take returns the events since the last take, in one line.
func (c *client) take() string {
	defer func() { c.events = nil }()
	return strings.Join(c.events, ", ")
}

func (c *client) want(what string) {
	c.Helper()
	if got := c.take(); got != what {
		c.Errorf("the client was told %q, want %q", got, what)
	}
}

func flagText(flags []imap.Flag) string {
	var list []string
	for _, f := range flags {
		list = append(list, string(f))
	}
	sort.Strings(list)
	return "(" + strings.Join(list, " ") + ")"
}

// fetched is one FETCH response.
type fetched struct {
	client    *client
	seq       uint32
	uid       imap.UID
	flags     []imap.Flag
	hasFlags  bool
	size      int64
	date      time.Time
	envelope  *imap.Envelope
	structure imap.BodyStructure
	sections  []string
	closed    int
}

func (f *fetched) UID(uid imap.UID)                   { f.uid = uid; f.client.is(f.seq, uid) }
func (f *fetched) Flags(flags []imap.Flag)            { f.flags, f.hasFlags = flags, true }
func (f *fetched) Size(size int64)                    { f.size = size }
func (f *fetched) InternalDate(t time.Time)           { f.date = t }
func (f *fetched) Envelope(e *imap.Envelope)          { f.envelope = e }
func (f *fetched) BodyStructure(b imap.BodyStructure) { f.structure = b }
func (f *fetched) Close() error                       { f.closed++; return nil }

func (f *fetched) BodySection(_ *imap.FetchItemBodySection, size int64) io.WriteCloser {
	return &sink{f: f, size: size}
}

func (f *fetched) BinarySection(_ *imap.FetchItemBinarySection, size int64) io.WriteCloser {
	return &sink{f: f, size: size}
}

func (f *fetched) BinarySectionSize(_ *imap.FetchItemBinarySectionSize, size uint32) {
	f.sections = append(f.sections, fmt.Sprint(size))
}

type sink struct {
	bytes.Buffer
	f    *fetched
	size int64
}

func (s *sink) Close() error {
	if int64(s.Len()) != s.size {
		return fmt.Errorf("a section of %d bytes was announced as %d", s.Len(), s.size)
	}
	s.f.sections = append(s.f.sections, s.String())
	return nil
}

// responses returns an each function and where its responses are collected.
func (c *client) responses() (func(seq uint32) MessageWriter, *[]*fetched) {
	list := new([]*fetched)
	return func(seq uint32) MessageWriter {
		f := &fetched{client: c, seq: seq}
		*list = append(*list, f)
		return f
	}, list
}

// fetch runs a FETCH and returns the responses.
func (c *client) fetch(s *Session, nums imap.NumSet, o *imap.FetchOptions) ([]*fetched, error) {
	c.Helper()
	each, list := c.responses()
	err := s.Fetch(c.Context(), c, nums, o, each)
	for _, f := range *list {
		if f.closed != 1 {
			c.Errorf("response %d was closed %d times", f.seq, f.closed)
		}
	}
	return *list, err
}

// store runs a STORE and returns what it answered: "1 (\Seen), 2 ()".
func (c *client) store(s *Session, nums imap.NumSet, f *imap.StoreFlags) string {
	c.Helper()
	each, list := c.responses()
	if err := s.Store(c.Context(), nums, f, nil, each); err != nil {
		return err.Error()
	}
	var out []string
	for _, r := range *list {
		out = append(out, fmt.Sprintf("%d %s", r.seq, flagText(r.flags)))
	}
	return strings.Join(out, ", ")
}

func (c *client) poll(s *Session) {
	c.Helper()
	if err := s.Poll(c.Context(), c, true); err != nil {
		c.Error(err)
	}
}

func (c *client) appendTo(s *Session, mailbox, text string, flags ...imap.Flag) imap.UID {
	c.Helper()
	data, err := s.Append(c.Context(), mailbox, strings.NewReader(text), int64(len(text)),
		&imap.AppendOptions{Flags: flags})
	if err != nil {
		c.Fatal(err)
	}
	return data.UID
}

// code returns the response code of an error meant for a client.
func code(err error) imap.ResponseCode {
	var e *imap.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Code
}

func mail(subject string) string {
	return "From: Carol <carol@example.net>\r\nTo: " + alice + "\r\nSubject: " + subject +
		"\r\nDate: Fri, 02 Jan 2026 03:04:05 +0000\r\nMessage-ID: <" + subject +
		"@example.net>\r\nContent-Type: text/plain\r\n\r\nThe text of " + subject + ".\r\n"
}
