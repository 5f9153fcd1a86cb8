package adminclient

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"troxymail/cmd/internal/config"
	"troxymail/cmd/internal/pki"
	"troxymail/enclave/genesis"
	"troxymail/mail/accounts"
	"troxymail/mail/adminapi"
	"troxymail/mail/adminport"
	"troxymail/mail/auth"
)

// group is accounts that all fake replicas share. answers are what the next calls return besides doing what
// they say; a call past their end returns its own result.
type group struct {
	mu      sync.Mutex
	enabled map[string]bool
	answers []answer
	calls   []string
}

// answer is how a call ends: with err, after or without having been done.
type answer struct {
	err  error
	done bool
}

func (g *group) call(what string, do func() error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls = append(g.calls, what)
	if len(g.answers) == 0 {
		return do()
	}
	a := g.answers[0]
	g.answers = g.answers[1:]
	if a.done {
		_ = do()
	}
	return a.err
}

func (g *group) Create(_ context.Context, address, _ string, _ uint64) error {
	return g.call("add", func() error {
		if _, there := g.enabled[address]; there {
			return accounts.ErrExists
		}
		g.enabled[address] = true
		return nil
	})
}

func (g *group) SetPassword(_ context.Context, address, _ string) error {
	return g.call("passwd", func() error { return g.known(address) })
}

func (g *group) Enable(_ context.Context, address string, on bool) error {
	return g.call("enable", func() error {
		err := g.known(address)
		if err == nil {
			g.enabled[address] = on
		}
		return err
	})
}

func (g *group) Remove(_ context.Context, address string) error {
	return g.call("remove", func() error {
		err := g.known(address)
		delete(g.enabled, address)
		return err
	})
}

func (g *group) AddAppPassword(_ context.Context, _, label, _ string) error {
	return g.call("app-add", func() error { g.enabled[label] = true; return nil })
}

func (g *group) RemoveAppPassword(_ context.Context, _, label string) error {
	return g.call("app-remove", func() error {
		if !g.enabled[label] {
			return auth.ErrNoLabel
		}
		delete(g.enabled, label)
		return nil
	})
}

func (g *group) AppPasswords(context.Context, string) ([]string, error) {
	var labels []string
	err := g.call("app-list", func() error { labels = []string{"phone"}; return nil })
	return labels, err
}

func (g *group) known(address string) error {
	if _, there := g.enabled[address]; !there {
		return accounts.ErrNoAccount
	}
	return nil
}

func (g *group) List(context.Context) ([]accounts.Account, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls = append(g.calls, "list")
	var list []accounts.Account
	for address, enabled := range g.enabled {
		list = append(list, accounts.Account{Address: address, Enabled: enabled})
	}
	slices.SortFunc(list, func(x, y accounts.Account) int { return strings.Compare(x.Address, y.Address) })
	return list, nil
}

// start runs n replicas over g, the first of them not ready, and returns a client's file.
func start(t *testing.T, g *group, n int) string {
	t.Helper()
	dir := t.TempDir()
	authority, err := pki.NewAuthority("example.org", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	admin, err := pki.NewAdminKey(filepath.Join(dir, "admin.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := authority.Save(filepath.Join(dir, "ca.key"), filepath.Join(dir, "ca.pem")); err != nil {
		t.Fatal(err)
	}
	file := config.Cluster{CA: "ca.pem", Admin: "admin.key"}
	for i := range n {
		o := adminport.Options{
			Replica: uint16(i), Admin: admin, TLS: certified(t, authority), Accounts: g, Active: func() bool { return i != 0 }, Rand: rand.Reader,
			Status: func(context.Context) adminapi.Status { return adminapi.Status{Replica: uint16(i)} },
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := adminport.New(o)
		go func() { _ = s.Serve(l) }()
		t.Cleanup(func() { _ = s.Close() })
		file.Replicas = append(file.Replicas, config.Replica{ID: i, AdminAPI: l.Addr().String()})
	}
	text, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "cluster.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func certified(t *testing.T, a *pki.Authority) *tls.Config {
	t.Helper()
	secrets, err := genesis.Draw(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	request, err := secrets.SigningRequest(rand.Reader, []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	chain, err := a.Issue(request, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x509.ParseCertificate(chain[0]); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: chain, PrivateKey: secrets.ServerKey()}}}
}

var unknown = accounts.ErrUnavailable

// An unknown outcome is resolved by looking, and what is repeated is harmless.
func TestUnknownOutcomes(t *testing.T) {
	const a = "a@example.org"
	for name, x := range map[string]struct {
		op      adminapi.Op
		before  map[string]bool
		answers []answer
		looked  bool
		err     error
		after   map[string]bool
		calls   string
	}{
		"add":                            {adminapi.OpAdd, nil, nil, false, nil, map[string]bool{a: true}, "add"},
		"add, done":                      {adminapi.OpAdd, nil, []answer{{unknown, true}}, true, nil, map[string]bool{a: true}, "add list"},
		"add, not done":                  {adminapi.OpAdd, nil, []answer{{unknown, false}}, false, nil, map[string]bool{a: true}, "add list add"},
		"add, late":                      {adminapi.OpAdd, nil, []answer{{unknown, false}, {accounts.ErrExists, true}}, true, nil, map[string]bool{a: true}, "add list add"},
		"add, exists":                    {adminapi.OpAdd, map[string]bool{a: false}, nil, false, ErrRefused, map[string]bool{a: false}, "add"},
		"remove, done":                   {adminapi.OpRemove, map[string]bool{a: true}, []answer{{unknown, true}}, true, nil, map[string]bool{}, "remove list"},
		"remove, not done":               {adminapi.OpRemove, map[string]bool{a: true}, []answer{{unknown, false}}, false, nil, map[string]bool{}, "remove list remove"},
		"remove, late":                   {adminapi.OpRemove, map[string]bool{a: true}, []answer{{unknown, false}, {accounts.ErrNoAccount, true}}, true, nil, map[string]bool{}, "remove list remove"},
		"disable, done":                  {adminapi.OpDisable, map[string]bool{a: true}, []answer{{unknown, true}}, true, nil, map[string]bool{a: false}, "enable list"},
		"disable, not done":              {adminapi.OpDisable, map[string]bool{a: true}, []answer{{unknown, false}}, false, nil, map[string]bool{a: false}, "enable list enable"},
		"enable, done":                   {adminapi.OpEnable, map[string]bool{a: false}, []answer{{unknown, true}}, true, nil, map[string]bool{a: true}, "enable list"},
		"app password, repeated":         {adminapi.OpAppAdd, nil, []answer{{unknown, true}}, false, nil, map[string]bool{"phone": true}, "app-add app-add"},
		"app password removed, done":     {adminapi.OpAppRemove, map[string]bool{"phone": true}, []answer{{unknown, true}}, true, nil, map[string]bool{}, "app-remove app-remove"},
		"app password removed, not done": {adminapi.OpAppRemove, map[string]bool{"phone": true}, []answer{{unknown, false}}, false, nil, map[string]bool{}, "app-remove app-remove"},
		"app password unknown":           {adminapi.OpAppRemove, nil, nil, false, ErrRefused, nil, "app-remove"},
		"passwd, repeated":               {adminapi.OpPassword, map[string]bool{a: true}, []answer{{unknown, true}}, false, nil, map[string]bool{a: true}, "passwd passwd"},
		"passwd, no account":             {adminapi.OpPassword, nil, nil, false, ErrRefused, nil, "passwd"},
	} {
		t.Run(name, func(t *testing.T) {
			g := &group{enabled: map[string]bool{}, answers: x.answers}
			for address, on := range x.before {
				g.enabled[address] = on
			}
			c, err := Open(start(t, g, 3))
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			outcome, err := c.Change(t.Context(), &adminapi.Request{Op: x.op, Address: a, Password: "p", Label: "phone"}, func(s string) { said = append(said, s) })
			if !errors.Is(err, x.err) || outcome.Looked != x.looked {
				t.Errorf("%+v, %v", outcome, err)
			}
			if got := strings.Join(g.calls, " "); got != x.calls {
				t.Errorf("calls: %s, want %s", got, x.calls)
			}
			if len(x.answers) > 0 && (len(said) == 0 || !strings.Contains(said[0], "looking")) {
				t.Errorf("said %q", said)
			}
			if !maps.Equal(g.enabled, x.after) {
				t.Errorf("after: %v", g.enabled)
			}
		})
	}
}

func TestAppPasswordsAreListed(t *testing.T) {
	g := &group{enabled: map[string]bool{}, answers: []answer{{unknown, false}}}
	c, err := Open(start(t, g, 3))
	if err != nil {
		t.Fatal(err)
	}
	if labels, err := c.AppPasswords(t.Context(), "a@example.org", nil); err != nil || !slices.Equal(labels, []string{"phone"}) {
		t.Errorf("%q, %v", labels, err)
	}
	g.answers = []answer{{accounts.ErrNoAccount, false}}
	if _, err := c.AppPasswords(t.Context(), "a@example.org", nil); !errors.Is(err, ErrRefused) {
		t.Error(err)
	}
}

// A cluster that is not there is said to be so, with what to do; a wait that is interrupted ends.
func TestNobody(t *testing.T) {
	g := &group{enabled: map[string]bool{}}
	c, err := Open(start(t, g, 1)) // its one replica never serves
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err = c.Change(ctx, &adminapi.Request{Op: adminapi.OpRemove, Address: "a@example.org"}, func(text string) {
		if !strings.Contains(text, "trying") {
			t.Error(text)
		}
		cancel()
	})
	if !errors.Is(err, context.Canceled) || len(g.calls) > 0 {
		t.Errorf("%v, %v", err, g.calls)
	}
	tour := c.tour(t.Context(), nil)
	tour.failed(errors.New("replica 0: why"))
	tour.until = time.Time{}
	if _, more := tour.next(); more {
		t.Error("goes on when time is up")
	}
	if err := tour.nobody(); !errors.Is(err, ErrNobody) || !strings.Contains(err.Error(), "why") || !strings.Contains(err.Error(), "status") {
		t.Error(err)
	}
}
