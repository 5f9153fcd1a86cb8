package imaplink

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// Times of a connection.
const (
	// Stall is how long a server may be silent in the middle of a command. A replica says within ten seconds
	// that it has no quorum.
	Stall = 45 * time.Second
	// dialTimeout is how long a connection may take to be made.
	dialTimeout = 10 * time.Second
	// loginTimeout is how long TLS, the greeting and the login may take together.
	loginTimeout = 30 * time.Second
)

// Server is where an IMAP server listens.
type Server struct {
	Address string // host:port
	// Upgrade is STARTTLS instead of TLS from the start.
	Upgrade bool
}

// Account is whom to log in as, and where.
type Account struct {
	Servers  []Server // all with the same mailboxes; at least one
	User     string
	Password string
	Roots    *x509.CertPool // who certifies the servers; nil: whom the system trusts
	// PlainLoopback allows a server with Upgrade on this machine itself to have no TLS.
	PlainLoopback bool
	// Notice, which may be nil, hears what a person waits for. Safe for concurrent use.
	Notice func(string)
}

// ErrLogin is wrapped when a server does not accept the name and password.
var ErrLogin = errors.New("the login was refused")

// dial connects to a server and logs in. Errors: ErrLogin, or why this server cannot be used now.
func (a *Account) dial(s Server) (*Conn, error) {
	host, _, err := net.SplitHostPort(s.Address)
	if err != nil {
		return nil, err
	}
	c := &Conn{Address: s.Address}
	dialer := &net.Dialer{Timeout: dialTimeout}
	options := &imapclient.Options{Dialer: dialer, TLSConfig: &tls.Config{
		RootCAs: a.Roots, ServerName: host, MinVersion: tls.VersionTLS12,
	}}
	raw, err := dialer.Dial("tcp", s.Address)
	if err != nil {
		return nil, err
	}
	c.watch = &watch{Conn: raw}
	c.watch.touch()
	ctx, cancel := context.WithTimeout(context.Background(), loginTimeout)
	defer cancel()
	if err := c.DoContext(ctx, func() error { return c.open(a, s, host, options) }); err != nil {
		_ = raw.Close()
		return nil, err
	}
	return c, nil
}

// open makes an IMAP client of a bare connection.
func (c *Conn) open(a *Account, s Server, host string, o *imapclient.Options) error {
	switch {
	case !s.Upgrade:
		t := tls.Client(c.watch, o.TLSConfig)
		if err := t.Handshake(); err != nil {
			return err
		}
		c.Client = imapclient.New(t, o)
	case a.PlainLoopback && loopback(host) && !offersTLS(s.Address, o):
		c.Client = imapclient.New(c.watch, o)
	default:
		upgraded, err := imapclient.NewStartTLS(c.watch, o)
		if err != nil {
			return err
		}
		c.Client = upgraded
	}
	if err := c.WaitGreeting(); err != nil {
		return err
	}
	return c.login(a)
}

// offersTLS asks on a connection of its own.
func offersTLS(address string, o *imapclient.Options) bool {
	c, err := imapclient.DialInsecure(address, o)
	if err != nil {
		return true // the connection that counts will say what is wrong
	}
	defer c.Close()
	return c.Caps().Has(imap.CapStartTLS)
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// login logs in by SASL where it can be, which passes every password, else by LOGIN.
func (c *Conn) login(a *Account) error {
	var err error
	if c.Caps().Has(imap.AuthCap("PLAIN")) {
		err = c.Authenticate(sasl.NewPlainClient("", a.User, a.Password))
	} else {
		err = c.Login(a.User, a.Password).Wait()
	}
	var said *imap.Error
	if errors.As(err, &said) && (said.Type == imap.StatusResponseTypeBad || said.Type == imap.StatusResponseTypeNo &&
		said.Code != imap.ResponseCodeUnavailable && said.Code != imap.ResponseCodeLimit && said.Code != imap.ResponseCodeInUse) {
		return fmt.Errorf("%w for %s at %s: %s", ErrLogin, a.User, c.Address, said.Text)
	}
	return err
}
