// Package pki is the operator's side of certificates: the cluster's certificate authority and the
// administrator's key, made once, kept in files that belong offline.
//
// Enclaves draw their TLS keys themselves and never show them; the authority signs their requests.
package pki
