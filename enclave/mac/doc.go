// Package mac computes the MACs by which enclaves of one group recognise each other's statements.
//
// Every MAC covers a type tag, the length of the body, and the body, under a key for that one purpose:
// no statement of one type can pass for another, and no longer body for a shorter one (the weakness of
// TrInX's prototype, where neither was bound). Comparison takes constant time.
//
// Pure but for the hash state that an Authenticator keeps: one owner a value.
package mac
