package node

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

const (
	// frontiersName is the file in the host's folder that keeps own certificates apart from the log.
	frontiersName = "frontiers"
	frontiersTag  = "troxymail frontiers 1\n"
	// maxFrontiers bounds them: of the newest flushes of the store. The store may be found one flush back.
	maxFrontiers = 8
)

// frontiers are COMMITs of the own enclave at the orders that the store reached by its newest flushes, for
// the day when the log is lost: the enclave then continues from the one at the store's order (see
// bftcore/restore.go). Without them it would have to certify every order since the first once more.
type frontiers struct {
	path string
	list []wire.Certificate // rising by order
}

// openFrontiers reads the file; one that is missing or damaged holds none.
func openFrontiers(dir string) *frontiers {
	f := &frontiers{path: filepath.Join(dir, frontiersName)}
	content, err := os.ReadFile(f.path)
	if err == nil {
		f.list = decodeFrontiers(content)
	}
	return f
}

func decodeFrontiers(b []byte) []wire.Certificate {
	body, ok := bytes.CutPrefix(b, []byte(frontiersTag))
	if !ok || len(body) < sha256.Size {
		return nil
	}
	body, sum := body[:len(body)-sha256.Size], body[len(body)-sha256.Size:]
	if want := sha256.Sum256(body); !bytes.Equal(sum, want[:]) {
		return nil
	}
	r := canon.NewReader(body)
	list := make([]wire.Certificate, r.Count(maxFrontiers, wire.CertificateBytes(1)))
	for i := range list {
		list[i] = wire.ReadCertificate(r)
	}
	if r.Done() != nil {
		return nil
	}
	return list
}

func (f *frontiers) encode() []byte {
	body := canon.AppendCount(nil, len(f.list))
	for i := range f.list {
		body = f.list[i].Append(body)
	}
	sum := sha256.Sum256(body)
	return append(append([]byte(frontiersTag), body...), sum[:]...)
}

// upTo returns the newest one of an order up to order, nil for none.
func (f *frontiers) upTo(order uint64) *wire.Certificate {
	for i := len(f.list) - 1; i >= 0; i-- {
		if f.list[i].New.Order <= order {
			return &f.list[i]
		}
	}
	return nil
}

// keep adds x, durably. What is there for its order and above goes: the store was set back.
func (f *frontiers) keep(x *wire.Certificate) error {
	for len(f.list) > 0 && f.list[len(f.list)-1].New.Order >= x.New.Order {
		f.list = f.list[:len(f.list)-1]
	}
	f.list = append(f.list[max(0, len(f.list)+1-maxFrontiers):], *x)
	if err := WriteDurably(f.path, f.encode()); err != nil {
		return fmt.Errorf("node: keeping the frontier: %w", err)
	}
	return nil
}
