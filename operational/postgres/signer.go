package postgres

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/sharepartner/sharepartner/operational"
)

const (
	contextLife = 6 * time.Hour    // bounds how long one transaction may run inside a tenant's context
	purposeLife = 10 * time.Minute // and how long a signed purpose is good for: more than two servers' clocks differ
)

// Secret is the one secret of a deployment; keys and the passwords of the logins are derived from it.
type Secret []byte

// Derive makes a key for one purpose.
func (s Secret) Derive(purpose string) []byte {
	m := hmac.New(sha256.New, s)
	m.Write([]byte("sharepartner:" + purpose))
	return m.Sum(nil)
}

// Password is the password of one of the program's database logins.
func (s Secret) Password(login string) string { return hex.EncodeToString(s.Derive("login:" + login)) }

// Signer signs tenant contexts so that the database can tell them from forged ones.
type Signer struct{ key []byte }

// NewSigner derives the signing key from the deployment's secret.
func NewSigner(s Secret) Signer { return Signer{key: s.Derive("tenant-context")} }

// Sign states who asks until when, and signs it.
func (s Signer) Sign(a operational.Actor, until time.Time) (claim, sig string) {
	claim = fmt.Sprintf("%s|%s|%s|%d", a.Org, a.Side, a.Membership, until.Unix())
	m := hmac.New(sha256.New, s.key)
	m.Write([]byte(claim))
	return claim, hex.EncodeToString(m.Sum(nil))
}

// purpose states what the program itself wants across tenants, and signs it.
func (s Signer) purpose(name string, until time.Time) (claim, sig string) {
	return s.Sign(operational.Actor{Side: operational.Side(name)}, until)
}

// pads are the two halves of HMAC's key schedule: all that sec.ctx needs to verify with sha256 alone.
func (s Signer) pads() (inner, outer []byte) {
	inner, outer = make([]byte, sha256.BlockSize), make([]byte, sha256.BlockSize)
	copy(inner, s.key)
	copy(outer, s.key)
	for i := range inner {
		inner[i] ^= 0x36
		outer[i] ^= 0x5c
	}
	return inner, outer
}
