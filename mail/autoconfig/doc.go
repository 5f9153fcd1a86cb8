// Package autoconfig tells mail programs over HTTPS how they reach this server, so that people type an address and
// a password alone: Thunderbird's autoconfiguration (config-v1.1.xml) and Apple's configuration profiles
// (.mobileconfig).
//
// Role: answers GET and HEAD at four paths, from the domain, one host name and the ports that are open. It knows no
// account: what it says does not depend on whether an address exists, and no password is ever in it.
//
// Invariants: an address in a query is checked by the rules for accounts, must be of this domain, and is escaped
// where it is shown (in Apple's profile alone, to the one who sent it); nothing else of a request gets into an
// answer. Headers, times and connections are bounded; bodies are refused; HTTP/1.1 over TLS alone. Nothing of a
// request is logged.
//
// Trust: linked into the enclave, since who answers here decides where passwords go. Imports mail/accounts and
// mail/limit.
package autoconfig
