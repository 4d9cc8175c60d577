package interconnect

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// Tickets makes the tokens of invitations, and the links that carry them.
//
// A token is a keyed digest of the invitation and the number of its issue: 256 bits that nobody can guess and the
// program can make again, so that the mail is sent after the commit, by whichever program works on it, and neither the
// database nor a job ever holds a token.
type Tickets struct {
	key     []byte
	address string
}

// NewTickets takes a key of at least 32 bytes, and the address under which people reach the program.
func NewTickets(key []byte, address string) Tickets {
	return Tickets{key: key, address: strings.TrimRight(address, "/")}
}

const tokenLength = 43 // 32 bytes in base64 without padding

func (t Tickets) token(invitation uuid.UUID, issue int) string {
	m := hmac.New(sha256.New, t.key)
	fmt.Fprintf(m, "invitation|%s|%d", invitation, issue)
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// joining is what stands behind a link that is mailed to an address: it shows that whoever has it reads mail there. The
// address is in it, so that nothing has to be kept of it.
func (t Tickets) joining(invitation uuid.UUID, issue int, address string) string {
	m := hmac.New(sha256.New, t.key)
	fmt.Fprintf(m, "joining|%s|%d|%s", invitation, issue, address)
	return base64.RawURLEncoding.EncodeToString([]byte(address)) + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// addressOf is the address that a link to join was mailed to; false when it is none of this issue of the invitation.
func (t Tickets) addressOf(invitation uuid.UUID, issue int, ticket string) (string, bool) {
	text, _, _ := strings.Cut(ticket, ".")
	address, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(address) == 0 || len(ticket) > 500 || !hmac.Equal([]byte(ticket), []byte(t.joining(invitation, issue, string(address)))) {
		return "", false
	}
	return string(address), true
}

func (t Tickets) link(token string) string { return t.address + "/invitations/" + token }

// digest is what is stored of a token.
func digest(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
