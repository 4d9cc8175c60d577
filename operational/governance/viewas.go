package governance

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// ViewAs gives an actor that reads what one of a partner's people sees of their connection with this vendor: behind the
// vendor's own wall, narrowed to that connection's records and masked by the contact's role. It writes nothing, and sees
// nothing that the vendor does not see itself. That it was asked for is noted.
func (s *Service) ViewAs(ctx context.Context, actor operational.Actor, contact uuid.UUID) (operational.Actor, error) {
	if err := actor.Require(operational.ChannelGovern); err != nil {
		return operational.Actor{}, err
	}
	var person personRow
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) { queueOne(b, "contact", &person, rightsOfContact, contact) })
	if err != nil {
		return operational.Actor{}, err
	}
	var theirs operational.Rights
	if err := json.Unmarshal(person.Rights, &theirs); err != nil {
		return operational.Actor{}, err
	}
	view := operational.Actor{
		Person: actor.Person, Membership: actor.Membership, Org: actor.Org, Side: operational.SideVendor, Role: actor.Role,
		Credential: actor.Credential, Scopes: actor.Scopes, Rights: &operational.Rights{As: &theirs.Links[0]},
	}
	noted := audit.Record{Action: "contact.viewed_as", Object: "external_contact", ID: contact}
	return view, s.db.InTx(ctx, actor, func(tx *postgres.Tx) error { return audit.Append(ctx, tx, noted) })
}
