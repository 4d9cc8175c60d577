// Package hashing keeps passwords as what is dear to guess from (argon2id).
package hashing

import "github.com/alexedwards/argon2id"

// Each hash takes 64 MiB for some tens of milliseconds.
var params = argon2id.Params{Memory: 64 * 1024, Iterations: 1, Parallelism: 2, SaltLength: 16, KeyLength: 32}

// Hash is what is kept of a password.
func Hash(password string) (string, error) { return argon2id.CreateHash(password, &params) }

// Matches compares a password with what is kept of one, whatever that took.
func Matches(password, hash string) (bool, error) {
	return argon2id.ComparePasswordAndHash(password, hash)
}

// Quick makes hashes cheap from now on, for programs of tests before their tests begin: people of tests sign in thousands
// of times, and nobody guesses their passwords.
func Quick() { params.Memory, params.Parallelism = 64, 1 }
