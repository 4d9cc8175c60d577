package identity

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
)

// Bounds of what people give. Longer passwords would only make hashing slower.
const (
	minPassword, maxPassword = 8, 256
	maxEmail                 = 254
)

// normalEmail is the form in which addresses are compared.
func normalEmail(text string) string { return strings.ToLower(strings.TrimSpace(text)) }

func checkEmail(f *operational.Faults, text string) {
	parsed, err := mail.ParseAddress(strings.TrimSpace(text))
	if err != nil || parsed.Address != strings.TrimSpace(text) || len(text) > maxEmail {
		f.Add("email", "must be a mail address", nil)
	}
}

func checkPassword(f *operational.Faults, text string) {
	if n := utf8.RuneCountInString(text); n < minPassword || n > maxPassword || !utf8.ValidString(text) {
		f.Add("password", fmt.Sprintf("must have %d to %d characters", minPassword, maxPassword), nil)
	}
}

func checkName(f *operational.Faults, field, text string, most int) {
	if n := utf8.RuneCountInString(strings.TrimSpace(text)); n < 1 || n > most {
		f.Add(field, fmt.Sprintf("must have 1 to %d characters", most), nil)
	}
}

// checkZone checks the name of a time zone.
func checkZone(f *operational.Faults, name string) {
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" || len(name) > 64 {
		f.Add("time_zone", "must be an IANA name, for example Europe/Berlin", name)
	}
}

// sideOf is the hat that a person wears when it signs in. In a company that does both it is the vendor's, unless its
// role is one of the people who sell; a session can change it.
func sideOf(role operational.Role, governs, sells bool) (operational.Side, bool) {
	switch {
	case governs && (role != operational.RoleSeller || !sells):
		return operational.SideVendor, true
	case sells:
		return operational.SidePartner, true
	}
	return "", false
}

// check says what is wrong with a wish for an API key: it holds only what its maker holds.
func (k NewKey) check(actor operational.Actor, now time.Time) error {
	var f operational.Faults
	checkName(&f, "name", k.Name, 100)
	if len(k.Scopes) == 0 {
		f.Add("scopes", "name at least one permission", nil)
	}
	held := actor.Permissions()
	for i, scope := range k.Scopes {
		if p := operational.Permission(scope); p == operational.SignedIn || !slices.Contains(held, p) {
			f.Add(fmt.Sprintf("scopes[%d]", i), "is no permission that you hold", scope)
		}
	}
	if c := k.connection(actor); c != nil && !opens(actor, *c) {
		f.Add("connection_id", "There is no such connection that you can work in.", c.String())
	}
	if k.ExpiresAt != nil && !k.ExpiresAt.After(now) {
		f.Add("expires_at", "must lie in the future", *k.ExpiresAt)
	}
	return f.Err()
}

// connection is the only one that the key works in. Who works in one makes keys for that one.
func (k NewKey) connection(actor operational.Actor) *uuid.UUID {
	if k.ConnectionID == nil && actor.Connection != uuid.Nil {
		return &actor.Connection
	}
	return k.ConnectionID
}

// opens says whether the actor can work in a connection.
func opens(actor operational.Actor, connection uuid.UUID) bool {
	return actor.Side == operational.SidePartner && actor.Rights != nil && (actor.Connection == uuid.Nil || actor.Connection == connection) &&
		slices.ContainsFunc(actor.Rights.Links, func(l operational.Link) bool { return l.Connection == connection && l.Open() })
}

// Credentials are random; only their digest is stored.
const tokenLength = 43 // 32 bytes in base64 without padding

var keyForm = regexp.MustCompile(`^sp_[0-9a-f]{12}_[0-9a-f]{64}$`)

func tokenOf(random [32]byte) string { return base64.RawURLEncoding.EncodeToString(random[:]) }

func keyOf(random [38]byte) (prefix, secret string) {
	prefix = hex.EncodeToString(random[:6])
	return prefix, "sp_" + prefix + "_" + hex.EncodeToString(random[6:])
}

func digest(credential string) []byte {
	d := sum(credential)
	return d[:]
}

func sum(credential string) [32]byte { return sha256.Sum256([]byte(credential)) }
