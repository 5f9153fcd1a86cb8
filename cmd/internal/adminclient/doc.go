// Package adminclient is the administrator's side of mail/adminapi: it reads the file that says where the
// replicas are (cluster.json or demo.json), signs requests with the administrator's key, and asks one
// replica after the other until one serves.
//
// Invariants: a server is believed only with a certificate of the cluster's authority; a request is sent to
// another replica only when the last one did not do it, or when doing it twice is harmless or was ruled out
// by looking; an outcome that nobody can tell is said to be unknown, never success.
package adminclient
