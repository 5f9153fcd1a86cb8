package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("say what to do: %s", names())
	}
	i := slices.IndexFunc(actions, func(a action) bool { return a.name == args[0] })
	if i < 0 {
		return fmt.Errorf("nothing is called %q here: %s", args[0], names())
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	do := actions[i].define(flags)
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	return do()
}

// names are those of all actions but those that order starts.
func names() string {
	var list []string
	for _, a := range actions {
		if a.name != raftCommand && a.name != proxyCommand {
			list = append(list, a.name)
		}
	}
	return strings.Join(list, ", ")
}

// action is something to do: define defines its flags, and returns what does it once they are parsed.
type action struct {
	name   string
	define func(f *flag.FlagSet) func() error
}

// define defines the flags of whatever is measured in rounds.
func (o *orderOptions) define(f *flag.FlagSet, quick string, rounds int, duration time.Duration) {
	f.BoolVar(&o.quick, "quick", false, quick)
	f.BoolVar(&o.json, "json", false, "one JSON object a line")
	f.IntVar(&o.rounds, "rounds", rounds, "rounds; the median is reported")
	f.DurationVar(&o.duration, "duration", duration, "of one measurement")
}

var actions = []action{
	{"order", func(f *flag.FlagSet) func() error {
		var o orderOptions
		o.define(f, "one short round: about a minute", 5, 3*time.Second)
		f.IntVar(&o.pillars, "pillars", 1, "parallel instances of ordering in Troxymail's genesis")
		f.StringVar(&o.clients, "clients", "1,16,128", "numbers of clients")
		f.StringVar(&o.sizes, "bytes", "16,256,1024,10240", "sizes of requests")
		f.BoolVar(&o.memory, "memory", false, "in memory alone, not with fsync")
		f.DurationVar(&o.warm, "warm", warmUp, "how long each system is loaded before it is measured")
		return func() error { return order(o) }
	}},
	{"turns", func(f *flag.FlagSet) func() error {
		var o turnsOptions
		f.IntVar(&o.rounds, "rounds", 24, "rounds; medians and quartiles are reported")
		f.DurationVar(&o.duration, "duration", 500*time.Millisecond, "of one turn")
		f.StringVar(&o.clients, "clients", "1,128", "numbers of clients")
		f.IntVar(&o.size, "bytes", 256, "of a request")
		f.BoolVar(&o.disk, "fsync", false, "on disk instead of in memory")
		return func() error { return turns(o, f.Args()) }
	}},
	{"profile", func(f *flag.FlagSet) func() error {
		clients := f.Int("clients", 128, "how many clients")
		size := f.Int("bytes", 256, "of a request")
		duration := f.Duration("duration", 10*time.Second, "of the measurement")
		disk := f.Bool("fsync", false, "on disk instead of in memory")
		reads := f.String("read", "", "instead, eight clients that read: fetch, select, flags-big or select-big")
		big := f.Int("messages", 100_000, "of the large mailbox that is read")
		return func() error {
			if *reads != "" {
				return profileReads(*reads, *big, *duration)
			}
			return profile(*clients, *size, *duration, *disk)
		}
	}},
	{"imap", func(f *flag.FlagSet) func() error {
		var o orderOptions
		o.define(f, "one short round: under 30 seconds", 5, 3*time.Second)
		only := f.String("only", "", "measure this system alone")
		ops := f.String("ops", "", "measure these operations alone, as in append,deliver")
		return func() error { return imap(o, *only, *ops) }
	}},
	{"read", func(f *flag.FlagSet) func() error {
		var o readOptions
		o.define(f, "one short round with 10,000 messages: under a minute", 5, 3*time.Second)
		f.IntVar(&o.big, "messages", 100_000, "of the large mailbox")
		f.StringVar(&o.ops, "ops", "", "measure these operations alone, as in fetch,flags-big")
		f.StringVar(&o.only, "only", "", "measure this system beside Dovecot: validated, bounded or ordered")
		return func() error { return read(o) }
	}},
	{"wan", func(f *flag.FlagSet) func() error {
		var o wanOptions
		o.define(f, "one short round of replicas 100 ms apart: under a minute", 3, 4*time.Second)
		f.IntVar(&o.clients, "clients", 800, "how many clients make a load, at most 880")
		f.StringVar(&o.where, "where", "", "what is far away, alone: replicas, clients or both")
		return func() error { return wan(o) }
	}},
	{"lan", func(f *flag.FlagSet) func() error {
		var o orderOptions
		o.define(f, "one short round of 128 clients: under 30 seconds", 5, 3*time.Second)
		size := f.Int("bytes", 256, "of a request")
		return func() error { return lan(o, []int{1, 16, 128}, *size) }
	}},
	{"mix", func(f *flag.FlagSet) func() error {
		var o mixOptions
		o.define(f, "one short round of a few points: under a minute", 3, 2*time.Second)
		f.IntVar(&o.clients, "clients", 24, "how many clients")
		return func() error { return mix(o) }
	}},
	{"idle", func(f *flag.FlagSet) func() error {
		var o idleOptions
		f.IntVar(&o.changes, "changes", 4000, "how many changes")
		f.IntVar(&o.clients, "clients", 32, "how many clients are in IDLE")
		f.DurationVar(&o.pause, "pause", 20*time.Millisecond, "between two changes of one account")
		f.BoolVar(&o.dovecot, "dovecot", false, "also Dovecot, one server")
		f.BoolVar(&o.json, "json", false, "one JSON object a line")
		return func() error { return idle(o) }
	}},
	{"viewchange", func(f *flag.FlagSet) func() error {
		var o orderOptions
		f.BoolVar(&o.quick, "quick", false, "one round")
		f.BoolVar(&o.json, "json", false, "one JSON object a line")
		f.IntVar(&o.rounds, "rounds", 5, "rounds; the median and the longest are reported")
		clients := f.Int("clients", 16, "how many clients")
		return func() error { return viewchange(o, *clients) }
	}},
	{"memory", func(f *flag.FlagSet) func() error {
		messages := f.Int("messages", 100_000, "how many messages of 1 KiB")
		return func() error { return memory(*messages) }
	}},
	{"endless", func(f *flag.FlagSet) func() error {
		requests := f.Int("requests", 10_000_000, "how many requests")
		clients := f.Int("clients", 128, "how many clients")
		size := f.Int("bytes", 16, "of a request")
		disk := f.Bool("fsync", false, "on disk instead of in memory")
		return func() error { return endless(*requests, *clients, *size, *disk) }
	}},
	{"plot", func(f *flag.FlagSet) func() error {
		dir := f.String("dir", "figures", "where to write")
		perProcessor := f.Bool("processor", false, "curves: for a second of processor time, not of the clock")
		return func() error { return plot(os.Stdin, *dir, *perProcessor) }
	}},
	{raftCommand, func(f *flag.FlagSet) func() error {
		id := f.Int("id", 0, "this member")
		peers := f.String("peers", "", "addresses of all members")
		clients := f.String("clients", "", "address for clients")
		proxied := f.Bool("proxied", false, "proxies connect there, not clients")
		wal := f.String("wal", "", "folder of the log; empty: in memory")
		return func() error { return runRaftNode(*id, strings.Split(*peers, ","), *clients, *proxied, *wal) }
	}},
	{proxyCommand, func(f *flag.FlagSet) func() error {
		clients := f.String("clients", "", "address for clients")
		member := f.String("member", "", "address of the member")
		return func() error { return runRaftProxy(*clients, *member) }
	}},
}
