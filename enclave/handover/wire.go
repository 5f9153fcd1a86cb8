package handover

import (
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
	"troxymail/enclave/tee"
)

const (
	version      = 1
	tag          = "troxymail/handover/v1"
	maxFrame     = tee.MaxEvidenceBytes + 64
	maxSPKIBytes = 1024
)

// ErrFrame is wrapped for anything that breaks the protocol.
var ErrFrame = errors.New("handover: the other side does not speak this protocol")

// role is which end of a handover one is.
type role uint8

const (
	roleGiver    role = 1
	roleReceiver role = 2
)

// hello is the first frame of both sides.
type hello struct {
	role    role
	replica wire.ReplicaID
	genesis [32]byte
	nonce   [32]byte
}

func (h *hello) append(dst []byte) []byte {
	dst = canon.AppendUint16(append(dst, version, byte(h.role)), uint16(h.replica))
	return canon.AppendFixed(canon.AppendFixed(dst, h.genesis[:]), h.nonce[:])
}

func decodeHello(frame []byte) (hello, error) {
	r := canon.NewReader(frame)
	if r.Uint8() != version {
		r.Fail(canon.ErrNonCanonical)
	}
	h := hello{role: role(r.Uint8()), replica: wire.ReplicaID(r.Uint16()), genesis: r.Copy32()}
	h.nonce = r.Copy32()
	return h, broken(r.Done())
}

// verdict is what a giver answers: why not, or its evidence or the key.
type verdict uint8

const (
	given          verdict = 0
	refused        verdict = 1 // the receiver's evidence is not accepted
	foreignGenesis verdict = 2
	noKey          verdict = 3 // this enclave has no keys itself
	badReplica     verdict = 4 // no such replica, or the giver's own
)

// answer is a giver's frame behind its hello.
type answer struct {
	verdict verdict
	body    []byte // with given
}

func (a *answer) append(dst []byte) []byte {
	return canon.AppendBytes(append(dst, version, byte(a.verdict)), a.body)
}

func decodeAnswer(frame []byte) (answer, error) {
	r := canon.NewReader(frame)
	if r.Uint8() != version {
		r.Fail(canon.ErrNonCanonical)
	}
	a := answer{verdict: verdict(r.Uint8()), body: r.Bytes(tee.MaxEvidenceBytes)}
	if a.verdict != given && len(a.body) > 0 {
		r.Fail(canon.ErrNonCanonical)
	}
	return a, broken(r.Done())
}

func broken(err error) error {
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFrame, err)
	}
	return nil
}

// channel is the TLS connection that evidence is bound to.
type channel struct {
	exporter [32]byte
	giver    []byte // SPKI, DER
	receiver []byte
}

// reportData is what the side with that role binds into its evidence on a channel with those hellos.
func reportData(r role, c *channel, giver, receiver *hello) [tee.ReportDataBytes]byte {
	b := canon.AppendBytes(nil, []byte(tag))
	b = canon.AppendUint8(b, uint8(r))
	b = canon.AppendFixed(b, c.exporter[:])
	b = canon.AppendBytes(b, c.giver)
	b = canon.AppendBytes(b, c.receiver)
	b = canon.AppendBytes(b, giver.append(nil)) // genesis, replica and nonce
	b = canon.AppendBytes(b, receiver.append(nil))
	return sha512.Sum512(b)
}

func writeFrame(w io.Writer, body []byte) error {
	_, err := w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...))
	return err
}

// readFrame checks the length before it takes memory.
func readFrame(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxFrame {
		return nil, fmt.Errorf("%w: a frame of %d bytes", ErrFrame, n)
	}
	body := make([]byte, n)
	_, err := io.ReadFull(r, body)
	return body, err
}
