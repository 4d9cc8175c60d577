package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// MemberIdentity is a provider of the caller's company that knows one of its people.
type MemberIdentity struct {
	ID         uuid.UUID  `json:"id" db:"id" doc:"Id of the connection"`
	ProviderID uuid.UUID  `json:"provider_id" db:"provider_id" doc:"The provider"`
	Name       string     `json:"name" db:"name" doc:"What people know the provider by"`
	LinkedAt   time.Time  `json:"linked_at" db:"linked_at" doc:"Since when"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty" db:"last_used_at" doc:"When it last signed the person in"`
	OnlyWayIn  bool       `json:"only_way_in" db:"only_way_in" doc:"The person has no password and no other provider lets them in: it stays. To keep the person out, suspend them"`
}

// IdentitiesOf lists the providers of the caller's company that know one of its people.
func (s *Service) IdentitiesOf(ctx context.Context, actor operational.Actor, member uuid.UUID) ([]MemberIdentity, error) {
	list, there := []MemberIdentity{}, false
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(`select exists (select from crm.membership where org_id = $1 and id = $2)`, actor.Org, member).QueryRow(func(r pgx.Row) error { return r.Scan(&there) })
		b.Queue(`select id, provider_id, name, linked_at, last_used_at, only_way_in from crm.identities_of($1)`, member).Query(func(rows pgx.Rows) error {
			found, err := postgres.Collect[MemberIdentity](rows)
			list = append(list, found...)
			return err
		})
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("list providers that know member %s: %w", member, err)
	case !there:
		return nil, operational.NotFound("person")
	}
	return list, nil
}

// UnlinkOf makes a provider of the caller's company know one of its people no more, for example when it was connected with
// a wrong account. What the provider has signed them in to ends. Nobody loses the only way in by it.
func (s *Service) UnlinkOf(ctx context.Context, actor operational.Actor, member, id uuid.UUID) error {
	return s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		if err := DecidesOver(ctx, tx, member); err != nil {
			return err
		}
		var outcome string
		var provider *uuid.UUID
		if err := tx.QueryRow(ctx, `select outcome, provider_id from crm.unlink_identity_of($1, $2)`, member, id).Scan(&outcome, &provider); err != nil {
			return fmt.Errorf("end a connection of member %s to a provider: %w", member, err)
		}
		switch outcome {
		case "done":
			noted := audit.Record{Action: "identity.unlinked", Object: "membership", ID: member}
			noted.IDs = map[string]uuid.UUID{"provider_id": *provider}
			return audit.Append(ctx, tx, noted)
		case "only":
			return operational.Fault(operational.KindConflict, "only-way-in", "The person has no password and no other provider lets them in, so this is how they sign in. Nothing was changed. To keep the person out, suspend them.")
		}
		return operational.NotFound("connected sign-in")
	})
}
