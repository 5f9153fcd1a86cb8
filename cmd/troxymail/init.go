package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"troxymail/cmd/internal/pki"
	"troxymail/cmd/internal/setup"
)

// initCmd is troxymail init.
type initCmd struct {
	Dir      string   `help:"Folder to make; it must not exist or be empty." required:"" placeholder:"DIR"`
	Domain   string   `help:"The mail domain." required:"" placeholder:"DOMAIN"`
	Replicas []string `help:"One machine for each replica, by host name or IP address." xor:"where" required:"" placeholder:"HOST,HOST,HOST"`
	Loopback int      `help:"Instead: N replicas on this machine, with SIMULATED enclaves." xor:"where" required:"" placeholder:"N"`
	Name     string   `help:"A name of all replicas for mail programs, which also tells them where to connect." placeholder:"HOST"`
	Pillars  int      `help:"Parallel instances of ordering, 1 to 8: what one waits for does not hold up the others. It is in the genesis and stays." default:"1" placeholder:"P"`
	BasePort int      `help:"With --loopback: replica i, counted from 0, has the ten ports from P + 10 i." placeholder:"P"`
}

// Run makes a cluster's folder and says what comes next.
func (c *initCmd) Run() error {
	if c.BasePort != 0 && c.Loopback == 0 {
		return fmt.Errorf("--base-port is for --loopback; on machines of their own all replicas have the same ports")
	}
	plan, err := setup.Loopback(c.Domain, c.Loopback, c.BasePort)
	if c.Loopback == 0 {
		plan, err = setup.Remote(c.Domain, c.Replicas)
	}
	if err != nil {
		return err
	}
	if err := plan.SetPillars(c.Pillars); err != nil {
		return err
	}
	if c.Name != "" {
		if err := plan.Name(c.Name); err != nil {
			return err
		}
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	if _, err := setup.Make(&plan, dir, time.Now()); err != nil {
		return err
	}
	_, err = os.Stdout.WriteString(plan.Steps(dir))
	return err
}

// signCmd is troxymail sign.
type signCmd struct {
	Request string `arg:"" help:"Signing request that an enclave wrote." placeholder:"REQUEST"`
	Dir     string `help:"The cluster's folder, with operator/." required:"" placeholder:"DIR"`
	Out     string `help:"Where to write the certificate; it must not exist." required:"" placeholder:"FILE"`
}

// Run signs a server's request with the cluster's authority, and shows what for.
func (c *signCmd) Run() error {
	authority, err := pki.LoadAuthority(filepath.Join(c.Dir, "operator", "ca.key"), filepath.Join(c.Dir, "ca.pem"))
	if err != nil {
		return fmt.Errorf("--dir %s: %w: name the folder that `troxymail init` made", c.Dir, err)
	}
	request, err := pki.LoadRequest(c.Request)
	if err != nil {
		return fmt.Errorf("%w: name the request.pem that an enclave wrote", err)
	}
	chain, names, err := authority.IssueNamed(request, time.Now())
	if err != nil {
		return err
	}
	if _, err := os.Stat(c.Out); err == nil {
		return fmt.Errorf("--out %s exists: choose another name", c.Out)
	}
	if err := pki.SaveChain(c.Out, chain); err != nil {
		return err
	}
	fmt.Printf("Signed a server certificate for %s: %s\n", strings.Join(names, ", "), c.Out)
	return nil
}
