// Package troxy is the client half of Byzantine fault tolerance, inside the enclave (Troxy, DSN 2018):
// it makes authenticated requests for its own sessions, votes on the replies of the group, and
// authenticates what its own host says it executed for others.
//
// Client: numbers requests, MACs them, remembers who answered what, decides when f+1 replicas of one
// consistent set agree on (request, order, result, depends) and each of them holds durably what the
// result shows, retransmits, and gives up after a known time with the outcome unknown.
//
// Replier: turns a host's claim "this request had that result at this order" into a MACed reply. The
// host may lie; that is what the vote is for. What it may not do is make its enclave say two different
// things about one request, or speak about a request that no enclave of the group made, or
// about a key that the request does not touch.
//
// Fence: when an incarnation's sessions may be served.
//
// Invariants, each tested:
//   - a replica counts once a request, whatever it repeats; a reply with a wrong MAC, of another
//     founding, of a known dead incarnation, about another request than asked, or after the decision,
//     has no effect;
//   - the local host's answer is one vote, given through the local enclave's own reply, and no more;
//   - a decision's payload has the digest that was voted;
//   - no reply of a former run is about a request of this one, whatever numbers the host gives twice;
//   - an enclave never authenticates two results for one request;
//   - what waits for its votes is bounded, each sender having its own share;
//   - at most Window requests span from the oldest unanswered to the newest, so that the state machine's
//     duplicate window always covers them.
//
// Trusted and pure: one owner; time is handed in as nanoseconds; no randomness, goroutine or I/O. Of the mailstore it
// knows which status means success.
package troxy
