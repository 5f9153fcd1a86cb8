// Package transfer runs `troxymail import` and `troxymail export` as a person does, against a demo and, as the
// source of an import, Debian's Dovecot: it kills them in the middle, cuts their replicas off, and compares
// what is there afterwards byte for byte.
//
// It knows the program by its commands, files and ports alone: of this module it imports only
// integration/demo, which does the same.
package transfer
