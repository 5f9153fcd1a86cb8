package message

import "errors"

// Why a decoded summary is not one.
var (
	errTree   = errors.New("parts do not make a tree")
	errRange  = errors.New("byte ranges do not nest")
	errHeader = errors.New("header does not fit its mode")
)

// check verifies the invariants of a decoded summary and sets the parents of its parts.
func (s *Summary) check() error {
	st := s.Structure
	if err := st.link(); err != nil {
		return err
	}
	if err := st.checkRanges(s.Size); err != nil {
		return err
	}
	root := &st.Parts[0]
	blank := root.BodyStart - root.HeaderEnd
	switch {
	case s.Mode == HeaderNone && len(s.Header) != 0,
		s.Mode == HeaderWhole && len(s.Header) != root.BodyStart-root.HeaderStart,
		s.Mode == HeaderSelected && len(s.Header) < blank:
		return errHeader
	}
	return nil
}

// link sets parents from depths and checks kinds: leaves have no children, an embedded part has one, and
// unless the structure is partial a multipart has some.
func (st *Structure) link() error {
	var path []int // open parts, by depth
	count := make([]int, len(st.Parts))
	for i := range st.Parts {
		p := &st.Parts[i]
		if p.Depth > len(path) || (i > 0) != (p.Depth > 0) || p.Kind > Embedded || p.Opaque && p.Kind != Leaf {
			return errTree
		}
		p.Parent = none
		if i > 0 {
			p.Parent = path[p.Depth-1]
			count[p.Parent]++
			kind := st.Parts[p.Parent].Kind
			if kind == Leaf || kind == Embedded && count[p.Parent] > 1 {
				return errTree
			}
			if p.Envelope != nil && kind != Embedded {
				return errTree
			}
		}
		path = append(path[:p.Depth], i)
	}
	if len(st.Parts) == 0 {
		return errTree
	}
	for i := range st.Parts {
		if st.Parts[i].Kind != Leaf && count[i] == 0 && !st.Partial {
			return errTree
		}
	}
	return nil
}

// checkRanges checks that byte ranges are in order, within their parents, and that siblings follow each
// other; size is the length of the message.
func (st *Structure) checkRanges(size int) error {
	filled := make([]int, len(st.Parts)) // up to where the body of a part is taken by children
	for i := range st.Parts {
		p := &st.Parts[i]
		if p.HeaderStart > p.HeaderEnd || p.HeaderEnd > p.BodyStart || p.BodyStart > p.BodyEnd {
			return errRange
		}
		if p.Lines > p.Size() || p.BodyStart-p.HeaderEnd > len("\r\n") {
			return errRange
		}
		filled[i] = p.BodyStart
		if p.Parent == none {
			if p.HeaderStart != 0 || p.BodyEnd != size {
				return errRange
			}
			continue
		}
		if p.HeaderStart < filled[p.Parent] || p.BodyEnd > st.Parts[p.Parent].BodyEnd {
			return errRange
		}
		filled[p.Parent] = p.BodyEnd
	}
	return nil
}
