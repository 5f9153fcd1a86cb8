// Package delivery puts mail into the INBOXes of accounts: which account an address belongs to, what a message
// gets written on top of it, and one ordered command that files it for all recipients or for none.
//
// Invariants: nil from Deliver means that the message is executed and durable at f+1 replicas for every
// recipient. Any other outcome is an error of this package: ErrUnavailable leaves it unknown, all others mean
// that nothing was stored. Within one Deliver a message is stored at most once a recipient (the request's id
// tells repetitions); a sender that got no answer and sends again may be stored twice, as everywhere.
//
// Addresses. An account's own address, any case; "+tag" behind the local part is ignored unless an account has
// the address with it. postmaster, of the cluster's domain or without one, is the account postmaster@domain
// when there is one, else the enabled account whose address comes first among those that are listed.
//
// One sealed body serves all recipients; its key stands in each one's sealed summary. Hosts see which accounts
// got the same message, as the command names them anyway.
//
// Trust: linked into the enclave. Imports enclave/seal, mail/{accounts,message} and the vocabulary. Nothing
// here logs content or addresses.
package delivery
