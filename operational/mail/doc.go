// Package mail sends mail by somebody's SMTP server, one plain text at a time.
//
// Decided:
//   - A server is spoken to over TLS or not at all, but for one that is named with tls=off (one's own machine).
//   - Nothing is sent inside a transaction: jobs send, and try again.
package mail
