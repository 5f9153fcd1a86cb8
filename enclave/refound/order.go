package refound

import (
	"crypto/ed25519"
	"errors"
	"fmt"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

const orderTag = "troxymail/refound/v1"

// MaxOrderBytes bounds an encoded order.
const MaxOrderBytes = 256 + MaxLossBytes + wire.MaxReplicas*(2+16)

// Errors of an order.
var (
	// ErrFormat is wrapped for bytes that are no order.
	ErrFormat = errors.New("refound: not an order")
	// ErrSignature is returned for an order that the administrator did not sign for this group.
	ErrSignature = errors.New("refound: not signed by the administrator of this group")
	// ErrOther is returned for an order about another founding than the one that is planned here.
	ErrOther = errors.New("refound: the order is for another founding than the one that is planned here")
	// ErrWords is returned when the order's words are not those that the plan gives.
	ErrWords = errors.New("refound: the order says otherwise what may be lost: run the same version everywhere")
)

// Order is the administrator's word that a founding may go on without the replicas that are no members.
type Order struct {
	Founding  wire.Founding
	Members   []wire.Member
	Loss      string
	Signature [ed25519.SignatureSize]byte
}

// Sign makes the order to follow a plan in the group of a genesis.
func (p *Plan) Sign(key ed25519.PrivateKey, genesis [32]byte) Order {
	o := Order{Founding: p.Founding, Members: p.members(), Loss: p.Loss()}
	copy(o.Signature[:], ed25519.Sign(key, o.statement(genesis)))
	return o
}

func (p *Plan) members() []wire.Member {
	list := make([]wire.Member, len(p.Members))
	for i := range list {
		list[i] = wire.Member{Replica: p.Members[i].Replica, Nonce: p.Members[i].Nonce}
	}
	return list
}

// Verify returns nil if key signed the order for this genesis and plan: ErrSignature first, then ErrOther, ErrWords.
func (o *Order) Verify(key ed25519.PublicKey, genesis [32]byte, p *Plan) error {
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, o.statement(genesis), o.Signature[:]) {
		return ErrSignature
	}
	members := p.members()
	if o.Founding != p.Founding || len(o.Members) != len(members) {
		return ErrOther
	}
	for i := range members {
		if o.Members[i] != members[i] {
			return ErrOther
		}
	}
	if o.Loss == "" || o.Loss != p.Loss() {
		return ErrWords
	}
	return nil
}

// statement is what is signed.
func (o *Order) statement(genesis [32]byte) []byte {
	return o.appendBody(canon.AppendFixed(canon.AppendBytes(nil, []byte(orderTag)), genesis[:]))
}

func (o *Order) appendBody(dst []byte) []byte {
	dst = canon.AppendFixed(canon.AppendUint32(dst, o.Founding.Generation), o.Founding.Digest[:])
	return canon.AppendBytes(wire.AppendMembers(dst, o.Members), []byte(o.Loss))
}

// Append appends the order.
func (o *Order) Append(dst []byte) []byte {
	return canon.AppendFixed(o.appendBody(dst), o.Signature[:])
}

// Decode decodes an order; ErrFormat. It does not check the signature.
func Decode(b []byte) (Order, error) {
	r := canon.NewReader(b)
	o := Order{Founding: wire.Founding{Generation: r.Uint32(), Digest: r.Copy32()}, Members: wire.ReadMembers(r),
		Loss: string(r.Bytes(MaxLossBytes))}
	copy(o.Signature[:], r.Fixed(ed25519.SignatureSize))
	if err := r.Done(); err != nil {
		return Order{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return o, nil
}
