// Package ordering checks the rules of package enclave/counter, and those of FENCE, by exhaustive search: three
// replicas, a few orders and views, two batches, and everything that hosts and the network may do to the enclaves.
//
// What is real: the enclaves. Each is a counter.State, and every step applies one of its rules, the same that
// the product runs. What is abstract: MACs (messages come from enclaves only), the network (whatever was said
// can be heard by anybody, in any order, any time later, or never), and hosts (any of them may ask its enclave
// for anything; an honest one attests roots of what it executed only). Requests to change the view are always at hand,
// which allows more than the product does. A root stands for the batches up to its order.
//
// The property: no two honest hosts execute different batches at one order. An honest host executes what f+1
// consistent certificates of its enclave's founding bind to one position, while its enclave is ACTIVE. One host
// is not honest: what it executes does not count. And every stable checkpoint of an honest host's enclave has the root
// that the executed batches give.
//
// With Bounds.Tails hosts sync when they like and lose the rest in a power loss. The property is then of what
// one honest host had synced, with its proof: nobody executes anything else afterwards. That is more than is promised
// of acknowledgements, which take f+1 such hosts, a liar among them.
//
// With Bounds.Fences batches are commands of one replica's enclave, in all of its lives, and what executes and when
// sessions are served are rules of packages state and troxy. The properties are then: nothing of a former life executes
// behind a FENCE, nothing else is refused, honest hosts do not differ in that, and no session is served before the FENCE
// of its life executed.
//
// With Bounds.Refound an administrator founds two of the three, and what is checked from then on is that what these execute
// stays, although the third takes part later with all that it had (refoundings.go).
//
// A rule that is taken out of one of them must make a violation appear: package integration/planted does that. A Fault takes
// out a rule of hosts, which the model itself plays.
//
// Uses package explore. For tests only.
package ordering
