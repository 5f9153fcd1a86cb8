package troxy

import "troxymail/mailstore/command"

// Fence is how far the first command of an incarnation came: its FENCE, behind which nothing of the incarnations before
// executes. Sessions are served, by ordered commands and from the index alike, once it executed: who was told something
// earlier could see a command of a former session execute afterwards, an expunge, say. A pure rule, which the model
// checker applies too.
type Fence uint8

// The stages of a FENCE.
const (
	FenceUnasked  Fence = iota // it has to be submitted: nobody did, or what became of it is unknown
	FenceAsked                 // its outcome is awaited
	FenceExecuted              // sessions are served
	FenceRefused               // a later incarnation's executed before: this enclave lives on beside its successor, and serves nobody
)

// Asked returns the Fence once it was submitted.
func (f Fence) Asked() Fence { return FenceAsked }

// After returns the Fence once its outcome is known. That a quorum answered is not enough: the answer can be a refusal.
func (f Fence) After(o *Outcome) Fence {
	switch {
	case o.Err != nil:
		return FenceUnasked
	case o.Result.Status != command.StatusOK:
		return FenceRefused
	}
	return FenceExecuted
}

// Serves reports whether sessions may be served.
func (f Fence) Serves() bool { return f == FenceExecuted }
