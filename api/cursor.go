package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// cursors signs the place where a list goes on. A cursor is bound to whoever got it and to the list it came from,
// so that it neither carries anybody's keys elsewhere nor tells whether a foreign one was genuine.
type cursors struct{ key []byte }

func newCursors(secret postgres.Secret) cursors { return cursors{key: secret.Derive("cursor")} }

// listID names one list: the operation with everything that decides rows and order.
func listID(operation string, parts ...string) string {
	return operation + "\x00" + strings.Join(parts, "\x00")
}

func (c cursors) encode(actor operational.Actor, list string, after []string) string {
	if after == nil {
		return ""
	}
	body, err := json.Marshal(after)
	if err != nil {
		return "" // strings always marshal
	}
	return base64.RawURLEncoding.EncodeToString(append(c.sign(actor, list, body), body...))
}

// cursorTag is how much of the signature a cursor carries: 128 bits cannot be guessed.
const cursorTag = 16

func (c cursors) decode(actor operational.Actor, list, cursor string) ([]string, error) {
	if cursor == "" {
		return nil, nil
	}
	refused := &operational.Error{
		Kind: operational.KindInvalid, Code: "invalid-cursor",
		Message: "This cursor does not belong to this list. Ask for the first page without cursor, with the same filter and sort, and go on from there.",
		Fields:  []operational.FieldFault{{Field: "query.cursor", Message: "is not a cursor of this list"}},
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(raw) < cursorTag {
		return nil, refused
	}
	tag, body := raw[:cursorTag], raw[cursorTag:]
	if !hmac.Equal(tag, c.sign(actor, list, body)) {
		return nil, refused
	}
	var after []string
	if json.Unmarshal(body, &after) != nil {
		return nil, refused
	}
	return after, nil
}

func (c cursors) sign(actor operational.Actor, list string, body []byte) []byte {
	m := hmac.New(sha256.New, c.key)
	for _, part := range []string{actor.Org.String(), string(actor.Side), actor.Membership.String(), list} {
		m.Write([]byte(part))
		m.Write([]byte{0})
	}
	m.Write(body)
	return m.Sum(nil)[:cursorTag]
}
