package message

import "github.com/emersion/go-imap/v2"

// RootEnvelope returns the message's own envelope; ErrNeedsBody when a summary left it out.
func (s *Structure) RootEnvelope() (*Envelope, error) {
	if s.Parts[0].Envelope == nil {
		return nil, ErrNeedsBody
	}
	return s.Parts[0].Envelope, nil
}

// BodyStructure returns the IMAP body structure, always with its extension data; go-imap's writer
// leaves that out of a BODY item. ErrNeedsBody when the structure is not complete. Takes time linear in
// the parts and recurses at most as deep as the Budget allowed.
func (s *Structure) BodyStructure() (imap.BodyStructure, error) {
	if s.Partial {
		return nil, ErrNeedsBody
	}
	bs, next := s.bodyStructure(0)
	if next != len(s.Parts) {
		return nil, ErrNeedsBody
	}
	if bs == nil {
		return nil, ErrNeedsBody
	}
	return bs, nil
}

// bodyStructure returns the structure of part i and the index behind its last descendant. The structure
// is nil when an envelope within is missing.
func (s *Structure) bodyStructure(i int) (imap.BodyStructure, int) {
	p := &s.Parts[i]
	var children []imap.BodyStructure
	complete := true
	next := i + 1
	for next < len(s.Parts) && s.Parts[next].Parent == i {
		var child imap.BodyStructure
		if child, next = s.bodyStructure(next); child == nil {
			complete = false
		}
		children = append(children, child)
	}
	if !complete {
		return nil, next
	}
	if p.Kind == Multipart {
		return &imap.BodyStructureMultiPart{
			Children: children,
			Subtype:  toUTF8(p.Subtype),
			Extended: &imap.BodyStructureMultiPartExt{
				Params:      paramMap(p.Params),
				Disposition: p.disposition(),
				Language:    utf8List(p.Language),
				Location:    toUTF8(p.Location),
			},
		}, next
	}
	bs := p.single()
	if p.Kind == Embedded {
		env := s.Parts[i+1].Envelope
		if env == nil {
			return nil, next
		}
		bs.MessageRFC822 = &imap.BodyStructureMessageRFC822{
			Envelope:      env.IMAP(),
			BodyStructure: children[0],
			NumLines:      int64(p.Lines),
		}
	}
	return bs, next
}

// single describes a part that is not a multipart.
func (p *Part) single() *imap.BodyStructureSinglePart {
	bs := &imap.BodyStructureSinglePart{
		Type:        toUTF8(p.Type),
		Subtype:     toUTF8(p.Subtype),
		Params:      paramMap(p.Params),
		ID:          toUTF8(p.ID),
		Description: toUTF8(p.Description),
		Encoding:    toUTF8(p.Encoding),
		Size:        uint32(p.Size()),
		Extended: &imap.BodyStructureSinglePartExt{
			Disposition: p.disposition(),
			Language:    utf8List(p.Language),
			Location:    toUTF8(p.Location),
		},
	}
	if p.Type == "text" {
		bs.Text = &imap.BodyStructureText{NumLines: int64(p.Lines)}
	}
	return bs
}

func (p *Part) disposition() *imap.BodyStructureDisposition {
	if p.Disposition == "" {
		return nil
	}
	return &imap.BodyStructureDisposition{Value: toUTF8(p.Disposition), Params: paramMap(p.DispositionParams)}
}

func paramMap(params []Param) map[string]string {
	if len(params) == 0 {
		return nil
	}
	m := make(map[string]string, len(params))
	for _, p := range params {
		m[toUTF8(p.Name)] = toUTF8(p.Value)
	}
	return m
}

func utf8List(list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, toUTF8(s))
	}
	return out
}
