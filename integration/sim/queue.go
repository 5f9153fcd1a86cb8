package sim

// event is something that happens at a time; equal times happen in the order in which they were planned.
type event struct {
	at     Time
	serial uint64
	do     func()
}

func (e *event) before(o *event) bool { return e.at < o.at || e.at == o.at && e.serial < o.serial }

// queue holds what is planned: a heap whose nodes have four children each, which moves less than one with two.
type queue struct{ list []event }

func (q *queue) len() int { return len(q.list) }

// first is when the next event happens. The queue is not empty.
func (q *queue) first() Time { return q.list[0].at }

func (q *queue) push(e event) {
	q.list = append(q.list, e)
	i := len(q.list) - 1
	for i > 0 {
		up := (i - 1) / 4
		if !e.before(&q.list[up]) {
			break
		}
		q.list[i] = q.list[up]
		i = up
	}
	q.list[i] = e
}

func (q *queue) pop() event {
	top, last := q.list[0], q.list[len(q.list)-1]
	n := len(q.list) - 1
	q.list[n] = event{}
	q.list = q.list[:n]
	if n == 0 {
		return top
	}
	i := 0
	for {
		least := 4*i + 1
		if least >= n {
			break
		}
		for k := least + 1; k < min(n, 4*i+5); k++ {
			if q.list[k].before(&q.list[least]) {
				least = k
			}
		}
		if !q.list[least].before(&last) {
			break
		}
		q.list[i] = q.list[least]
		i = least
	}
	q.list[i] = last
	return top
}
