// Command bench measures Troxymail against others, in a module of its own so that what it compares with
// never becomes a dependency of the program.
//
//	go run . order            small requests through the proxies' request path, against go.etcd.io/raft
//	go run . order --quick    the same in under 30 seconds
//	go run . memory           resident size of hosts and enclaves with 100,000 messages
//
// Every figure comes with its baseline from the same run: absolute numbers mean little on a shared
// machine. With --json it prints one object a line: bench, op, clients, bytes, ops_per_s, p50_ms, p99_ms,
// and on comparison rows baseline and ratio.
//
// Both systems are driven alike: three server processes (and three enclave processes for Troxymail), one
// load generator; each client has one connection to one server, sends a request of so many bytes, waits
// for its echo, and sends the next.
package main
