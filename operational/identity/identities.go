package identity

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// OwnIdentity is a provider that knows the person.
type OwnIdentity struct {
	ID           uuid.UUID       `json:"id" doc:"Id of the connection"`
	ProviderID   uuid.UUID       `json:"provider_id" doc:"The provider"`
	Name         string          `json:"name" doc:"What people know the provider by"`
	Organisation OrganisationRef `json:"organisation" doc:"The organisation that it signs in to"`
	LinkedAt     time.Time       `json:"linked_at" doc:"Since when"`
	LastUsedAt   *time.Time      `json:"last_used_at,omitempty" doc:"When it last signed you in"`
}

// OwnProvider is a provider of a company of the person; it knows the person or not.
type OwnProvider struct {
	ProviderID   uuid.UUID
	Name         string
	Organisation OrganisationRef
	Identity     *OwnIdentity
}

const (
	sqlProvidersOf    = `select provider_id, name, org_id, org_name, identity_id, linked_at, last_used_at from sec.providers_of($1, $2)`
	sqlUnlinkIdentity = `select sec.unlink_identity($1, $2, $3, $4)`
)

// OwnProviders lists the providers of the caller's companies; a session by a provider sees those of its own company.
func (s *Service) OwnProviders(ctx context.Context, actor operational.Actor) ([]OwnProvider, error) {
	if err := signedIn(actor); err != nil {
		return nil, err
	}
	var list []OwnProvider
	err := s.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(sqlProvidersOf, actor.Person, actor.Credential).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				var p OwnProvider
				var id *uuid.UUID
				var since, used *time.Time
				if err := rows.Scan(&p.ProviderID, &p.Name, &p.Organisation.ID, &p.Organisation.Name, &id, &since, &used); err != nil {
					return err
				}
				if id != nil {
					p.Identity = &OwnIdentity{ID: *id, ProviderID: p.ProviderID, Name: p.Name, Organisation: p.Organisation, LinkedAt: *since, LastUsedAt: used}
				}
				list = append(list, p)
			}
			return rows.Err()
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list providers: %w", err)
	}
	return list, nil
}

// Identities lists the providers that know the caller's person.
func (s *Service) Identities(ctx context.Context, actor operational.Actor) ([]OwnIdentity, error) {
	all, err := s.OwnProviders(ctx, actor)
	list := []OwnIdentity{}
	for _, p := range all {
		if p.Identity != nil {
			list = append(list, *p.Identity)
		}
	}
	return list, err
}

// Unlink makes a provider know the caller's person no more. Sessions that came of it end, also the one that asks.
func (s *Service) Unlink(ctx context.Context, actor operational.Actor, id uuid.UUID) error {
	if err := signedIn(actor); err != nil {
		return err
	}
	var answer string
	if err := s.program(ctx, sqlUnlinkIdentity, &answer, actor.Person, id, actor.Credential, s.db.Now()); err != nil {
		return fmt.Errorf("end a connection to a provider: %w", err)
	}
	switch answer {
	case "not-found":
		return operational.NotFound("connected sign-in")
	case "only":
		return operational.Fault(operational.KindConflict, "only-way-in", "You have no password here, so this is how you sign in. Nothing was changed.")
	}
	return nil
}

// NeedLink is what somebody lacks who is signed in and wants a provider to know them.
const NeedLink Need = "link"

// LinkWish asks to connect a provider to whoever is signed in.
type LinkWish struct {
	Provider uuid.UUID
	Password string // the one of now
	Current  string // a code, of whoever has a second factor
	From     string // the network address that asks
}

// BeginLink has whoever is signed in say their password once more, and gives the step that the provider finishes.
func (s *Service) BeginLink(ctx context.Context, actor operational.Actor, in LinkWish) (Half, error) {
	all, err := s.OwnProviders(ctx, actor)
	if err != nil {
		return Half{}, err
	}
	if !slices.ContainsFunc(all, func(p OwnProvider) bool { return p.ProviderID == in.Provider }) {
		return Half{}, operational.NotFound("identity provider")
	}
	hash, factor, err := s.proveBoth(ctx, actor, FactorChange{Password: in.Password, Current: in.Current, From: in.From})
	if err != nil {
		return Half{}, err
	}
	ends := s.db.Now().Add(stepLife)
	x := step{proof: proof{Person: actor.Person, Password: markOf(hash), Factor: factor}, Needs: NeedLink, Provider: in.Provider, Session: actor.Credential, Ends: ends}
	return Half{Token: s.sealStep(x), Needs: NeedLink, Provider: in.Provider, EndsAt: ends}, nil
}
