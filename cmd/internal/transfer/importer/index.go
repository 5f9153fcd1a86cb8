package importer

// listed is a letter of the mailbox as the server lists it.
type listed struct {
	uid  uint32
	size int64
}

// index knows which letters a mailbox has, as of when the import came to it. Pure: reading bodies is its
// caller's. Used by one goroutine.
type index struct {
	keys    map[string]bool    // of the source folder: filed by an earlier run
	known   map[digest][]found // letters of that content that are not matched yet
	unknown map[int64][]uint32 // UIDs of letters whose content is not known, by size
}

// found is a letter of the mailbox whose content is known.
type found struct {
	uid     uint32
	noted   bool // the journal has it, for this folder
	keyless bool // and without a key
}

// newIndex puts together what the server lists and what the journal says of this mailbox. folder and keys
// are the source's, as it is now: a letter that the journal has under one of those keys is done, all others
// are matched by content. uidNext bounds what the journal can say.
func newIndex(list []listed, uidNext, validity uint32, journal []entry, folder string, keys []string) *index {
	x := &index{keys: map[string]bool{}, known: map[digest][]found{}, unknown: map[int64][]uint32{}}
	now := make(map[string]bool, len(keys))
	for _, k := range keys {
		now[k] = true
	}
	size := make(map[uint32]int64, len(list))
	for _, l := range list {
		size[l.uid] = l.size
	}
	believed := func(e *entry) bool { // or it is of another mailbox of this name, or another cluster
		s, there := size[e.UID]
		return e.Validity == validity && e.UID < uidNext && (!there || s == e.Size)
	}
	used := map[uint32]bool{}
	for i := range journal {
		if e := &journal[i]; believed(e) && e.Folder == folder && now[e.Key] && !x.keys[e.Key] {
			x.keys[e.Key], used[e.UID] = true, true
		}
	}
	for i := range journal {
		e := &journal[i]
		if d, ok := e.digest(); ok && believed(e) && !used[e.UID] {
			used[e.UID] = true
			x.known[d] = append(x.known[d], found{e.UID, e.Folder == folder, e.Key == ""})
		}
	}
	for _, l := range list {
		if !used[l.uid] {
			x.unknown[l.size] = append(x.unknown[l.size], l.uid)
		}
	}
	return x
}

// candidates returns the UIDs whose content must be read before match can answer for a letter, and forgets
// them: the caller tells each by learn.
func (x *index) candidates(size int64, d digest) []uint32 {
	if len(x.known[d]) > 0 {
		return nil
	}
	uids := x.unknown[size]
	delete(x.unknown, size)
	return uids
}

// learn tells the content of a letter of the mailbox.
func (x *index) learn(uid uint32, d digest) { x.known[d] = append(x.known[d], found{uid: uid}) }

// match returns a letter of that content and counts it as matched.
func (x *index) match(d digest) (f found, ok bool) {
	all := x.known[d]
	if len(all) == 0 {
		return found{}, false
	}
	x.known[d] = all[1:]
	return all[0], true
}
