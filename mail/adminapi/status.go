package adminapi

import (
	"troxymail/bftcore/wire/canon"
	"troxymail/enclave/boundary"
)

// maxPlatformBytes bounds the name of a platform.
const maxPlatformBytes = 64

// Status is how one replica fares. Host and the alarms below 64 are its host's word, which may lie; the
// rest is its enclave's.
type Status struct {
	Replica     uint16
	Replicas    uint16
	Platform    string // what the enclave runs in
	Simulated   bool   // and that it protects nothing
	Active      bool   // the enclave can serve
	Generation  uint32 // of the founding
	Incarnation uint32 // of the enclave
	Reads       boundary.Reads
	// Host is nil when the host did not answer in time.
	Host *boundary.HostFacts
	// Alarms are the enclave's and the host's, in order of code.
	Alarms []boundary.Alarm
}

func (s *Status) appendTo(dst []byte) []byte {
	dst = canon.AppendUint16(canon.AppendUint16(dst, s.Replica), s.Replicas)
	dst = canon.AppendBytes(dst, []byte(s.Platform[:min(len(s.Platform), maxPlatformBytes)]))
	dst = canon.AppendBool(canon.AppendBool(dst, s.Simulated), s.Active)
	dst = canon.AppendUint32(canon.AppendUint32(dst, s.Generation), s.Incarnation)
	dst = s.Reads.AppendTo(dst)
	dst = canon.AppendBool(dst, s.Host != nil)
	if s.Host != nil {
		dst = s.Host.AppendTo(dst)
	}
	return boundary.AppendAlarms(dst, s.Alarms)
}

func readStatus(r *canon.Reader) *Status {
	s := &Status{Replica: r.Uint16(), Replicas: r.Uint16(), Platform: string(r.Bytes(maxPlatformBytes))}
	s.Simulated, s.Active = r.Bool(), r.Bool()
	s.Generation, s.Incarnation = r.Uint32(), r.Uint32()
	s.Reads = boundary.ReadReads(r)
	if r.Bool() {
		facts := boundary.ReadHostFacts(r)
		s.Host = &facts
	}
	s.Alarms = boundary.ReadAlarms(r)
	return s
}
