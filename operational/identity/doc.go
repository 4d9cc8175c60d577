// Package identity says who is asking: people and their passwords, sessions and API keys, each turned into an
// operational.Actor. It also holds what only the program's own commands may do (Admin).
//
// Decided:
//   - Tokens and key secrets have 256 random bits; only their sha256 is stored. Passwords are argon2id.
//   - One neutral answer for an unknown address, a wrong password and a suspended person, after the same work.
//   - The api login reaches people, passwords, sessions and keys by definer functions that each answer one
//     question; no tenant role reads the tables.
package identity
