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

func (t Tickets) link(token string) string { return t.address + "/invitations/" + token }

// digest is what is stored of a token.
func digest(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
