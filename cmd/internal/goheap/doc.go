// Package goheap sets how Go's heap is kept in a process of Troxymail: how often its garbage is collected, and that it lies in
// huge pages.
//
// A host and an enclave that order small requests hold some ten megabytes and allocate ten times as much a second.
// Go's default lets a heap grow by as much as it holds and then collects: several times a second here, each time at
// the price of marking, of caches and of threads that are woken for it. A process may as well let some dozens of
// megabytes of garbage lie. One that holds much collects as by default: its garbage would be much too.
//
// Who lets garbage lie goes through all of that memory again and again, and six such processes take turns on two processors:
// each finds few of its pages where the processor looks for them (TLB). In pages of 2 MiB instead of 4 KiB three replicas take
// 5 to 10 % more requests of 128 clients, at 5 to 14 % less processor time. Many systems give huge pages to everybody
// (transparent_hugepage/enabled: always), and then nothing here makes a difference; others to who asks (madvise).
package goheap
