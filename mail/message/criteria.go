package message

import (
	"github.com/emersion/go-imap/v2"
)

// CheckCriteria returns ErrCriteria when Match would refuse c: do it once, before a search.
func CheckCriteria(c *imap.SearchCriteria) error {
	keys, texts := MaxSearchKeys, MaxSearchTexts
	return checkCriteria(c, MaxSearchDepth, &keys, &texts)
}

func checkCriteria(c *imap.SearchCriteria, depth int, keys, texts *int) error {
	*keys -= 1 + len(c.SeqNum) + len(c.UID) + len(c.Header) + len(c.Flag) + len(c.NotFlag)
	*texts -= len(c.Body) + len(c.Text)
	if depth <= 0 || *keys < 0 || *texts < 0 {
		return ErrCriteria
	}
	for _, set := range c.SeqNum {
		if set.Dynamic() {
			return ErrCriteria
		}
	}
	for _, set := range c.UID {
		if set.Dynamic() {
			return ErrCriteria
		}
	}
	for i := range c.Not {
		if err := checkCriteria(&c.Not[i], depth-1, keys, texts); err != nil {
			return err
		}
	}
	for i := range c.Or {
		for j := range c.Or[i] {
			if err := checkCriteria(&c.Or[i][j], depth-1, keys, texts); err != nil {
				return err
			}
		}
	}
	return nil
}
