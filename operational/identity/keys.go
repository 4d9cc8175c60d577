package identity

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
)

// Key is an API key as its organisation sees it: never the secret.
type Key struct {
	ID         uuid.UUID  `json:"id" doc:"Id of the key"`
	Prefix     string     `json:"prefix" doc:"Beginning of the key, to recognise it"`
	Name       string     `json:"name" doc:"What the key is for"`
	Scopes     []string   `json:"scopes" doc:"Permissions of the key; the role of its maker bounds them"`
	CreatedAt  time.Time  `json:"created_at" doc:"When it was made"`
	ExpiresAt  *time.Time `json:"expires_at,omitempty" doc:"When it ends by itself"`
	RevokedAt  *time.Time `json:"revoked_at,omitempty" doc:"When it was revoked"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty" doc:"When it was last used, to the minute"`
}

// NewKey asks for an API key.
type NewKey struct {
	Name      string     `json:"name" minLength:"1" maxLength:"100" doc:"What the key is for"`
	Scopes    []string   `json:"scopes" minItems:"1" maxItems:"50" doc:"Permissions of the key, out of those that you hold"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"When it shall end by itself"`
}

// CreateKey makes an API key. The secret is shown this once.
func (s *Service) CreateKey(ctx context.Context, actor operational.Actor, in NewKey) (Key, string, error) {
	return Key{}, "", operational.Fault(operational.KindUnavailable, "not-built", "Not built yet.")
}

// Keys lists the organisation's API keys of this side, newest first.
func (s *Service) Keys(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Key], error) {
	return operational.Listed[Key]{}, operational.Fault(operational.KindUnavailable, "not-built", "Not built yet.")
}

// RevokeKey ends an API key at once.
func (s *Service) RevokeKey(ctx context.Context, actor operational.Actor, id uuid.UUID) error {
	return operational.Fault(operational.KindUnavailable, "not-built", "Not built yet.")
}
