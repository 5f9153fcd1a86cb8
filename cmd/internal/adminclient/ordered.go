package adminclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"troxymail/cmd/internal/config"
)

// ErrFormer is wrapped when a plan is of before a founding that was ordered already.
var ErrFormer = errors.New("another founding was ordered before, and the members do not know of it")

// ordered is what the administrator's program notes of the last founding that it ordered, beside the cluster's file. Two
// orders for different members share one of them at least. If that one was set back before the second, its plan has no higher
// generation than the first founding; the group would go on twice, and one half of what it acknowledged would be lost in the
// end (package counter). No enclave can tell; whoever gave the first order can.
type ordered struct {
	Generation uint32 `json:"generation"`
	Serves     bool   `json:"serves"` // all members were seen to serve in it
}

func (c *Client) orderedFile() string { return c.File + ".refounded" }

// lastOrder returns what was noted; the zero value for nothing.
func (c *Client) lastOrder() (o ordered, err error) {
	text, err := os.ReadFile(c.orderedFile())
	if errors.Is(err, os.ErrNotExist) {
		return ordered{}, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &o)
	}
	if err != nil {
		return o, fmt.Errorf("%w: reading which founding was ordered last: %w; restore %s, or remove it if none was", ErrFile, err, c.orderedFile())
	}
	return o, nil
}

func (c *Client) noteOrder(o ordered) error {
	text, err := json.Marshal(o)
	if err == nil {
		err = config.WriteFile(c.orderedFile(), 0o600, append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("%w: noting which founding is ordered: %w", ErrFile, err)
	}
	return nil
}

// isNew refuses a plan that is not newer than the founding that was ordered last. One that nobody was seen to serve in may be
// planned again, with its number.
func (c *Client) isNew(generation uint32) error {
	last, err := c.lastOrder()
	switch {
	case err != nil:
		return err
	case generation > last.Generation, generation == last.Generation && !last.Serves:
		return nil
	}
	return fmt.Errorf("%w: generation %d is planned, and %d was ordered (%s): a member shows an older past. Nothing was ordered. Put its "+
		"newest folder back, or start members of that founding; only if all of them are gone for good, remove that file and try again",
		ErrFormer, generation, last.Generation, c.orderedFile())
}
