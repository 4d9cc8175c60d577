package governance

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// ConnectionAssignment says what a partner's people have by their company, and who looks after it.
type ConnectionAssignment struct {
	ConnectionID     uuid.UUID  `json:"connection_id" doc:"The connection"`
	Role             *string    `json:"role,omitempty" doc:"Key of the company's role; absent: the default one"`
	DefaultRole      string     `json:"default_role" doc:"Key of the role that the company has when it was given none"`
	EffectiveRole    string     `json:"effective_role" doc:"What its people have, unless they have a role of their own"`
	ChannelManagerID *uuid.UUID `json:"channel_manager_id,omitempty" doc:"Member who looks after the partner"`
	Version          int64      `json:"version" doc:"Version of the connection; also the ETag"`
}

// UpdateConnectionAssignment is a merge patch of it.
type UpdateConnectionAssignment struct {
	Role             operational.Opt[string]
	ChannelManagerID operational.Opt[uuid.UUID]
}

// ContactAssignment says what one of a partner's people has.
type ContactAssignment struct {
	ContactID     uuid.UUID `json:"contact_id" doc:"The contact"`
	ConnectionID  uuid.UUID `json:"connection_id" doc:"The connection that the contact belongs to"`
	Role          *string   `json:"role,omitempty" doc:"Key of the contact's own role; absent: that of the company"`
	CompanyRole   string    `json:"company_role" doc:"Key of the role that the contact has when it was given none"`
	EffectiveRole string    `json:"effective_role" doc:"The role that holds"`
	Version       int64     `json:"version" doc:"Version of the contact; also the ETag"`
}

// UpdateContactAssignment is a merge patch of it.
type UpdateContactAssignment struct{ Role operational.Opt[string] }

// MemberAssignment says what one of one's own people has, and which regions they look after.
type MemberAssignment struct {
	MembershipID uuid.UUID `json:"membership_id" doc:"The member"`
	Role         string    `json:"role" doc:"Key of the member's role"`
	Regions      []string  `json:"regions" doc:"Regions that the member looks after, beside the partners whose channel manager they are; a vendor's people only"`
	Version      int64     `json:"version" doc:"Version of the member; also the ETag"`
}

// UpdateMemberAssignment is a merge patch of it.
type UpdateMemberAssignment struct {
	Role    operational.Opt[string]
	Regions operational.Opt[[]string]
}

const (
	connectionAssignment = `
select c.id as connection_id, c.external_role as role, coalesce(d.key, '') as default_role, coalesce(c.external_role, d.key, '') as effective_role, c.channel_manager_id, c.version
from crm.connection c left join crm.role d on d.org_id = c.vendor_org_id and d.is_default
where c.id = $1 and c.status <> 'ended'`

	contactAssignment = `
select e.id as contact_id, e.connection_id, e.external_role as role, coalesce(c.external_role, d.key, '') as company_role,
  coalesce(e.external_role, c.external_role, d.key, '') as effective_role, e.version
from crm.external_contact e join crm.connection c on c.id = e.connection_id left join crm.role d on d.org_id = c.vendor_org_id and d.is_default
where e.id = $1 and c.status <> 'ended'`

	assignConnection = `
update crm.connection set external_role = @role, channel_manager_id = @manager, version = version + 1, updated_at = @now where id = @id and version = @version`

	assignContact = `
update crm.external_contact set external_role = @role, version = version + 1, updated_at = @now where id = @id and version = @version`

	assignMember = `
update crm.membership set role = @role, version = version + 1, updated_at = @now where id = @id and version = @version`

	dropRegions = `
delete from crm.membership_region where membership_id = @id and region <> all(@regions::text[])`

	addRegions = `
insert into crm.membership_region (org_id, membership_id, region) select @org, @id, r from unnest(@regions::text[]) r on conflict do nothing`
)

// Regions are the vendor's: the other side has no right to that table.
var memberAssignment = map[operational.Side]string{
	operational.SidePartner: `select m.id as membership_id, m.role, '{}'::text[] as regions, m.version from crm.membership m where m.id = $1`,
	operational.SideVendor: `select m.id as membership_id, m.role, m.version,
  array(select g.region from crm.membership_region g where g.membership_id = m.id order by 1) as regions from crm.membership m where m.id = $1`,
}

// ConnectionAssignment reads it.
func (s *Service) ConnectionAssignment(ctx context.Context, actor operational.Actor, id uuid.UUID) (ConnectionAssignment, error) {
	if err := actor.Require(operational.ChannelGovern); err != nil {
		return ConnectionAssignment{}, err
	}
	return postgres.One[ConnectionAssignment](ctx, s.db, actor, "connection", connectionAssignment, id)
}

// ContactAssignment reads it.
func (s *Service) ContactAssignment(ctx context.Context, actor operational.Actor, id uuid.UUID) (ContactAssignment, error) {
	if err := actor.Require(operational.ChannelGovern); err != nil {
		return ContactAssignment{}, err
	}
	return postgres.One[ContactAssignment](ctx, s.db, actor, "contact", contactAssignment, id)
}

// MemberAssignment reads it.
func (s *Service) MemberAssignment(ctx context.Context, actor operational.Actor, id uuid.UUID) (MemberAssignment, error) {
	if err := actor.Require(operational.PeopleManage); err != nil {
		return MemberAssignment{}, err
	}
	return postgres.One[MemberAssignment](ctx, s.db, actor, "member", memberAssignment[actor.Side], id)
}

// assigning is how every assignment goes: read, compare the version, let change say what is then, and write it.
type assigning[T any] struct {
	needs   operational.Permission
	object  string
	read    string
	version func(T) int64
	change  func(tx *postgres.Tx, now T) (write func() error, err error) // nil: nothing changes
}

func (a assigning[T]) run(ctx context.Context, db *postgres.DB, actor operational.Actor, id uuid.UUID, version int64) (then T, err error) {
	if err := actor.Require(a.needs); err != nil {
		return then, err
	}
	err = db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		now, err := postgres.OneTx[T](ctx, tx, a.object, a.read, id)
		if err != nil {
			return err
		}
		if a.version(now) != version {
			return operational.Stale(a.object)
		}
		write, err := a.change(tx, now)
		if err != nil || write == nil {
			then = now
			return err
		}
		if err := write(); err != nil {
			return err
		}
		then, err = postgres.OneTx[T](ctx, tx, a.object, a.read, id)
		return err
	})
	return then, err
}

// AssignConnection gives a partner's people a role, and the partner somebody who looks after it.
func (s *Service) AssignConnection(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, in UpdateConnectionAssignment) (ConnectionAssignment, error) {
	return assigning[ConnectionAssignment]{
		needs: operational.ChannelGovern, object: "connection", read: connectionAssignment,
		version: func(a ConnectionAssignment) int64 { return a.Version },
		change: func(tx *postgres.Tx, now ConnectionAssignment) (func() error, error) {
			next := now
			in.Role.Into(&next.Role)
			in.ChannelManagerID.Into(&next.ChannelManagerID)
			role, manager := !same(now.Role, next.Role), !sameID(now.ChannelManagerID, next.ChannelManagerID)
			if !role && !manager {
				return nil, nil
			}
			if role {
				if err := giveable(ctx, tx, External, orKey(next.Role, now.DefaultRole)); err != nil {
					return nil, err
				}
			}
			if manager {
				if err := looksAfter(ctx, tx, next.ChannelManagerID); err != nil {
					return nil, err
				}
			}
			return func() error {
				args := pgx.NamedArgs{"id": id, "version": version, "now": tx.Now, "role": next.Role, "manager": next.ChannelManagerID}
				if err := change(ctx, tx, "connection", assignConnection, args); err != nil {
					return err
				}
				// The connection is the record, not a member: who looks after it and by which role is the vendor's own affair.
				d := given(now.Role, next.Role, now.DefaultRole)
				d.MovedID("channel_manager", now.ChannelManagerID, next.ChannelManagerID)
				return events.AppendDecided(ctx, tx, "connection.assigned", id, nil, d)
			}, nil
		},
	}.run(ctx, s.db, actor, id, version)
}

// AssignContact gives one of a partner's people a role of their own, or takes it back.
func (s *Service) AssignContact(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, in UpdateContactAssignment) (ContactAssignment, error) {
	return assigning[ContactAssignment]{
		needs: operational.ChannelGovern, object: "contact", read: contactAssignment,
		version: func(a ContactAssignment) int64 { return a.Version },
		change: func(tx *postgres.Tx, now ContactAssignment) (func() error, error) {
			next := now
			in.Role.Into(&next.Role)
			if same(now.Role, next.Role) {
				return nil, nil
			}
			if err := giveable(ctx, tx, External, orKey(next.Role, now.CompanyRole)); err != nil {
				return nil, err
			}
			return func() error {
				args := pgx.NamedArgs{"id": id, "version": version, "now": tx.Now, "role": next.Role}
				if err := change(ctx, tx, "contact", assignContact, args); err != nil {
					return err
				}
				return events.AppendDecided(ctx, tx, "external_contact.assigned", id, nil, given(now.Role, next.Role, now.CompanyRole))
			}, nil
		},
	}.run(ctx, s.db, actor, id, version)
}

// AssignMember gives one of one's own people a role, and regions to look after.
func (s *Service) AssignMember(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, in UpdateMemberAssignment) (MemberAssignment, error) {
	return assigning[MemberAssignment]{
		needs: operational.PeopleManage, object: "member", read: memberAssignment[actor.Side],
		version: func(a MemberAssignment) int64 { return a.Version },
		change: func(tx *postgres.Tx, now MemberAssignment) (func() error, error) {
			next, err := in.apply(now, actor.Side)
			if err != nil {
				return nil, err
			}
			role, regions := next.Role != now.Role, !slices.Equal(next.Regions, now.Regions)
			if !role && !regions {
				return nil, nil
			}
			if role {
				if err := passes(ctx, tx, now.Role, next.Role); err != nil {
					return nil, err
				}
			}
			if regions && id == actor.Membership && !actor.Giving().Everything {
				return nil, beyondReach()
			}
			return func() error { return writeMember(ctx, tx, next, version, regions, now.decided(next)) }, nil
		},
	}.run(ctx, s.db, actor, id, version)
}

func (in UpdateMemberAssignment) apply(now MemberAssignment, side operational.Side) (MemberAssignment, error) {
	var faults operational.Faults
	in.Role.Required(&faults, "role", &now.Role)
	if in.Regions.Given && in.Regions.Value == nil {
		in.Regions.Value = &[]string{}
	}
	in.Regions.Required(&faults, "regions", &now.Regions)
	now.Regions = sorted(now.Regions)
	if side != operational.SideVendor && len(now.Regions) > 0 {
		faults.Add("regions", "Only a vendor's people look after regions.", nil)
	}
	if len(now.Regions) > 100 {
		faults.Add("regions", "There are more than 100.", len(now.Regions))
	}
	for i, r := range now.Regions {
		faults.Text(fmt.Sprintf("regions[%d]", i), r, 1, 60)
	}
	return now, faults.Err()
}

func writeMember(ctx context.Context, tx *postgres.Tx, next MemberAssignment, version int64, regions bool, decided audit.Details) error {
	args := pgx.NamedArgs{"id": next.MembershipID, "org": tx.Actor.Org, "version": version, "now": tx.Now, "role": next.Role, "regions": next.Regions}
	if err := change(ctx, tx, "member", assignMember, args); err != nil {
		if postgres.Violated(err) == "membership_last_administrator" {
			return operational.Fault(operational.KindConflict, "last-administrator", "Somebody in your organisation must be its administrator, and this is the last one. Nothing was saved. Make somebody else an administrator first.").Because(err)
		}
		return err
	}
	if regions {
		for _, sql := range []string{dropRegions, addRegions} {
			if _, err := tx.Exec(ctx, sql, args); err != nil {
				return fmt.Errorf("write regions: %w", err)
			}
		}
	}
	return events.AppendDecided(ctx, tx, "member.assigned", next.MembershipID, nil, decided)
}

func change(ctx context.Context, tx *postgres.Tx, object, sql string, args pgx.NamedArgs) error {
	tag, err := tx.Exec(ctx, sql, args)
	if err == nil && tag.RowsAffected() == 0 {
		return operational.Stale(object)
	}
	return err
}

func sameID(a, b *uuid.UUID) bool { return a == b || a != nil && b != nil && *a == *b }

// named shortens a list of names for a sentence.
func named(names []string) string { return strings.Join(names[:min(len(names), 10)], ", ") }
