package session

import (
	"context"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
	"troxymail/mail/accounts"
	"troxymail/mailstore/command"
)

// mailbox is one entry of a namespace: a mailbox, or a placeholder that only keeps a name.
type mailbox struct {
	command.Mailbox
	name     string // whole, UTF-8
	part     string // last component
	children int
}

// namespace is an account's mailboxes as of one version. Immutable.
type namespace struct {
	version uint64
	digest  wire.Digest // of the namespace's state; zero when that is not known
	sorted  []*mailbox  // by name
	byName  map[string]*mailbox
}

// find returns the mailbox of a canonical name, placeholders included, or nil.
func (n *namespace) find(name string) *mailbox { return n.byName[name] }

// openNamespace opens all names; those that former had already are taken from it. The parents of voted
// records exist and form no circle; if not, the namespace is damaged.
func openNamespace(v *accounts.Vault, former *namespace, ns command.Namespace) (*namespace, error) {
	parts := make(map[command.Token]string)
	if former != nil {
		for _, m := range former.sorted {
			parts[m.Token] = m.part
		}
	}
	n := &namespace{version: ns.Version, byName: make(map[string]*mailbox, len(ns.Mailboxes))}
	byID := make(map[command.MailboxID]*mailbox, len(ns.Mailboxes))
	for i := range ns.Mailboxes {
		m := &mailbox{Mailbox: ns.Mailboxes[i]}
		part, known := parts[m.Token]
		if !known {
			var err error
			if part, err = v.OpenName(m.Token, m.Sealed); err != nil {
				return nil, errDamaged
			}
		}
		m.part = part
		byID[m.ID] = m
		n.sorted = append(n.sorted, m)
	}
	for _, m := range n.sorted {
		path, ok := pathOf(byID, m)
		if !ok {
			return nil, errDamaged
		}
		m.name = path
		n.byName[path] = m
		if parent := byID[m.Parent]; parent != nil {
			parent.children++
		}
	}
	slices.SortFunc(n.sorted, func(a, b *mailbox) int { return strings.Compare(a.name, b.name) })
	return n, nil
}

func pathOf(byID map[command.MailboxID]*mailbox, m *mailbox) (string, bool) {
	parts := []string{m.part}
	for parent := m.Parent; parent != 0; {
		p := byID[parent]
		if p == nil || len(parts) > command.MaxDepth {
			return "", false
		}
		parts = append(parts, p.part)
		parent = p.Parent
	}
	slices.Reverse(parts)
	return strings.Join(parts, string(delimiter)), true
}

// readNamespace reads the namespace from the cluster and keeps it for the account's sessions.
func (s *Session) readNamespace(ctx context.Context) (*namespace, error) {
	out, err := s.read(ctx, &command.NamespaceRead{Account: s.account.id})
	if err != nil {
		return nil, err
	}
	if out.Status != command.StatusOK {
		return nil, s.refuse(out.Status)
	}
	ns, err := command.DecodeNamespace(out.Payload)
	if err != nil {
		return nil, s.internal("decode a namespace", err)
	}
	n, err := openNamespace(s.vault, s.account.names.Load(), ns)
	if err != nil {
		return nil, err
	}
	n.digest = out.Digest(command.NamespaceKey(s.account.id))
	s.server.ordered.Add(1)
	s.account.keep(n)
	return n, nil
}

// resolved runs f with a name-to-mailbox reading of the namespace until the namespace that f's command
// carries is the current one. pick chooses from a namespace what f needs; when it fails on a copy that may
// be old, it is asked again about a fresh one. f returns the status of its command.
func (s *Session) resolved(ctx context.Context, pick func(*namespace) error,
	f func(n *namespace) (wire.Status, error)) error {
	n, fresh := s.account.names.Load(), false
	for range maxAttempts {
		var err error
		if n == nil {
			if n, err = s.readNamespace(ctx); err != nil {
				return err
			}
			fresh = true
		}
		if err = pick(n); err != nil {
			if fresh {
				return err
			}
			n = nil
			continue
		}
		status, err := f(n)
		if err != nil {
			return err
		}
		if status != command.StatusNamespaceChanged {
			return s.refuse(status)
		}
		n = nil
	}
	return errRaced
}

// withMailbox is resolved for commands about one mailbox that holds messages. missing is what the client
// hears when there is none.
func (s *Session) withMailbox(ctx context.Context, name string, missing *imap.Error,
	f func(n *namespace, m *mailbox) (wire.Status, error)) error {
	name, err := canonicalName(name)
	if err != nil {
		return missing // what cannot be a name names nothing
	}
	var m *mailbox
	pick := func(n *namespace) error {
		if m = n.find(name); m == nil || m.Placeholder {
			return missing
		}
		return nil
	}
	return s.resolved(ctx, pick, func(n *namespace) (wire.Status, error) { return f(n, m) })
}

// Namespace answers NAMESPACE: everything is personal.
func (s *Session) Namespace(ctx context.Context) (*imap.NamespaceData, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	return &imap.NamespaceData{Personal: []imap.NamespaceDescriptor{{Prefix: "", Delim: delimiter}}}, nil
}
