package boundary

import (
	"fmt"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// AlarmCode names a kind of trouble. Numbers and names are fixed for ever: below 64 they are the host's
// word, from 64 its enclave's own, from 128 those of whoever compares replicas.
type AlarmCode uint16

// The alarms. alarmTexts has the name and the sentence of each.
const (
	AlarmPeerSilent     AlarmCode = 1
	AlarmCatchingUp     AlarmCode = 2
	AlarmLogTorn        AlarmCode = 3
	AlarmBodyLost       AlarmCode = 4
	AlarmForgedPeer     AlarmCode = 5
	AlarmConflict       AlarmCode = 6
	AlarmRefusedBatch   AlarmCode = 7
	AlarmInvalidRequest AlarmCode = 8
	AlarmOtherFounding  AlarmCode = 9
	AlarmDisk           AlarmCode = 10
	AlarmStoreRebuilt   AlarmCode = 11
	AlarmLogLost        AlarmCode = 12
	AlarmNeedsTransfer  AlarmCode = 13
	AlarmPeerSetBack    AlarmCode = 14
	AlarmLogCut         AlarmCode = 15
	AlarmBodyFlood      AlarmCode = 16
	AlarmTransfer       AlarmCode = 17
	AlarmUnfitPart      AlarmCode = 18
	AlarmAwaits         AlarmCode = 24

	AlarmHostSilent         AlarmCode = 64
	AlarmBadFrames          AlarmCode = 65
	AlarmBadMACs            AlarmCode = 66
	AlarmRefusedCertificate AlarmCode = 67
	AlarmRefusedClaim       AlarmCode = 68
	AlarmBadReplies         AlarmCode = 69
	AlarmInactive           AlarmCode = 70
	AlarmBadRecord          AlarmCode = 71
	AlarmBehind             AlarmCode = 72
	AlarmAlone              AlarmCode = 73

	AlarmUnreachable AlarmCode = 128
	AlarmDiverged    AlarmCode = 129
)

// alarmTexts is the one table of alarms: a short name for scripts, and a sentence that says what to do.
var alarmTexts = map[AlarmCode]struct{ name, sentence string }{
	AlarmPeerSilent: {"peer-silent", "its host has not heard of the replica for a while: " +
		"see that it runs and that the network between the hosts is open"},
	AlarmCatchingUp: {"catching-up", "it is behind the others and fetches what it missed: " +
		"wait, and look at its disk and network if executed does not rise"},
	AlarmLogTorn: {"log-torn", "the end of its log was torn and cut off when it started, which a power " +
		"loss explains: without one, test the disk"},
	AlarmBodyLost: {"record-lost", "records were missing or damaged on its disk and are fetched from " +
		"peers: test the disk"},
	AlarmForgedPeer: {"forged-certificate", "a peer sent certificates that are not genuine: " +
		"find out which replica's host was tampered with"},
	AlarmConflict: {"conflicting-proposal", "a peer sent two contents for one order, which no correct " +
		"replica does: find out which one"},
	AlarmRefusedBatch: {"refused-batch", "its enclave refused to vote for batches of the leader: " +
		"the leader's host proposes what no enclave asked for"},
	AlarmInvalidRequest: {"invalid-request", "requests came in that no enclave made: " +
		"a host forges or damages them"},
	AlarmOtherFounding: {"other-founding", "messages of another founding or group came in: " +
		"see that all hosts have the same genesis"},
	AlarmDisk: {"disk-error", "its disk refuses to read or write: see the host's log, and replace the disk"},
	AlarmStoreRebuilt: {"store-rebuilt", "its store was damaged or gone when it started, and is rebuilt from its " +
		"log or its peers; what was moved aside lies beside it (.damaged-1): test the disk, and remove that " +
		"once the replica has caught up"},
	AlarmLogLost: {"log-lost", "its log was damaged, gone or no longer fits its store when it started; it was " +
		"moved aside (.damaged-1) and the missing orders are fetched from peers: test the disk, and remove that " +
		"once the replica has caught up"},
	AlarmNeedsTransfer: {"needs-transfer", "it misses orders that no peer has in its log any more, and takes the " +
		"state over when it learns of a stable checkpoint: see that its peers run"},
	AlarmPeerSetBack: {"peer-set-back", "the replica came back with less than it had written before: " +
		"it lost data or was set back to an older copy"},
	AlarmLogCut: {"log-cut", "the log reached its limit and was cut below what the replica still needs, " +
		"which will not be able to catch up from here"},
	AlarmBodyFlood: {"body-flood", "the replica's host sent more large bodies than requests named, and further " +
		"ones were refused: see whether that host is tampered with"},
	AlarmTransfer: {"state-transfer", "it takes the state over from its peers, and the number is the per cent that it " +
		"has: wait, and look at its disk and network if that does not rise"},
	AlarmUnfitPart: {"unfit-part", "the replica's host sent parts of the state that are not what f+1 replicas " +
		"attested: its disk is damaged, or it is tampered with"},

	AlarmAwaits: {"awaits", "its enclave stopped and comes back only together with the replica: start that one, or put " +
		"the folder of its host back on another machine"},

	AlarmHostSilent: {"host-silent", "its host does not answer its enclave, so the figures are missing: " +
		"see the host's log"},
	AlarmBadFrames: {"bad-frames", "its host sent its enclave what does not decode or makes no sense: " +
		"the host is damaged or tampered with"},
	AlarmBadMACs: {"bad-macs", "its host delivered messages of peers that are not authentic: " +
		"a host on the way damages or forges them"},
	AlarmRefusedCertificate: {"refused-certificate", "its host asked its enclave to certify something else " +
		"where it had certified already: the host is damaged or tampered with"},
	AlarmRefusedClaim: {"refused-claim", "its enclave refused results that its host reported: " +
		"the host is damaged or tampered with"},
	AlarmBadReplies: {"bad-replies", "replies of peers were refused in the vote: " +
		"a host on the way damages, replays or forges them"},
	AlarmInactive: {"not-active", "its enclave is coming back and serves nobody yet: see whom it awaits, " +
		"or the host's log"},
	AlarmBadRecord: {"bad-record", "its host delivered mail that is not what was stored: " +
		"clients were given it from elsewhere or were refused"},
	AlarmBehind: {"behind", "its host showed its enclave writes much later than other hosts did, or not at all, and its " +
		"clients were sent to other replicas: see whether it has too much to do, or is tampered with"},
	AlarmAlone: {"alone", "its enclave heard of too few others, and its clients were sent to other replicas: see that " +
		"the network between the hosts is open"},

	AlarmUnreachable: {"unreachable", "it does not answer: see that the enclave's process runs " +
		"and that its admin address is reachable"},
	AlarmDiverged: {"diverged", "its state differs from that of the majority at the same order: " +
		"stop it, and let it be repaired from its peers"},
}

// Name returns the alarm's name for scripts, such as "peer-silent".
func (c AlarmCode) Name() string {
	if t, ok := alarmTexts[c]; ok {
		return t.name
	}
	return fmt.Sprintf("alarm-%d", uint16(c))
}

// Sentence returns what the alarm means and what to do.
func (c AlarmCode) Sentence() string {
	if t, ok := alarmTexts[c]; ok {
		return t.sentence
	}
	return "an alarm that this program does not know: use a newer one"
}

// NoReplica is the Subject of an alarm that concerns no other replica.
const NoReplica wire.ReplicaID = 0xffff

// Alarm is one alarm that a replica raises. Count is how often since the start, 0 where that means nothing.
type Alarm struct {
	Code    AlarmCode
	Subject wire.ReplicaID // the replica that it is about, or NoReplica for the one that raises it
	Count   uint64
}

// String returns the alarm for people: "peer-silent (replica 2): ...". It starts with the name.
func (a Alarm) String() string {
	text := a.Code.Name()
	switch {
	case a.Subject != NoReplica:
		text += fmt.Sprintf(" (replica %d)", a.Subject)
	case a.Count > 0:
		text += fmt.Sprintf(" (%d)", a.Count)
	}
	return text + ": " + a.Code.Sentence()
}

// AlarmBytes is the size of an encoded alarm.
const AlarmBytes = 2 + 2 + 8

// AppendAlarms appends a list of alarms, at most MaxAlarms of them.
func AppendAlarms(dst []byte, alarms []Alarm) []byte {
	alarms = alarms[:min(len(alarms), MaxAlarms)]
	dst = canon.AppendCount(dst, len(alarms))
	for _, a := range alarms {
		dst = canon.AppendUint16(dst, uint16(a.Code))
		dst = canon.AppendUint16(dst, uint16(a.Subject))
		dst = canon.AppendUint64(dst, a.Count)
	}
	return dst
}

// ReadAlarms reads what AppendAlarms appended. An unknown code is kept: a newer host may know more.
func ReadAlarms(r *canon.Reader) []Alarm {
	alarms := make([]Alarm, r.Count(MaxAlarms, AlarmBytes))
	for i := range alarms {
		alarms[i] = Alarm{Code: AlarmCode(r.Uint16()), Subject: wire.ReplicaID(r.Uint16()), Count: r.Uint64()}
	}
	return alarms
}
