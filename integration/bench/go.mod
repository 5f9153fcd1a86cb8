module troxymail/integration/bench

go 1.26.0

require (
	go.etcd.io/raft/v3 v3.7.0
	golang.org/x/sys v0.49.0
)

require (
	github.com/emersion/go-imap/v2 v2.0.0-beta.8
	golang.org/x/crypto v0.58.0
	google.golang.org/protobuf v1.36.12
	troxymail v0.0.0-00010101000000-000000000000
)

require (
	github.com/emersion/go-message v0.18.2 // indirect
	github.com/emersion/go-sasl v0.0.0-20241020182733-b788ff22d5a6 // indirect
)

replace troxymail => ../..
