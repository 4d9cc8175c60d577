package postgres

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
)

// Sealer keeps what only this deployment may read, and nobody may change: AES-256-GCM under a key of one purpose.
type Sealer struct{ aead cipher.AEAD }

// Sealer makes one; what one purpose has sealed no other opens.
func (s Secret) Sealer(purpose string) Sealer {
	block, err := aes.NewCipher(s.Derive(purpose))
	if err == nil {
		var aead cipher.AEAD
		if aead, err = cipher.NewGCM(block); err == nil {
			return Sealer{aead}
		}
	}
	panic(fmt.Sprintf("a derived key is no key of AES: %v", err)) // its length is fixed
}

// Seal seals a text; twice the same text looks different.
func (s Sealer) Seal(plain []byte) []byte {
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails: the program ends before it would
	return s.aead.Seal(nonce, nonce, plain, nil)
}

// Open gives back what was sealed, and an error of anything else.
func (s Sealer) Open(sealed []byte) ([]byte, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, errors.New("what is sealed is cut short")
	}
	plain, err := s.aead.Open(nil, sealed[:n], sealed[n:], nil)
	if err != nil {
		return nil, fmt.Errorf("open what is sealed: %w", err)
	}
	return plain, nil
}
