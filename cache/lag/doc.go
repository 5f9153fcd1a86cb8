// Package lag notices that the own host shows its enclave less than other hosts show theirs. Sessions that wait for
// news (IDLE) wake when the host reports a write; one that withholds writes would leave them quiet. Nothing wrong is
// ever shown by that (what a session tells, it validated or ordered), it is only not told.
//
// Marks: for each key the order of the last write on it that the own host reported, which is also when sessions that
// watch the key were woken. Reads do not count, nor do outcomes that the enclave voted itself: both would hide a write
// that was withheld. Marks of orders that no enclave saw committed are not taken (counter.Set.Committed), so that no host
// can raise a mark beyond what it will have to withhold.
//
// Detector: in rounds of Every it asks all other enclaves for their marks of the keys that sessions watch. Let n = 2f+1,
// and s others have been silent for SilentRounds. When the own host is honest, those s are faulty, so that of the others
// at most f-s lie, and one of any f+1-s tells the truth. So a mark that f+1-s others reached is a write that exists; when
// the own host lies, enough honest ones reach it. Each such mark that is above the own one when the round ends wakes the
// sessions: they read it through the order, whatever the host does. When the own mark has not come up to it within
// GraceRounds the verdict is Behind. When s > f the enclave hears of no quorum, or its host drops what it hears: Alone.
// At most f replicas are Behind at a time by honest lag, since f+1 others are ahead of each.
//
// A mark that is there at the first answer after a key began to be watched only wakes: the host may have skipped that
// write by taking over a state, and who watches read the key later or is woken now.
//
// Rounds are counted and not time: a machine that stood still for a minute was asked once. The host controls the timer
// and may stop the enclave altogether, as it may cut off its clients; nothing here changes that, and no answer is
// believed for longer than the round that it was given in.
//
// Trusted and pure: one owner; time is handed in as nanoseconds; no randomness, goroutine or I/O. Bounded: MaxMarks,
// MaxRoundKeys a round, two numbers for each watched key.
package lag
