// Package gcpace sets how often Go's garbage collector runs in a process of Troxymail.
//
// A host and an enclave that order small requests hold some ten megabytes and allocate ten times as much a second.
// Go's default lets a heap grow by as much as it holds and then collects: several times a second here, each time at
// the price of marking, of caches and of threads that are woken for it. A process may as well let some dozens of
// megabytes of garbage lie. One that holds much collects as by default: its garbage would be much too.
package gcpace
