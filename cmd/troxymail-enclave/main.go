// Command troxymail-enclave is the trusted side of one replica: it holds the group's keys, talks to mail
// clients, and believes its host, a process of its own that it dials, nothing.
//
// It is a composition root: what it does is in enclave/... and mail/... . Only the standard library parses
// its command line, so that the trusted base stays small. Files: main.go (commands), serve.go (running),
// hostlink.go (the connection to the host).
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"troxymail/cmd/internal/config"
	"troxymail/cmd/internal/enrol"
	"troxymail/cmd/internal/goheap"
	"troxymail/cmd/internal/processors"
	"troxymail/cmd/internal/threadpolicy"
	"troxymail/enclave/genesis"
	"troxymail/enclave/handover"
	"troxymail/enclave/tee"
)

const usage = `Usage: troxymail-enclave --config FILE [--insecure-simulated-tee] [COMMAND]

The trusted enclave of one replica of a Troxymail cluster. "troxymail init" writes its configuration.

Commands:
  (none)              serve
  found               draw the group's key: at the first enclave, once in the life of a cluster
  enrol ADDRESS...    get the group's key from a running enclave that has it, asked at its admin address;
                      without ADDRESS, write the signing request again
  certificate FILE    take in the signed certificate of this enclave

Flags:
  --config FILE             enclave-I.toml, as troxymail init wrote it
  --insecure-simulated-tee  run without a trusted platform: protects nothing, for development only
`

// errUsage ends with the usage text.
var errUsage = errors.New("usage")

// errSimulated is returned where only a simulated platform is there and nobody asked for one.
var errSimulated = errors.New("this machine's trusted platform is not supported by this build, and a simulated one protects " +
	"nothing from whoever runs the machine: for development only, add --insecure-simulated-tee")

type options struct {
	config   string
	insecure bool
	args     []string
}

func main() {
	goheap.Start()
	threadpolicy.Set(threadpolicy.Enclave)
	processors.Halve()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		fmt.Fprintf(os.Stderr, "troxymail-enclave: %v\n\n%s", err, usage)
		os.Exit(2)
	case err != nil:
		fmt.Fprintf(os.Stderr, "troxymail-enclave: %v\n", err)
		os.Exit(1)
	}
}

func parse(args []string, out io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("troxymail-enclave", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.config, "config", "", "")
	f.BoolVar(&o.insecure, "insecure-simulated-tee", false, "")
	for {
		err := f.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(out, usage)
			return o, err
		}
		if err != nil {
			return o, fmt.Errorf("%w: %w", errUsage, err)
		}
		if f.NArg() == 0 {
			break
		}
		o.args, args = append(o.args, f.Arg(0)), f.Args()[1:] // flags may follow the command
	}
	if o.config == "" {
		return o, fmt.Errorf("%w: --config FILE is missing", errUsage)
	}
	return o, nil
}

func run(ctx context.Context, args []string, out, logTo io.Writer) error {
	o, err := parse(args, out)
	if err != nil {
		return err
	}
	conf, err := config.LoadEnclave(o.config)
	if err != nil {
		return err
	}
	platform, err := openPlatform(&conf, o.insecure)
	if err != nil {
		return err
	}
	switch {
	case len(o.args) == 0:
		return serve(ctx, &conf, platform, out, logTo)
	case o.args[0] == "found" && len(o.args) == 1:
		return found(&conf, platform, out)
	case o.args[0] == "enrol" && len(o.args) == 1:
		return enrolled(&conf, platform, out)
	case o.args[0] == "enrol":
		return receive(ctx, &conf, platform, o.args[1:], out)
	case o.args[0] == "certificate" && len(o.args) == 2:
		return takeCertificate(&conf, platform, o.args[1], out)
	}
	return fmt.Errorf("%w: no such command: %q", errUsage, o.args)
}

// openPlatform returns the platform that the enclave runs in.
func openPlatform(conf *config.Enclave, insecure bool) (tee.Platform, error) {
	if !insecure {
		return nil, errSimulated
	}
	if _, err := os.Stat(conf.DataDir); err != nil {
		return nil, fmt.Errorf("%s: data_dir = %q: %w: correct it, or restore the folder that `troxymail init` made",
			conf.File, conf.DataDir, err)
	}
	return enrol.Simulated(conf)
}

// found draws the secrets of the cluster's first enclave.
func found(conf *config.Enclave, p tee.Platform, out io.Writer) error {
	if conf.Replica != 0 {
		return fmt.Errorf("only the enclave of replica 0 draws the group's key, this is replica %d: use enrol", conf.Replica)
	}
	secrets, err := genesis.Draw(rand.Reader)
	if err != nil {
		return err
	}
	if err := enrol.Keep(conf, p, secrets); err != nil {
		return err
	}
	return request(conf, secrets, out)
}

// reachPatience is how long enrol tries to reach an enclave that has the keys: it may be starting.
const reachPatience = 30 * time.Second

// receive gets the group's key from one of the enclaves at addresses, who prove to each other what they are.
func receive(ctx context.Context, conf *config.Enclave, p tee.Platform, addresses []string, out io.Writer) error {
	if err := enrol.Vacant(conf); err != nil {
		return err
	}
	secrets, err := handover.Fetch(ctx, handoverOptions(conf, p), addresses)
	if err != nil {
		return fmt.Errorf("no enclave gave the group's key: %w", err)
	}
	if err := enrol.Keep(conf, p, secrets); err != nil {
		return err
	}
	return request(conf, secrets, out)
}

func handoverOptions(conf *config.Enclave, p tee.Platform) handover.Options {
	return handover.Options{
		Platform: p, Genesis: conf.Genesis.Hash(), Replicas: conf.Genesis.Replicas, Self: conf.Replica, Rand: rand.Reader,
		Patience: reachPatience,
	}
}

// enrolled writes the signing request of an enclave that has its keys.
func enrolled(conf *config.Enclave, p tee.Platform, out io.Writer) error {
	secrets, err := enrol.Open(conf, p)
	if errors.Is(err, enrol.ErrNoSecrets) {
		return fmt.Errorf("%w: name the admin address of a running enclave that has the group's key: enrol ADDRESS; "+
			"only at the first enclave of a new cluster: found", enrol.ErrNoSecrets)
	}
	if err != nil {
		return err
	}
	return request(conf, secrets, out)
}

func request(conf *config.Enclave, secrets *genesis.Secrets, out io.Writer) error {
	if err := enrol.WriteRequest(conf, secrets); err != nil {
		return err
	}
	fmt.Fprintf(out, "The enclave of replica %d has its keys. Have its signing request signed: %s\n", conf.Replica, enrol.RequestFile(conf))
	return nil
}

func takeCertificate(conf *config.Enclave, p tee.Platform, file string, out io.Writer) error {
	secrets, err := enrol.Open(conf, p)
	if err != nil {
		return err
	}
	if err := enrol.TakeCertificate(conf, secrets, file); err != nil {
		return err
	}
	fmt.Fprintf(out, "The enclave of replica %d has its certificate and can serve.\n", conf.Replica)
	return nil
}
