// Command bench measures Troxymail against others, in a module of its own so that what it compares with
// never becomes a dependency of the program.
//
//	go run . order            small requests through the proxies' request path, against go.etcd.io/raft
//	go run . order --quick    the same in about a minute
//	go run . turns raft here old=FOLDER
//	                          raft, this source tree and binaries built before, in turns of half a second
//	go run . profile          where the processor time of the six processes goes
//	go run . profile --read fetch
//	                          the same for reads
//	go run . imap             what mail clients and servers ask for, against Debian's Dovecot and Postfix
//	go run . imap --quick     one short round
//	go run . imap --json | go run . plot --dir figures
//	                          the figures of the documentation
//	go run . read             what mail clients read, with warm caches, against Debian's Dovecot; --quick
//	go run . wan              reads where replicas or clients are far away, fast ones against ordered ones; --quick
//	go run . lan              small ordered requests through the proxies, against clients that vote themselves; --quick
//	go run . mix              fast reads against ordered ones, by the share of reads and of conflicts; --quick
//	go run . mix --json | go run . plot --dir figures
//	                          the curves of the documentation; plot --processor: by processor time
//	go run . idle             how soon clients in IDLE hear of changes at other replicas
//	go run . viewchange       how long it takes until requests are answered again when the leader was killed
//	go run . memory           resident size of hosts and enclaves with 100,000 messages
//	go run . endless          sizes of processes and folders while ten million small requests are ordered
//
// Every figure comes with its baseline from the same run: absolute numbers mean little on a shared
// machine. With --json it prints one object a line: bench, op, clients, bytes, ops_per_s, p50_ms, p99_ms,
// and on comparison rows baseline and ratio. order stands its systems ready together and measures them in turns of half a
// second: such a machine is twice as fast for some seconds as for others, and the ratio of two turns beside each other, whose
// median is reported (ratio, ratio_p50), hardly notices.
//
// All systems are driven alike: three server processes (and three enclave processes for Troxymail), one
// load generator; each client has one connection to one server, sends a request of so many bytes, waits
// for its echo, and sends the next. order measures raft twice: as it is used, clients talking to its
// members, and proxied, with a process in front of each member that only passes requests on. The first is
// the baseline of what agreement by this program costs; the second tells how much of that is due to
// having two processes a replica.
//
// read: all systems run at once and are measured in turn. Eight clients of eight accounts FETCH BODY.PEEK[] of messages of
// 10 KiB that are seen already, and SELECT; eight of one account select a large mailbox and stream its flags, while the
// enclaves' memory is watched. Systems: dovecot (maildir), and enclaves that read validated, bounded or ordered. cpu_us is
// the processor time of all processes of the system, for an operation.
//
// wan: relays of our own (relay) delay what replicas say to each other, what clients and replicas say, or both: 100 +- 20 ms
// or 20 +- 4 ms for a round trip. Three clusters of six processes, whose enclaves read ordered (the baseline), validated
// or bounded, take turns; each client has a mailbox of its own and reads bodies of 10 KiB (90 or 99 %) or sets flags.
// Latencies are those of reads.
//
// lan: the same small requests as in order, in memory, through the proxies in the enclaves (proxy, proxy-tls), against
// clients that do the proxy's work themselves (library): each has a connection to every host, makes and MACs its requests,
// sends them to the leader's host, and votes on the replies of two enclaves, each with a MAC of its own. It is given the
// group's keys for requests and replies and stands for a share of one replica's proxy, which is idle then, so that the
// group orders for it what it orders for a proxy. In the library's favour, replies hold no results, and two of three come.
// Builds with the tag bench serve such clients; what it costs to split replies is the library's loss. loss_pct is what the
// proxy loses in throughput; client_cpu_us the clients' processor time for a request.
//
// mix: the same clients as in wan, without delays. A share of what they do falls on one mailbox that they have in common:
// there reads meet what others write.
//
// imap: eight accounts, a closed-loop client of each (or of the first alone). IMAP is TLS from the start, SMTP
// has no TLS. Messages have 10 KiB. Client i uses replica i modulo 3; Dovecot is one server with its default
// fsync, its passwords hashed with Argon2id at the costs of mail/auth. append fills a mailbox of each account;
// fetch, store and select work on 100 messages; login is connecting, TLS, LOGIN and LOGOUT. deliver is SMTP at
// kept connections, for Dovecot through a Postfix that passes on by LMTP, and counts messages when they are in
// their mailboxes; its latencies are those of the 250, which Postfix gives when its queue has the message and
// Troxymail when f+1 replicas have. It needs dovecot-imapd, and dovecot-lmtpd, postfix and root for deliveries
// to Dovecot.
//
// idle: eight accounts, a writer of each at one replica, 32 clients in IDLE at the others; 4,000 changes, in turn a
// message of 1 KiB and a flag. Row ok is from the writer's OK to the EXISTS or FETCH that a client reads, sent from
// sending the command; a row's rate is of news and not of changes, and nothing of it is a limit.
package main
