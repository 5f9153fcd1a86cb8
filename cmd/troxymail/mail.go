package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"troxymail/cmd/internal/config"
	"troxymail/cmd/internal/transfer/exporter"
	"troxymail/cmd/internal/transfer/imaplink"
	"troxymail/cmd/internal/transfer/importer"
)

// mailFlags say whose mail a command works on, and where.
type mailFlags struct {
	passwordFlags
	Account string   `required:"" placeholder:"ADDRESS" help:"The account, as in bob@example.org."`
	Cluster string   `xor:"where" required:"" placeholder:"FILE" help:"The cluster.json or demo.json that names the replicas and their authority."`
	Server  []string `xor:"where" required:"" sep:"none" placeholder:"HOST[:PORT]" help:"Instead: a replica, by its IMAP port over TLS (993). May be repeated."`
	CA      string   `name:"ca" placeholder:"FILE" help:"With --server: certificates of who certifies it. Default: whom the system trusts."`
	JSON    bool     `name:"json" help:"Print the result as JSON."`
}

// link reads where the replicas are and asks for the password.
func (f *mailFlags) link(notice func(string)) (*imaplink.Account, error) {
	a := &imaplink.Account{User: f.Account, Notice: notice}
	ca := f.CA
	if f.Cluster != "" {
		if ca != "" {
			return nil, errors.New("--ca is for --server: the file of --cluster names its own authority")
		}
		cluster, err := config.LoadCluster(f.Cluster)
		if err != nil {
			return nil, err
		}
		for _, r := range cluster.Replicas {
			if r.IMAPS != "" {
				a.Servers = append(a.Servers, imaplink.Server{Address: r.IMAPS})
			} else if r.IMAP != "" {
				a.Servers = append(a.Servers, imaplink.Server{Address: r.IMAP, Upgrade: true})
			}
		}
		if len(a.Servers) == 0 {
			return nil, fmt.Errorf("%s names no imap or imaps address of any replica", f.Cluster)
		}
		if ca = cluster.CA; !filepath.IsAbs(ca) {
			ca = filepath.Join(filepath.Dir(f.Cluster), ca)
		}
	}
	for _, s := range f.Server {
		if _, _, err := net.SplitHostPort(s); err != nil {
			s = net.JoinHostPort(s, "993")
		}
		a.Servers = append(a.Servers, imaplink.Server{Address: s})
	}
	var err error
	if ca != "" {
		if a.Roots, err = roots(ca); err != nil {
			return nil, err
		}
	}
	a.Password, err = readPassword(f.PasswordStdin, f.Account, false)
	return a, err
}

// roots reads certificates of authorities.
func roots(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the certificate of the authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", file)
	}
	return pool, nil
}

// incomplete is the error of a command that did what it could, and left something out.
type incomplete struct{ text string }

// Error says what was left out.
func (e incomplete) Error() string { return e.text }

// ExitCode tells it from a command that failed.
func (incomplete) ExitCode() int { return 2 }

// stopped explains what an error means for a command that can be run again.
func stopped(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return errors.New("interrupted: run the same command again to go on")
	}
	for _, e := range []error{imaplink.ErrLogin, importer.ErrNoFolder, importer.ErrQuota, exporter.ErrNoMailbox} {
		if errors.Is(err, e) {
			return err
		}
	}
	return fmt.Errorf("%w: run the same command again to go on", err)
}
