package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
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
		return fmt.Errorf("say what to measure: order, memory")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	switch args[0] {
	case "order":
		var o orderOptions
		flags.BoolVar(&o.quick, "quick", false, "one short round: under 30 seconds")
		flags.BoolVar(&o.json, "json", false, "one JSON object a line")
		flags.IntVar(&o.rounds, "rounds", 5, "rounds; the median is reported")
		flags.DurationVar(&o.duration, "duration", 3*time.Second, "of one measurement")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		return order(o)
	case "memory":
		messages := flags.Int("messages", 100_000, "how many messages of 1 KiB")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		return memory(*messages)
	case "raft-node": // started by order
		id := flags.Int("id", 0, "this member")
		peers := flags.String("peers", "", "addresses of all members")
		clients := flags.String("clients", "", "address for clients")
		wal := flags.String("wal", "", "folder of the log; empty: in memory")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		return runRaftNode(*id, strings.Split(*peers, ","), *clients, *wal)
	}
	return fmt.Errorf("nothing is called %q here: order, memory", args[0])
}

// print writes a row for people or programs.
func (r row) print(asJSON bool) {
	if asJSON {
		b, _ := json.Marshal(r)
		fmt.Println(string(b))
		return
	}
	ratio := ""
	if r.Baseline != "" {
		ratio = fmt.Sprintf("  %.2f x %s", r.Ratio, r.Baseline)
	}
	fmt.Printf("%-6s %-18s %4d clients %6d B %9.0f op/s  p50 %7.2f ms  p99 %7.2f ms%s\n",
		r.Bench, r.Op, r.Clients, r.Bytes, r.Rate, r.P50, r.P99, ratio)
}
