package wire

import (
	"pgregory.net/rapid"
)

func sampleDisclosure() Disclosure {
	return Disclosure{Stable: Stable{Order: 4, Root: fill(0x44)}, Entries: []Entry{
		{Order: 5, Rank: Rank{Generation: 2, View: 3}, Batch: fill(0x55)},
		{Order: 6, Batch: fill(0x66)},
	}}
}

func randomDisclosure(t *rapid.T, contiguous bool) Disclosure {
	d := Disclosure{Stable: Stable{Order: rapid.Uint64Range(0, MaxNumber-100).Draw(t, "stable"), Root: digest(t)}}
	order := d.Stable.Order
	for range rapid.IntRange(0, 5).Draw(t, "entries") {
		order++
		if !contiguous {
			order += rapid.Uint64Range(0, 9).Draw(t, "gap")
		}
		d.Entries = append(d.Entries, Entry{Order: order, Rank: Rank{Generation: small(t), View: num(t)}, Batch: digest(t)})
	}
	return d
}

func randomNonce(t *rapid.T) Nonce {
	d := digest(t)
	return Nonce(d[:16])
}

func randomMembers(t *rapid.T) []Member {
	var members []Member
	for r := range ReplicaID(rapid.IntRange(0, MaxReplicas).Draw(t, "members")) {
		members = append(members, Member{Replica: r, Nonce: randomNonce(t)})
	}
	return members
}

// bare returns a random certificate of a kind that has no previous value.
func bare(t *rapid.T, k CertKind, at Position) Certificate {
	c := randomCertificate(t, k)
	c.New, c.Previous = at, Position{}
	return c
}

// enclaveCodecs lists what enclaves say about views, checkpoints, restarts and foundings.
func enclaveCodecs() []codec {
	checkpoint := Checkpoint{Certificate: sampleCertificate(CertCheckpoint, 1, Position{Order: 4})}
	req := ReqVC{Certificate: sampleCertificate(CertReqVC, 1, Position{View: 4})}
	vc := ViewChange{Certificate: sampleCertificate(CertViewChange, 1, Position{View: 4}), Disclosure: sampleDisclosure()}
	vc.Certificate.Previous, vc.Certificate.Digest = Position{View: 3, Order: 6}, ViewChangeDigest(&vc.Disclosure)
	nv := NewView{Certificate: sampleCertificate(CertNewView, 1, Position{View: 4}), Disclosure: sampleDisclosure()}
	nv.Certificate.Digest = NewViewDigest(&nv.Disclosure)
	return []codec{
		of("CHECKPOINT", checkpoint.Append(nil), DecodeCheckpoint, func(m Checkpoint) []byte { return m.Append(nil) },
			func(t *rapid.T) []byte {
				m := Checkpoint{Certificate: bare(t, CertCheckpoint, Position{Order: num(t)/2 + 1})}
				return m.Append(nil)
			}),
		of("REQ-VC", req.Append(nil), DecodeReqVC, func(m ReqVC) []byte { return m.Append(nil) },
			func(t *rapid.T) []byte {
				m := ReqVC{Certificate: bare(t, CertReqVC, Position{View: num(t)/2 + 1})}
				return m.Append(nil)
			}),
		of("VIEW-CHANGE", vc.Append(nil), DecodeViewChange, func(m ViewChange) []byte { return m.Append(nil) },
			func(t *rapid.T) []byte {
				m := ViewChange{Certificate: randomCertificate(t, CertViewChange), Disclosure: randomDisclosure(t, false)}
				m.Certificate.New, m.Certificate.Previous.View = Position{View: MaxNumber}, num(t)/2
				m.Certificate.Digest = ViewChangeDigest(&m.Disclosure)
				return m.Append(nil)
			}),
		of("NEW-VIEW", nv.Append(nil), DecodeNewView, func(m NewView) []byte { return m.Append(nil) },
			func(t *rapid.T) []byte {
				m := NewView{Certificate: bare(t, CertNewView, Position{View: num(t)}), Disclosure: randomDisclosure(t, true)}
				m.Certificate.Digest = NewViewDigest(&m.Disclosure)
				return m.Append(nil)
			}),
		frontierCodec(), helloCodec(), infoCodec(), recRequestCodec(), recStateCodec(), statementCodec(), coldStateCodec(),
		joinCodec(),
	}
}

func frontierCodec() codec {
	m := Frontier{Certificate: sampleCertificate(CertFrontier, 1, Position{View: 3, Order: 6}), Disclosure: sampleDisclosure(),
		LastActive: Founding{Generation: 1, Digest: fill(0xfa)}, InView: true, Selected: 5, NewView: 2}
	m.Certificate.Digest = m.BodyDigest()
	return of("FRONTIER", m.Append(nil), DecodeFrontier, func(m Frontier) []byte { return m.Append(nil) },
		func(t *rapid.T) []byte {
			m := Frontier{Certificate: randomCertificate(t, CertFrontier), Disclosure: randomDisclosure(t, false),
				LastActive: Founding{Generation: small(t), Digest: digest(t)}, InView: rapid.Bool().Draw(t, "in view"), Selected: num(t), NewView: num(t)}
			m.Certificate.Digest = m.BodyDigest()
			return m.Append(nil)
		})
}

func helloCodec() codec {
	m := RecHello{Certificate: sampleCertificate(CertRecHello, 1, Position{}), Nonce: Nonce{7}}
	m.Certificate.Digest = m.NonceDigest()
	return of("REC-HELLO", m.Append(nil), DecodeRecHello, func(m RecHello) []byte { return m.Append(nil) },
		func(t *rapid.T) []byte {
			m := RecHello{Certificate: randomCertificate(t, CertRecHello), Nonce: randomNonce(t)}
			m.Certificate.Digest = m.NonceDigest()
			return m.Append(nil)
		})
}

func infoCodec() codec {
	m := RecInfo{Certificate: sampleCertificate(CertRecInfo, 1, Position{}), For: 2, Nonce: Nonce{7}}
	m.Certificate.Digest = m.BodyDigest()
	return of("REC-INFO", m.Append(nil), DecodeRecInfo, func(m RecInfo) []byte { return m.Append(nil) },
		func(t *rapid.T) []byte {
			m := RecInfo{Certificate: randomCertificate(t, CertRecInfo), For: 3, Nonce: randomNonce(t)}
			m.Certificate.Digest = m.BodyDigest()
			return m.Append(nil)
		})
}

func recRequestCodec() codec {
	m := RecRequest{Certificate: sampleCertificate(CertRecRequest, 1, Position{}), Nonce: Nonce{7}}
	m.Certificate.Digest = m.NonceDigest()
	return of("REC-REQ", m.Append(nil), DecodeRecRequest, func(m RecRequest) []byte { return m.Append(nil) },
		func(t *rapid.T) []byte {
			m := RecRequest{Certificate: randomCertificate(t, CertRecRequest), Nonce: randomNonce(t)}
			m.Certificate.Digest = m.NonceDigest()
			return m.Append(nil)
		})
}

func recStateCodec() codec {
	m := RecState{Certificate: sampleCertificate(CertRecState, 1, Position{View: 3, Order: 6}), For: 2, Granted: 3, Nonce: Nonce{7},
		Disclosure: sampleDisclosure()}
	m.Certificate.Digest = m.BodyDigest()
	return of("REC-STATE", m.Append(nil), DecodeRecState, func(m RecState) []byte { return m.Append(nil) },
		func(t *rapid.T) []byte {
			m := RecState{Certificate: randomCertificate(t, CertRecState), For: 1, Granted: small(t), Nonce: randomNonce(t),
				Disclosure: randomDisclosure(t, false)}
			m.Certificate.Digest = m.BodyDigest()
			return m.Append(nil)
		})
}

func statementCodec() codec {
	m := Statement{Certificate: sampleCertificate(CertResigned, 1, Position{}), Standing: Resigned, Asked: Nonce{7}, Own: Nonce{8}}
	m.Certificate.Digest = m.BodyDigest()
	return of("STATEMENT", m.Append(nil), DecodeStatement, func(m Statement) []byte { return m.Append(nil) },
		func(t *rapid.T) []byte {
			m := Statement{Certificate: randomCertificate(t, CertResigned), Standing: Standing(rapid.IntRange(1, 3).Draw(t, "standing")),
				Asked: randomNonce(t), Own: randomNonce(t)}
			m.Certificate.Digest = m.BodyDigest()
			return m.Append(nil)
		})
}

func coldStateCodec() codec {
	m := ColdState{Certificate: sampleCertificate(CertColdState, 1, Position{View: 3, Order: 6}),
		Members:    []Member{{Replica: 0, Nonce: Nonce{1}}, {Replica: 2, Nonce: Nonce{2}}},
		LastActive: Founding{Generation: 1, Digest: fill(0xfa)}, Disclosure: sampleDisclosure()}
	m.Certificate.Digest = m.BodyDigest()
	return of("COLD-STATE", m.Append(nil), DecodeColdState, func(m ColdState) []byte { return m.Append(nil) },
		func(t *rapid.T) []byte {
			m := ColdState{Certificate: randomCertificate(t, CertColdState), Members: randomMembers(t),
				LastActive: Founding{Generation: small(t), Digest: digest(t)}, Disclosure: randomDisclosure(t, false)}
			m.Certificate.Digest = m.BodyDigest()
			return m.Append(nil)
		})
}

func joinCodec() codec {
	m := Join{Certificate: sampleCertificate(CertJoin, 1, Position{View: 3, Order: 6})}
	return of("JOIN", m.Append(nil), DecodeJoin, func(m Join) []byte { return m.Append(nil) },
		func(t *rapid.T) []byte {
			m := Join{Certificate: bare(t, CertJoin, Position{View: num(t), Order: num(t)})}
			return m.Append(nil)
		})
}
