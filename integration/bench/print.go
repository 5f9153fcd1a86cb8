package main

import (
	"encoding/json"
	"fmt"
)

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
		if r.RatioP50 > 0 {
			ratio += fmt.Sprintf(", p50 %.2f x", r.RatioP50)
		}
	}
	op := r.Op
	if r.System != "" {
		op = fmt.Sprintf("%-11s%s", r.Op, r.System)
	}
	cost := ""
	if r.Cost > 0 {
		cost = fmt.Sprintf("  %6.0f µs of processor", r.Cost)
	}
	if r.ClientCost > 0 && r.Bench == "lan" {
		cost += fmt.Sprintf(", %.0f µs of clients'", r.ClientCost)
	}
	if r.Bench == "lan" && r.Baseline != "" {
		cost += fmt.Sprintf("  loses %.0f %%", r.Loss)
	}
	if r.Peak > 0 {
		cost += fmt.Sprintf("  enclave %d MiB, at most %d", r.Resident>>10, r.Peak>>10)
	}
	if r.Bench == "mix" {
		cost += fmt.Sprintf("  %.0f %% reads, %.0f %% in common", r.Reads, r.Conflicts)
	}
	if r.Fast > 0 {
		cost += fmt.Sprintf("  %.0f %% of reads fast", r.Fast)
	}
	if r.Where != "" {
		cost += fmt.Sprintf("  %s %.0f ms away, %.0f %% reads", r.Where, r.RoundTrip, r.Reads)
	}
	fmt.Printf("%-6s %-23s %4d clients %6d B %9.0f op/s  p50 %7.2f ms  p99 %7.2f ms%s%s\n",
		r.Bench, op, r.Clients, r.Bytes, r.Rate, r.P50, r.P99, cost, ratio)
}
