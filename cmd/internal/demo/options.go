package demo

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"troxymail/bftcore/quorum"
)

// Options are the flags of `troxymail demo`.
type Options struct {
	Dir             string // empty: DefaultDir
	Replicas        int
	IMAPPort        int // of replica 0; replica i adds portStep x i
	IMAPSPort       int
	SubmissionPort  int
	SubmissionsPort int
	SMTPPort        int
	AutoconfigPort  int  // 0: defaultAutoconfigPort, or any free one where that is taken
	AdminPort       int  // 0: defaultAdminPort, or any free one where that is taken
	JSON            bool // print facts as JSON
	Out             io.Writer
	Logger          *slog.Logger
}

// portStep is how far the ports of neighbouring replicas are apart.
const portStep = 1000

// Replica 0's ports that need not be where they usually are.
const (
	defaultAdminPort      = 1700
	defaultAutoconfigPort = 1443
)

// Domain and Address are what every demo serves.
const (
	Domain  = "example.org"
	Address = "alice@" + Domain
)

// DefaultDir is where a demo keeps its files: the user's data folder (XDG_DATA_HOME, else ~/.local/share).
func DefaultDir() (string, error) {
	if base := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(base) {
		return filepath.Join(base, "troxymail", "demo"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no folder for the demo's files: %w: name one with --dir", err)
	}
	return filepath.Join(home, ".local", "share", "troxymail", "demo"), nil
}

// ports returns the first ports that were asked for, with the flags that set them.
func (o *Options) ports() []struct {
	flag string
	port int
} {
	all := []struct {
		flag string
		port int
	}{
		{"--imap-port", o.IMAPPort}, {"--imaps-port", o.IMAPSPort}, {"--submission-port", o.SubmissionPort},
		{"--submissions-port", o.SubmissionsPort}, {"--smtp-port", o.SMTPPort},
	}
	for _, p := range []struct {
		flag string
		port int
	}{{"--autoconfig-port", o.AutoconfigPort}, {"--admin-port", o.AdminPort}} {
		if p.port != 0 {
			all = append(all, p)
		}
	}
	return all
}

// check completes the options and says which one is wrong and what would be right.
func (o *Options) check() error {
	if _, err := quorum.New(o.Replicas); err != nil || o.Replicas > 5 {
		return fmt.Errorf("--replicas %d: want 3 or 5", o.Replicas)
	}
	used := map[int]string{}
	for _, p := range o.ports() {
		last := p.port + portStep*(o.Replicas-1)
		if p.port < 1 || last > 65535 {
			return fmt.Errorf("%s %d: the replicas would use up to port %d; want 1 to %d", p.flag, p.port, last, 65535-portStep*(o.Replicas-1))
		}
		for i := range o.Replicas {
			at := p.port + portStep*i
			if other, taken := used[at]; taken {
				return fmt.Errorf("%s and %s both lead to port %d (replica i adds %d x i): choose others", other, p.flag, at, portStep)
			}
			used[at] = p.flag
		}
	}
	if o.Dir == "" {
		dir, err := DefaultDir()
		if err != nil {
			return err
		}
		o.Dir = dir
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return fmt.Errorf("--dir %s: %w", o.Dir, err)
	}
	o.Dir = dir
	return nil
}
