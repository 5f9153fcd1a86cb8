// Package explore is a small explicit-state model checker: it visits every state that a model can reach,
// breadth first, and stops at the first one that breaks the model's property, with a shortest trace to it.
//
// Role. The models are elsewhere (packages beside this one); they drive the rule functions of the program
// itself, so that what is checked is what runs. A state is a byte string that the model encodes canonically:
// two states are one when their encodings are equal.
//
// Invariants:
//   - States are remembered by the first 128 bits of their SHA-256: two states that collide would be taken
//     for one (for 10^8 states the chance is below 10^-22). The encodings themselves are dropped once
//     expanded.
//   - The same model gives the same result, count and trace, however many workers there are.
//   - The number of states is bounded by Options; a run that meets its bound says so and proves nothing
//     beyond it.
//
// For tests only: it is linked into no program of the project. Imports the standard library alone.
package explore
