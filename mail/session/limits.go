package session

// Limits bound what sessions use. Zero fields mean the defaults.
type Limits struct {
	SessionsPerAccount int   // logged-in sessions of one account in this enclave
	AppendBytes        int64 // one message
	AppendInFlight     int64 // bytes, all messages being appended together
	BodiesInFlight     int64 // bytes, all bodies opened at once for FETCH and SEARCH together
}
