package identity

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Key is an API key as its organisation sees it: never the secret.
type Key struct {
	ID           uuid.UUID  `json:"id" doc:"Id of the key"`
	Prefix       string     `json:"prefix" doc:"Beginning of the key, to recognise it"`
	Name         string     `json:"name" doc:"What the key is for"`
	ConnectionID *uuid.UUID `json:"connection_id,omitempty" doc:"The only connection that it works in; absent: all of the organisation's business"`
	Scopes       []string   `json:"scopes" doc:"Permissions of the key; the role of its maker bounds them"`
	CreatedAt    time.Time  `json:"created_at" doc:"When it was made"`
	ExpiresAt    *time.Time `json:"expires_at,omitempty" doc:"When it ends by itself"`
	RevokedAt    *time.Time `json:"revoked_at,omitempty" doc:"When it was revoked"`
	LastUsedAt   *time.Time `json:"last_used_at,omitempty" doc:"When it was last used, to the minute"`
}

// NewKey asks for an API key.
type NewKey struct {
	Name      string     `json:"name" minLength:"1" maxLength:"100" doc:"What the key is for"`
	Scopes    []string   `json:"scopes" minItems:"1" maxItems:"50" doc:"Permissions of the key, out of those that you hold"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"When it shall end by itself"`
	// A partner hands a key to one vendor's program without opening the rest of its business to it.
	ConnectionID *uuid.UUID `json:"connection_id,omitempty" doc:"The only connection that it shall work in (partners only); absent: as you work now"`
}

// CreateKey makes an API key that acts as its maker, within its scopes. The secret is shown this once.
func (s *Service) CreateKey(ctx context.Context, actor operational.Actor, in NewKey) (Key, string, error) {
	if actor.Scopes != nil { // it would outlive the one that made it
		return Key{}, "", operational.Fault(operational.KindForbidden, "session-needed", "An API key makes no further keys. Sign in to make one.")
	}
	now := s.db.Now()
	if err := in.check(actor, now); err != nil {
		return Key{}, "", err
	}
	var random [38]byte
	_, _ = rand.Read(random[:]) // never fails: the program ends before it would
	prefix, secret := keyOf(random)
	scopes := slices.Clone(in.Scopes)
	slices.Sort(scopes)
	key := Key{
		ID: uuid.Must(uuid.NewV7()), Prefix: "sp_" + prefix, Name: strings.TrimSpace(in.Name), Scopes: slices.Compact(scopes),
		CreatedAt: now, ExpiresAt: in.ExpiresAt, ConnectionID: in.connection(actor),
	}
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		_, err := tx.Exec(ctx, sqlInsertKey, pgx.NamedArgs{
			"id": key.ID, "prefix": key.Prefix, "digest": digest(secret), "membership": actor.Membership, "org": actor.Org, "side": actor.Side,
			"connection": key.ConnectionID, "name": key.Name, "scopes": key.Scopes, "now": now, "expires": key.ExpiresAt,
		})
		if err != nil {
			return err
		}
		noted := audit.Record{Action: "api_key.created", ID: key.ID}
		noted.Details = key.decided()
		return audit.Append(ctx, tx, noted)
	})
	if err != nil {
		return Key{}, "", fmt.Errorf("make API key: %w", err)
	}
	return key, secret, nil
}

// decided is what a new key may do, where, and until when.
func (k Key) decided() (d audit.Details) {
	d.Listed("scope", nil, k.Scopes)
	d.MovedID("connection", nil, k.ConnectionID)
	if k.ExpiresAt != nil {
		d.Moved("expires", "", k.ExpiresAt.UTC().Format(time.DateOnly))
	}
	return d
}

// KeyListing says by which fields API keys can be listed.
func KeyListing() operational.Listing {
	hidden := func(name string) bool { return name == "membership_id" || name == "connection_id" }
	l := keyList.Listing()
	return operational.Listing{Filters: slices.DeleteFunc(l.Filters, hidden), Sorts: slices.DeleteFunc(l.Sorts, hidden)}
}

// Keys lists API keys of this side, newest first: to an administrator all of the organisation, to others their own; to
// whoever works in one connection those that work there too.
func (s *Service) Keys(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Key], error) {
	if actor.Role != operational.RoleAdministrator {
		own := operational.Filter{Field: "membership_id", Op: "eq", Values: []string{actor.Membership.String()}}
		if q.Filter != nil {
			own = operational.Filter{And: []operational.Filter{own, *q.Filter}}
		}
		q.Filter = &own
	}
	if actor.Connection != uuid.Nil {
		q = q.Also(operational.Filter{Field: "connection_id", Op: "eq", Values: []string{actor.Connection.String()}})
	}
	return postgres.Page(ctx, s.db, actor, keyList, q, sqlKeys, func(r keyRow) Key { return r.Key })
}

// RevokeKey ends an API key at once; one that has ended stays so.
func (s *Service) RevokeKey(ctx context.Context, actor operational.Actor, id uuid.UUID) error {
	maker := &actor.Membership
	if actor.Role == operational.RoleAdministrator {
		maker = nil
	}
	var only *uuid.UUID
	if actor.Connection != uuid.Nil {
		only = &actor.Connection
	}
	return s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		var of uuid.UUID
		err := tx.QueryRow(ctx, sqlRevokeKey, id, tx.Now, maker, only).Scan(&of)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return operational.NotFound("API key")
		case err != nil:
			return err
		}
		noted := audit.Record{Action: "api_key.revoked", ID: id}
		noted.IDs = map[string]uuid.UUID{"membership_id": of}
		return audit.Append(ctx, tx, noted)
	})
}
