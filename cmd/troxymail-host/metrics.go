package main

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"troxymail/bftcore"
	"troxymail/bftcore/transport"
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
	descPending   = desc("pending_requests", "Requests that wait to be ordered.")
	descAlarm     = desc("alarm", "Alarms that this host raises, by name; the value is how often.", "alarm")
	descRefused   = desc("refused_total", "Messages and calls refused, by cause, since the enclave was linked.", "cause")
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
	descScrubDone = desc("scrub_done", "1 once all records were read.")
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
		"stored": f.Flushed,
	} {
		gauge(descOrder, float64(order), stage)
	}
	alarms := map[string]uint64{}
	for _, a := range f.Facts.Alarms {
		alarms[a.Code.Name()] += max(1, a.Count)
	}
	for name, n := range alarms {
		gauge(descAlarm, float64(n), name)
	}
	for cause, n := range refusals(&f.Counters) {
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
	gauge(descLogBytes, float64(f.Log.Bytes))
	gauge(descLogLSN, float64(f.Log.LastLSN), "written")
	gauge(descLogLSN, float64(f.Log.DurableLSN), "synced")
	count(descLogCount, f.Log.Writes, "write")
	count(descLogCount, f.Log.Syncs, "sync")
	count(descScrub, f.Scrub.Checked, "checked")
	count(descScrub, f.Scrub.Repaired, "repaired")
	count(descScrub, f.Scrub.Lost, "lost")
	gauge(descScrubDone, truth(f.Scrub.Done))
	gauge(descLogTorn, float64(f.Log.TornBytes))
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

func refusals(c *bftcore.Counters) map[string]uint64 {
	return map[string]uint64{
		"malformed": c.Malformed, "unexpected": c.Unexpected, "other-founding": c.OtherFounding, "other-view": c.OtherView,
		"old-order": c.OldOrder, "beyond-window": c.BeyondWindow, "buffer-full": c.BufferFull, "conflict": c.Conflict,
		"duplicate": c.Duplicate, "unsolicited": c.Unsolicited, "refused-sender": c.Refused,
		"forged-commit": c.ForgedCommits, "rejected-batch": c.RejectedBatches, "refused-proposal": c.RefusedProposals,
		"invalid-request": c.InvalidRequests, "late-answer": c.LateAnswers, "nonsense-answer": c.NonsenseAnswers,
		"no-room": c.RequestsRefused, "evicted": c.RequestsEvicted, "forward-limited": c.ForwardsLimited,
		"answer-limited": c.AnswersLimited, "fetch-limited": c.FetchesLimited,
	}
}

func work(c *bftcore.Counters) map[string]uint64 {
	return map[string]uint64{
		"proposed": c.Proposed, "voted": c.Voted, "batches": c.Batches, "requests": c.Requests, "fetches": c.Fetches,
		"fetches-served": c.FetchesServed, "resent": c.Resent, "loads": c.Loads, "progress-sent": c.ProgressSent,
		"reanswered": c.Reanswered, "repeated-requests": c.RequestsDuplicate,
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
