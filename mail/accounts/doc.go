// Package accounts makes and changes accounts on the cluster.
package accounts
