package setup

import (
	"crypto/rand"
	"fmt"

	"troxymail/bftcore/wire"
	"troxymail/cmd/internal/config"
	"troxymail/cmd/internal/enrol"
	"troxymail/cmd/internal/pki"
	"troxymail/enclave/genesis"
)

// drawSecrets runs each enclave's genesis code and keeps the result only sealed to its simulated platform.
func (m *maker) drawSecrets() error {
	first, err := genesis.Draw(rand.Reader)
	if err != nil {
		return err
	}
	for i := range m.plan.Replicas {
		secrets := first
		if i > 0 {
			if secrets, err = first.ForPeer(rand.Reader); err != nil {
				return err
			}
		}
		if err := m.keepSecrets(i, secrets); err != nil {
			return fmt.Errorf("replica %d: %w", i, err)
		}
	}
	return nil
}

func (m *maker) keepSecrets(i int, secrets *genesis.Secrets) error {
	e := config.Enclave{
		Replica: wire.ReplicaID(i), Genesis: m.genesis, DataDir: path(m.temp, enclaveName(i)), Names: m.plan.Replicas[i].Names,
	}
	platform, err := enrol.Simulated(&e)
	if err != nil {
		return err
	}
	if err := enrol.Keep(&e, platform, secrets); err != nil {
		return err
	}
	request, err := enrol.Request(&e, secrets)
	if err != nil {
		return err
	}
	chain, err := m.authority.Issue(request, m.now)
	if err != nil {
		return err
	}
	return pki.SaveChain(enrol.CertificateFile(&e), chain)
}
