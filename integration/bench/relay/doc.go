// Package relay is a long way between two programs: it takes TCP connections at one address, makes one to another
// for each, and passes on every byte in order and whole, but later. The delay may be changed at any time. What it does
// not do: lose packets, limit the rate, delay the handshake of TCP. It is for measurements alone, and imports nothing
// of the program that it stands between.
package relay
