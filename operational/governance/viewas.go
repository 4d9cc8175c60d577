package governance

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// ViewAs gives an actor that reads what one of a partner's people sees of their connection with this vendor: behind the
// vendor's own wall, narrowed to that connection's records and masked by the contact's role, or by another one that they
// could be given. It writes nothing, and sees nothing that the vendor does not see itself. That it was asked for is noted.
func (s *Service) ViewAs(ctx context.Context, actor operational.Actor, contact uuid.UUID, role string) (operational.Actor, error) {
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
	link := theirs.Links[0]
	noted := audit.Record{Action: "contact.viewed_as", Object: "external_contact", ID: contact}
	if role != "" {
		r, err := s.Role(ctx, actor, role)
		if err != nil {
			return operational.Actor{}, err
		}
		if r.Audience != External {
			return operational.Actor{}, operational.NotFound("role")
		}
		link.Role = operational.RoleRights{Key: operational.Role(r.Key), Name: r.Name, Version: r.Version, Capabilities: r.Capabilities, Objects: r.Objects}
		noted.Codes = map[string]string{"role": r.Key}
	}
	view := operational.Actor{
		Person: actor.Person, Membership: actor.Membership, Org: actor.Org, Side: operational.SideVendor, Role: actor.Role,
		Credential: actor.Credential, Scopes: actor.Scopes, Rights: &operational.Rights{As: narrowed(link, actor)},
	}
	return view, s.db.InTx(ctx, actor, func(tx *postgres.Tx) error { return audit.Append(ctx, tx, noted) })
}

// narrowed leaves of what a contact is given that which whoever looks may read itself: to look as somebody else is no
// way to more.
func narrowed(l operational.Link, actor operational.Actor) *operational.Link {
	objects := l.Role.Objects
	l.Role.Objects = map[operational.Object]operational.ObjectRights{}
	for o, theirs := range objects {
		own, reads := actor.GrantOf(o, uuid.Nil)
		others := own.Visibility == operational.VisibilityPrivate && o == operational.ObjectOpportunity && !slices.Contains(actor.Rights.Managed, l.Connection)
		if !reads || others {
			continue
		}
		theirs.Readable = slices.DeleteFunc(slices.Clone(theirs.Readable), func(f string) bool { return !own.Read.Has(f) })
		switch {
		case own.AllTypes:
		case theirs.RecordTypes == nil:
			theirs.RecordTypes = append([]uuid.UUID{}, own.RecordTypes...)
		default:
			theirs.RecordTypes = slices.DeleteFunc(slices.Clone(theirs.RecordTypes), func(t uuid.UUID) bool { return !slices.Contains(own.RecordTypes, t) })
		}
		l.Role.Objects[o] = theirs
	}
	return &l
}
