package command

// AccountCreate makes an account with its first mailboxes, INBOX among them. The wrapped key is durable
// with it, before any enclave seals under it.
type AccountCreate struct {
	Account    AccountID
	Sealed     []byte // sealed address
	WrappedKey []byte
	Verifiers  []byte // sealed password verifiers; may be empty: nobody can log in
	QuotaBytes uint64 // 0: DefaultQuotaBytes
	Mailboxes  []NewMailbox
}

// AccountSetVerifiers replaces the sealed password verifiers and so begins a new version of the account.
type AccountSetVerifiers struct {
	Account   AccountID
	Version   uint64 // version that the change was made against
	Verifiers []byte
}

// AccountVersion is the payload of AccountSetVerifiers and AccountEnable: the version afterwards.
type AccountVersion struct{ Version uint64 }

// AccountEnable disables an account or enables it again.
type AccountEnable struct {
	Account AccountID
	Enabled bool
}

// AccountRemove removes an account with all its mail.
type AccountRemove struct{ Account AccountID }

// AccountRead reads an account: for a login, and to see whether it changed. Read-only.
type AccountRead struct{ Account AccountID }

// AccountRecord is the payload of AccountRead.
type AccountRecord struct {
	Account    AccountID
	Version    uint64 // rises with every change of verifiers, key or enabling
	Enabled    bool
	Sealed     []byte // sealed address
	WrappedKey []byte
	Verifiers  []byte
	QuotaBytes uint64
	UsedBytes  uint64 // sum of message sizes over all mailboxes
	Messages   uint64
}

// AccountList reads accounts in order of AccountID, from after After, at most Limit (<= 256). Read-only.
type AccountList struct {
	After AccountID
	Limit uint32
}

// AccountPage is the payload of AccountList. WrappedKey and Verifiers are left empty.
type AccountPage struct {
	Accounts []AccountRecord
	More     bool
}
