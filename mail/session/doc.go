// Package session is what IMAP means on the cluster.
package session
