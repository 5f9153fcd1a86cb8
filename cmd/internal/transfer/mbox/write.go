package mbox

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"troxymail/cmd/internal/transfer"
)

// Done remembers which mailboxes are written, by a digest of what they held. It is called by a Sink.
type Done interface {
	Written(mailbox string) (digest string)
	SetWritten(mailbox, digest string) error
}

// Sink writes a tree of mbox files: A/B is A/B.mbox. A file appears when it is whole; one whose mailbox holds
// the same letters with the same flags as when it was written is left as it is. Used by one goroutine.
type Sink struct {
	root string
	done Done
}

// NewSink writes below root, which is there.
func NewSink(root string, done Done) *Sink { return &Sink{root: root, done: done} }

func (s *Sink) path(mailbox string) string {
	parts := strings.Split(mailbox, transfer.Delimiter)
	for i := range parts {
		parts[i] = escape(parts[i])
	}
	return filepath.Join(s.root, filepath.Join(parts...)) + ".mbox"
}

// escape spells a component so that strip gives it back: no file is hidden, none ends like an mbox.
func escape(c string) string {
	if strings.HasPrefix(c, ".") {
		c = "%2E" + c[1:]
	}
	for _, suffix := range []string{".mbox", ".sbd", ".mbx", ".msf"} {
		if rest, ok := strings.CutSuffix(c, suffix); ok {
			return rest + "%2E" + suffix[1:]
		}
	}
	return c
}

func unescape(name string) string { return strings.ReplaceAll(name, "%2E", ".") }

// shelf is a file being written.
type shelf struct {
	sink            *Sink
	mailbox, digest string
	path            string
	same            bool // the file of an earlier run is still right
	file            *os.File
	out             *bufio.Writer
}

// Open begins a file, unless the one that is there is right still.
func (s *Sink) Open(mailbox string, all []transfer.Item) (transfer.Shelf, error) {
	x := &shelf{sink: s, mailbox: mailbox, path: s.path(mailbox), digest: digestOf(all)}
	if _, err := os.Stat(x.path); err == nil && s.done.Written(mailbox) == x.digest {
		x.same = true
		return x, nil
	}
	if err := os.MkdirAll(filepath.Dir(x.path), 0o700); err != nil {
		return nil, err
	}
	var err error
	x.file, err = os.OpenFile(x.part(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	x.out = bufio.NewWriterSize(x.file, bufferBytes)
	return x, nil
}

// part is the name of the file until it is whole; hidden, so that no program reads it.
func (x *shelf) part() string {
	return filepath.Join(filepath.Dir(x.path), "."+filepath.Base(x.path)+".part")
}

func digestOf(all []transfer.Item) string {
	h := sha256.New()
	for i := range all {
		fmt.Fprintf(h, "%s %d %d %q\n", all[i].Key, all[i].Date.Unix(), all[i].Bytes, all[i].Flags)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Has is true for all letters of a file that is right, else for none: the file is written anew.
func (x *shelf) Has(transfer.Item) (bool, error) { return x.same, nil }

// Put appends a letter.
func (x *shelf) Put(l transfer.Letter) error { return write(x.out, &l) }

// Close gives the file its name.
func (x *shelf) Close() error {
	if x.same {
		return nil
	}
	err := x.out.Flush()
	if err == nil {
		err = x.file.Sync()
	}
	if e := x.file.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(x.part(), x.path)
	}
	if err == nil {
		err = transfer.SyncFolder(filepath.Dir(x.path))
	}
	if err == nil {
		err = x.sink.done.SetWritten(x.mailbox, x.digest)
	}
	return err
}

// Abort removes what is not whole.
func (x *shelf) Abort() {
	if !x.same {
		_ = x.file.Close()
		_ = os.Remove(x.part())
	}
}

// write writes a letter in mboxrd.
func write(w io.Writer, l *transfer.Letter) error {
	body, _, _ := takeStatus(transfer.LF(l.Body))
	end := headerEnd(body)
	head := body[:end]
	var out bytes.Buffer
	out.Grow(len(body) + 200)
	fmt.Fprintf(&out, "From MAILER-DAEMON %s\n", l.Date.UTC().Format(time.ANSIC))
	quote(&out, head)
	if len(head) > 0 && head[len(head)-1] != '\n' {
		out.WriteByte('\n')
	}
	out.WriteString(statusFields(l.Flags))
	quote(&out, body[end:])
	if !bytes.HasSuffix(out.Bytes(), []byte("\n")) {
		out.WriteByte('\n')
	}
	out.WriteByte('\n')
	_, err := w.Write(out.Bytes())
	return err
}

// quote writes lines, those of any number of ">" and "From " with one ">" more.
func quote(out *bytes.Buffer, b []byte) {
	for len(b) > 0 {
		n := bytes.IndexByte(b, '\n') + 1
		if n == 0 {
			n = len(b)
		}
		if bytes.HasPrefix(bytes.TrimLeft(b[:n], ">"), fromWord) {
			out.WriteByte('>')
		}
		out.Write(b[:n])
		b = b[n:]
	}
}
