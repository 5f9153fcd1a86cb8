package transcript

import "strings"

// numbered takes EXISTS, EXPUNGE and FETCH.
func (r *reading) numbered(n uint64, rest string, at int64) {
	what, more, _ := strings.Cut(rest, " ")
	what = strings.ToUpper(what)
	if what != "EXISTS" && what != "EXPUNGE" && what != "FETCH" {
		return
	}
	if r.view.mailbox == "" {
		r.report("no mailbox is selected")
		return
	}
	switch what {
	case "EXISTS":
		if n > 1<<20 || !r.view.grow(int(n)) {
			r.report("EXISTS shrinks the mailbox from %d", len(r.view.messages))
		}
	case "EXPUNGE":
		r.mayExpunge()
		if m, ok := r.view.remove(n); !ok {
			r.report("expunges one of %d messages", len(r.view.messages))
		} else {
			r.facts.gone(r.view.mailbox, m.uid, at)
		}
	default:
		if n < 1 || n > uint64(len(r.view.messages)) {
			r.report("tells of one of %d messages", len(r.view.messages))
			return
		}
		r.fetched(n, more, at)
	}
}

// mayExpunge judges whether an EXPUNGE or VANISHED may come now.
func (r *reading) mayExpunge() {
	switch {
	case r.now == nil:
		r.report("an expunge while no command is in progress")
	case r.now.silentAboutExpunge():
		r.report("an expunge during %s", r.now.verb)
	}
}

// vanished takes VANISHED; (EARLIER) speaks of messages that may be long gone, and of none that the client has.
func (r *reading) vanished(values []value, at int64) {
	if len(values) == 2 && values[0].isList {
		return
	}
	r.mayExpunge()
	if len(values) != 1 {
		r.report("%v", errSyntax)
		return
	}
	uids, err := numbers(values[0].word)
	if err != nil {
		r.report("%v", err)
	}
	for _, uid := range uids {
		if !r.view.vanish(uid) {
			r.report("UID %d vanishes, which is none of the %d messages", uid, len(r.view.messages))
			continue
		}
		r.facts.gone(r.view.mailbox, uid, at)
	}
}

// fetched takes what is told of message n, which is there.
func (r *reading) fetched(n uint64, text string, at int64) {
	values, err := parse(text)
	if err != nil || len(values) != 1 || !values[0].isList {
		r.report("%v", errSyntax)
		return
	}
	items := values[0].list
	told := false
	m := &r.view.messages[n-1]
	for i := 0; i+1 < len(items); i += 2 {
		v := items[i+1]
		switch strings.ToUpper(items[i].word) {
		case "UID":
			uid, _ := number(v.word)
			if wrong := r.view.name(n, uid); wrong != "" {
				r.report("%s", wrong)
			}
		case "FLAGS":
			m.known, m.flags, m.toldAt, told = true, flagsIn(v.list), at, true
		case "MODSEQ":
			if len(v.list) == 1 {
				q, _ := number(v.list[0].word)
				r.modseq(&m.modseq, q)
			}
		}
	}
	if told && m.uid != 0 && m.modseq != 0 {
		if !r.facts.consistent(r.view.mailbox, m) {
			r.report("other flags than were told with the same MODSEQ")
		}
	}
}
