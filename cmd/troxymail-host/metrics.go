package main

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"troxymail/bftcore"
	"troxymail/bftcore/transport"
	"troxymail/enclave/boundary"
)

// collector reads the host's figures when Prometheus asks. No label names a person, a mailbox or a message.
type collector struct{ s *server }

// desc names a metric.
func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("troxymail_host_"+name, help, labels, nil)
}

var (
	descConnected = desc("enclave_connected", "1 while an enclave is linked.")
	descReady     = desc("enclave_ready", "1 while the linked enclave is active.")
	descView      = desc("view", "Current view.")
	descOrder     = desc("order", "Highest order by how far it is; known is what any replica claims.", "stage")
	descServing   = desc("replicas_serving", "Replicas that this host counts on, itself among them.")
	descSurvived  = desc("faults_survived", "How many more replicas may fail before the group stops, as this host sees it; -1: it has stopped.")
	descOut       = desc("replica_out", "1 for a replica that this host does not count on.", "replica", "cause")
	descPending   = desc("pending_requests", "Requests that wait to be ordered.")
	descAlarm     = desc("alarm", "Alarms that this host raises, by name; the value is how often.", "alarm")
	descRefused   = desc("refused_total", "Messages and calls refused, by cause, since the enclave was linked; of messages that no core saw, since the start.", "cause")
	descDone      = desc("ordering_total", "Work of the ordering core, by kind, since the enclave was linked.", "kind")
	descPeerOrder = desc("peer_order", "What a peer claims of itself.", "peer", "stage")
	descPeerLag   = desc("peer_lag_orders", "Orders that this host executed and the peer did not yet.", "peer")
	descPeerUp    = desc("peer_connected", "1 while the link to the peer stands.", "peer")
	descPeerQueue = desc("peer_queued_bytes", "Bytes that wait for the peer.", "peer")
	descPeerCount = desc("peer_frames_total", "Frames by what became of them; dropped: the queue was full.", "peer", "fate")
	descPeerBytes = desc("peer_bytes_total", "Bytes of frames.", "peer", "direction")
	descPeerEnded = desc("peer_ended_total", "Connections and attempts, by what ended them.", "peer", "cause")
	descStrangers = desc("strangers_total", "Connections that ended before they could be put down to a peer.", "cause")
	descLogBytes  = desc("log_bytes", "Size of the host log.")
	descLogLSN    = desc("log_records", "Number of the newest record: written, and synced.", "stage")
	descLogCount  = desc("log_operations_total", "Writes and syncs of the host log.", "kind")
	descScrub     = desc("scrub_records_total", "Stored records read since the start to see that they are sound.", "fate")
	descStates    = desc("states_taken_total", "States of stable checkpoints taken over from peers since the start.")
	descParts     = desc("state_served_bytes_total", "Bytes of states served to peers since the start.")
	descPermille  = desc("state_permille", "Of the state that is being taken over, how much is there; 1000 when none is.")
	descLacking   = desc("bodies_lacking", "Large bodies of the state that no peer delivered yet.")
	descCollected = desc("bodies_removed_total", "Large bodies removed because nothing refers to them.")
	descScrubDone = desc("scrub_done", "1 once all records were read.")
	descReads     = desc("enclave_reads_total", "Reads of clients by how the enclave answered them, as it said last.", "how")
	descAsked     = desc("enclave_validations_total", "Questions of the enclave to peers by how they ended, as it said last.", "outcome")
	descKeys      = desc("enclave_index_keys", "Keys of the state that the enclave knows, as it said last.")
	descOff       = desc("enclave_validations_off", "Kinds of keys that the enclave does not ask about for now, one bit each.")
	descCache     = desc("enclave_cache_total", "What the enclave's caches did, as it said last: content is opened mail, parts are of mailboxes.", "cache", "event")
	descCacheHeld = desc("enclave_cache_entries", "Entries of the enclave's caches, as it said last.", "cache")
	descCacheSize = desc("enclave_cache_bytes", "Bytes of the enclave's caches, overhead included, as it said last.", "cache")
	descLogTorn   = desc("log_torn_bytes", "Torn tail that was cut off at the start.")
)

// Describe names nothing in advance: the collector is unchecked.
func (c *collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends all figures.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	count := func(d *prometheus.Desc, v uint64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	f := c.s.host.Figures()
	gauge(descConnected, truth(f.Connected))
	gauge(descReady, truth(f.Ready))
	gauge(descView, float64(f.Status.View))
	gauge(descPending, float64(f.Status.Pending))
	for stage, order := range map[string]uint64{
		"prepared": f.Status.Prepared, "executed": f.Status.Applied, "synced": f.Status.Durable, "known": f.Status.Known,
		"stored": f.Flushed, "stable": f.Status.Stable.Order,
	} {
		gauge(descOrder, float64(order), stage)
	}
	c.faults(gauge, f.Facts.Out)
	alarms := map[string]uint64{}
	for _, a := range f.Facts.Alarms {
		alarms[a.Code.Name()] += max(1, a.Count)
	}
	for name, n := range alarms {
		gauge(descAlarm, float64(n), name)
	}
	for cause, n := range refusals(&f.Counters, f.Refused) {
		count(descRefused, n, cause)
	}
	for kind, n := range work(&f.Counters) {
		count(descDone, n, kind)
	}
	for i, p := range f.Status.Peers {
		if peer := strconv.Itoa(i); i != int(c.s.conf.Replica) {
			gauge(descPeerOrder, float64(p.Executed), peer, "executed")
			gauge(descPeerOrder, float64(p.Synced), peer, "synced")
			gauge(descPeerLag, max(0, float64(f.Status.Applied)-float64(p.Executed)), peer)
		}
	}
	c.links(gauge, count)
	reads(&f.Reads, gauge, count)
	gauge(descLogBytes, float64(f.Log.Bytes))
	gauge(descLogLSN, float64(f.Log.LastLSN), "written")
	gauge(descLogLSN, float64(f.Log.DurableLSN), "synced")
	count(descLogCount, f.Log.Writes, "write")
	count(descLogCount, f.Log.Syncs, "sync")
	count(descScrub, f.Scrub.Checked, "checked")
	count(descScrub, f.Scrub.Repaired, "repaired")
	count(descScrub, f.Scrub.Lost, "lost")
	gauge(descScrubDone, truth(f.Scrub.Done))
	count(descStates, f.Transfer.Installed)
	count(descParts, f.Transfer.ServedBytes)
	gauge(descLacking, float64(f.Lacking))
	count(descCollected, f.Collected)
	permille := uint64(1000)
	if f.Transfer.Target != 0 {
		permille = f.Transfer.Permille
	}
	gauge(descPermille, float64(permille))
	gauge(descLogTorn, float64(f.Log.TornBytes))
}

// reads sends what the enclave said of its clients' reads.
func reads(r *boundary.Reads, gauge func(*prometheus.Desc, float64, ...string), count func(*prometheus.Desc, uint64, ...string)) {
	for how, n := range map[string]uint64{
		"current": r.Current, "checked": r.Checked, "ordered": r.Ordered, "mismatch": r.Mismatch, "bounded": r.Bounded,
	} {
		count(descReads, n, how)
	}
	for outcome, n := range map[string]uint64{
		"valid": r.Validated, "conflict": r.Conflicts, "timed-out": r.TimedOut, "unknown": r.Unknown,
	} {
		count(descAsked, n, outcome)
	}
	gauge(descKeys, float64(r.Entries))
	gauge(descOff, float64(r.SwitchedOff))
	for _, x := range []struct {
		cache                            string
		hits, misses, evictions, refused uint64
		entries, bytes                   uint64
	}{
		{"content", r.ContentHits, r.ContentMisses, r.ContentEvictions, r.ContentRefused, r.ContentEntries, r.ContentBytes},
		{"parts", r.PartsHits, r.PartsMisses, r.PartsEvictions, r.PartsRefused, r.PartsEntries, r.PartsBytes},
	} {
		count(descCache, x.hits, x.cache, "hit")
		count(descCache, x.misses, x.cache, "miss")
		count(descCache, x.evictions, x.cache, "eviction")
		count(descCache, x.refused, x.cache, "refused")
		gauge(descCacheHeld, float64(x.entries), x.cache)
		gauge(descCacheSize, float64(x.bytes), x.cache)
	}
}

// faults sends how much of what the group survives is used up.
func (c *collector) faults(gauge func(*prometheus.Desc, float64, ...string), out []boundary.Outage) {
	n := c.s.conf.Genesis.Replicas
	gauge(descServing, float64(n-len(out)))
	survived := float64(boundary.Survives(n, len(out)))
	if !boundary.Serves(n, len(out)) {
		survived = -1
	}
	gauge(descSurvived, survived)
	for _, o := range out {
		gauge(descOut, 1, strconv.Itoa(int(o.Replica)), o.Cause.String())
	}
}

// links sends the figures of the links to peers.
func (c *collector) links(gauge func(*prometheus.Desc, float64, ...string), count func(*prometheus.Desc, uint64, ...string)) {
	stats := c.s.links.Stats()
	for i, p := range stats.Peers {
		if i == int(c.s.conf.Replica) {
			continue
		}
		peer := strconv.Itoa(i)
		gauge(descPeerUp, truth(p.Connected), peer)
		gauge(descPeerQueue, float64(p.QueuedBytes), peer)
		count(descPeerCount, p.SentFrames, peer, "sent")
		count(descPeerCount, p.ReceivedFrames, peer, "received")
		count(descPeerCount, p.DroppedFrames, peer, "dropped")
		count(descPeerCount, p.RefusedFrames, peer, "refused")
		count(descPeerCount, p.LostFrames, peer, "lost")
		count(descPeerBytes, p.SentBytes, peer, "sent")
		count(descPeerBytes, p.ReceivedBytes, peer, "received")
		for cause, n := range p.Ended {
			count(descPeerEnded, n, peer, transport.Cause(cause).String())
		}
	}
	for cause, n := range stats.Strangers {
		count(descStrangers, n, transport.Cause(cause).String())
	}
}

// refusals are the core's by cause, and those of messages that no core saw.
func refusals(c *bftcore.Counters, others map[string]uint64) map[string]uint64 {
	m := map[string]uint64{
		"malformed": c.Malformed, "unexpected": c.Unexpected, "other-founding": c.OtherFounding, "other-view": c.OtherView,
		"old-order": c.OldOrder, "beyond-window": c.BeyondWindow, "buffer-full": c.BufferFull, "conflict": c.Conflict,
		"duplicate": c.Duplicate, "unsolicited": c.Unsolicited, "refused-sender": c.Refused,
		"forged-commit": c.ForgedCommits, "rejected-batch": c.RejectedBatches, "refused-proposal": c.RefusedProposals,
		"invalid-request": c.InvalidRequests, "late-answer": c.LateAnswers, "nonsense-answer": c.NonsenseAnswers,
		"no-room": c.RequestsRefused, "evicted": c.RequestsEvicted, "forward-limited": c.ForwardsLimited,
		"answer-limited": c.AnswersLimited, "fetch-limited": c.FetchesLimited,
		"statement-limited": c.StatementsLimited, "forged-statement": c.ForgedStatements, "refused-rule": c.RefusedRules,
	}
	for cause, n := range others {
		m[cause] += n
	}
	return m
}

func work(c *bftcore.Counters) map[string]uint64 {
	return map[string]uint64{
		"proposed": c.Proposed, "reserved": c.Reserved, "voted": c.Voted, "batches": c.Batches, "requests": c.Requests, "fetches": c.Fetches,
		"fetches-served": c.FetchesServed, "resent": c.Resent, "loads": c.Loads, "progress-sent": c.ProgressSent,
		"reanswered": c.Reanswered, "repeated-requests": c.RequestsDuplicate, "learned": c.Learned, "views-wanted": c.ViewsWanted,
		"view-changes": c.ViewChanges, "views-begun": c.ViewsBegun, "views-entered": c.ViewsEntered, "checkpoints": c.Checkpoints,
		"transfers": c.Transfers, "retraced": c.Retraced,
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
