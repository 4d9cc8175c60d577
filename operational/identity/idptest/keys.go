package idptest

import (
	"crypto/rsa"

	"github.com/go-jose/go-jose/v4"
)

// signing is a key that signs.
type signing struct {
	id  string
	key *rsa.PrivateKey
}

// SignatureAlgorithm says how.
func (signing) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }

// Key is the key itself.
func (s signing) Key() any { return s.key }

// ID is its name.
func (s signing) ID() string { return s.id }

// shown is the half of it that everybody may see.
type shown struct{ signing }

// Algorithm says how it signs.
func (shown) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }

// Use says what for.
func (shown) Use() string { return "sig" }

// Key is what signatures are checked with.
func (s shown) Key() any { return &s.key.PublicKey }
