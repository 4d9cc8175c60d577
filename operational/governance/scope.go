package governance

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// MaxScope is the most companies, and the most contacts, that a scope lists.
const MaxScope = 20_000

// AccessScope says who of a vendor's partners may come in at all.
type AccessScope struct {
	Mode          string      `json:"mode" enum:"all,companies,contacts" doc:"all: every partner's people; companies: those of the listed connections; contacts: the listed contacts only"`
	ConnectionIDs []uuid.UUID `json:"connection_ids" doc:"Connections that mode companies lets in; kept in the other modes"`
	ContactIDs    []uuid.UUID `json:"contact_ids" doc:"Contacts that mode contacts lets in; kept in the other modes"`
	People        int64       `json:"people" doc:"Active contacts who get in"`
	Partners      int64       `json:"partners" doc:"Partners that they belong to"`
	Version       int64       `json:"version" doc:"Grows by one with each change; also the ETag"`
	UpdatedAt     time.Time   `json:"updated_at" doc:"When it was last changed"`
}

// UpdateAccessScope is a merge patch of it. A list that is given takes the place of the one that was.
type UpdateAccessScope struct {
	Mode          operational.Opt[string]
	ConnectionIDs operational.Opt[[]uuid.UUID]
	ContactIDs    operational.Opt[[]uuid.UUID]
}

// ScopePreview is whom a change of the scope would let in and shut out.
type ScopePreview struct {
	Version        int64         `json:"version" doc:"Version of the scope that it was compared with"`
	People         int64         `json:"people" doc:"Active contacts who would get in"`
	Partners       int64         `json:"partners" doc:"Partners that they belong to"`
	PeopleGaining  int64         `json:"people_gaining" doc:"Contacts who are shut out now and would get in"`
	PeopleLosing   int64         `json:"people_losing" doc:"Contacts who get in now and would be shut out at once"`
	PartnersLosing int64         `json:"partners_losing" doc:"Partners of whom nobody would get in any more"`
	Losing         []ScopePerson `json:"losing" doc:"Who would be shut out: the first hundred by name"`
}

// ScopePerson is a contact that a scope speaks of.
type ScopePerson struct {
	ContactID    uuid.UUID `json:"contact_id" doc:"The contact"`
	ConnectionID uuid.UUID `json:"connection_id" doc:"The connection"`
	Name         string    `json:"name" doc:"Name of the contact"`
	Partner      string    `json:"partner" doc:"Name of the partner"`
}

const (
	isIn = `(s.mode = 'all' or s.mode = 'companies' and exists (select from crm.access_member a where a.connection_id = c.id and a.contact_id is null)
    or s.mode = 'contacts' and exists (select from crm.access_member a where a.connection_id = c.id and a.contact_id = e.id))`

	living = `crm.access_scope s join crm.connection c on c.vendor_org_id = s.vendor_org_id and c.status <> 'ended'
  join crm.external_contact e on e.connection_id = c.id and e.status = 'active'`

	readScope = `
select s.mode, s.version, s.updated_at,
  array(select a.connection_id from crm.access_member a where a.contact_id is null order by 1) as connection_ids,
  array(select a.contact_id from crm.access_member a where a.contact_id is not null order by 1) as contact_ids,
  (select count(*) from ` + living + ` where ` + isIn + `) as people,
  (select count(distinct c.partner_org_id) from ` + living + ` where ` + isIn + `) as partners
from crm.access_scope s where s.vendor_org_id = $1`

	wouldBe = `
with person as (
  select e.id, e.display_name, c.id as connection_id, c.partner_org_id, ` + isIn + ` as before,
    case @mode when 'all' then true when 'companies' then c.id in (select unnest(@connections::uuid[])) else e.id in (select unnest(@contacts::uuid[])) end as after
  from ` + living + `
)`

	previewScope = wouldBe + `
select count(*) filter (where after) as people, count(distinct partner_org_id) filter (where after) as partners, count(*) filter (where after and not before) as people_gaining,
  count(*) filter (where before and not after) as people_losing,
  count(distinct partner_org_id) filter (where before) - count(distinct partner_org_id) filter (where before and partner_org_id in (select partner_org_id from person where after)) as partners_losing
from person`

	losing = wouldBe + `
select p.id as contact_id, p.connection_id, p.display_name as name, o.name as partner from person p join crm.organisation o on o.id = p.partner_org_id
where before and not after order by p.display_name, p.id limit 100`

	updateScope = `
update crm.access_scope set mode = @mode, version = version + 1, updated_at = @now where vendor_org_id = @org and version = @version`

	dropMembers = `
delete from crm.access_member where vendor_org_id = @org
  and case when contact_id is null then connection_id not in (select unnest(@connections::uuid[])) else contact_id not in (select unnest(@contacts::uuid[])) end`

	addCompanies = `
insert into crm.access_member (vendor_org_id, connection_id) select @org, c.id from crm.connection c where c.id = any(@connections::uuid[]) and c.status <> 'ended' on conflict do nothing`

	addContacts = `
insert into crm.access_member (vendor_org_id, connection_id, contact_id)
select @org, e.connection_id, e.id from crm.external_contact e join crm.connection c on c.id = e.connection_id where e.id = any(@contacts::uuid[]) and c.status <> 'ended' on conflict do nothing`

	strangers = `
select (select count(*) from unnest(@connections::uuid[]) x where not exists (select from crm.connection c where c.id = x and c.status <> 'ended')),
  (select count(*) from unnest(@contacts::uuid[]) x where not exists (select from crm.external_contact e join crm.connection c on c.id = e.connection_id where e.id = x and c.status <> 'ended'))`
)

// AccessScope reads it.
func (s *Service) AccessScope(ctx context.Context, actor operational.Actor) (AccessScope, error) {
	if err := actor.Require(operational.ChannelGovern); err != nil {
		return AccessScope{}, err
	}
	return postgres.One[AccessScope](ctx, s.db, actor, "access scope", readScope, actor.Org)
}

// UpdateAccessScope changes it as a whole. Who is shut out is so with the next request.
func (s *Service) UpdateAccessScope(ctx context.Context, actor operational.Actor, version int64, in UpdateAccessScope) (AccessScope, error) {
	var changed AccessScope
	err := s.scoping(ctx, actor, in, func(tx *postgres.Tx, now, next AccessScope, args pgx.NamedArgs) error {
		if now.Version != version {
			return operational.Stale("access scope")
		}
		decided, err := now.decided(ctx, tx, next, args)
		if err != nil {
			return err
		}
		if err := change(ctx, tx, "access scope", updateScope, args); err != nil {
			return err
		}
		for _, sql := range []string{dropMembers, addCompanies, addContacts} {
			if _, err := tx.Exec(ctx, sql, args); err != nil {
				return fmt.Errorf("write members of the access scope: %w", err)
			}
		}
		if changed, err = postgres.OneTx[AccessScope](ctx, tx, "access scope", readScope, actor.Org); err != nil {
			return err
		}
		return events.AppendDecided(ctx, tx, "access_scope.changed", actor.Org, nil, decided)
	})
	if err != nil {
		return AccessScope{}, err
	}
	return changed, nil
}

// PreviewAccessScope says whom a change would let in and shut out. Nothing is written.
func (s *Service) PreviewAccessScope(ctx context.Context, actor operational.Actor, in UpdateAccessScope) (ScopePreview, error) {
	var p ScopePreview
	err := s.scoping(ctx, actor, in, func(tx *postgres.Tx, now, _ AccessScope, args pgx.NamedArgs) error {
		row := tx.QueryRow(ctx, previewScope, args)
		if err := row.Scan(&p.People, &p.Partners, &p.PeopleGaining, &p.PeopleLosing, &p.PartnersLosing); err != nil {
			return fmt.Errorf("count who would get in: %w", err)
		}
		p.Version = now.Version
		rows, err := tx.Query(ctx, losing, args)
		if err != nil {
			return err
		}
		p.Losing, err = pgx.CollectRows(rows, pgx.RowToStructByName[ScopePerson])
		return err
	})
	return p, err
}

// scoping reads the scope, checks the change against it, and hands on what it is and what it would be.
func (s *Service) scoping(ctx context.Context, actor operational.Actor, in UpdateAccessScope, then func(tx *postgres.Tx, now, next AccessScope, args pgx.NamedArgs) error) error {
	if err := actor.Require(operational.ChannelGovern); err != nil {
		return err
	}
	return s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		now, err := postgres.OneTx[AccessScope](ctx, tx, "access scope", readScope, actor.Org)
		if err != nil {
			return err
		}
		next, err := in.apply(now)
		if err != nil {
			return err
		}
		args := pgx.NamedArgs{"org": actor.Org, "mode": next.Mode, "connections": next.ConnectionIDs, "contacts": next.ContactIDs, "now": tx.Now, "version": now.Version}
		if err := in.known(ctx, tx, args); err != nil {
			return err
		}
		return then(tx, now, next, args)
	})
}

func (in UpdateAccessScope) apply(now AccessScope) (AccessScope, error) {
	var faults operational.Faults
	in.Mode.Required(&faults, "mode", &now.Mode)
	in.ConnectionIDs.Required(&faults, "connection_ids", &now.ConnectionIDs)
	in.ContactIDs.Required(&faults, "contact_ids", &now.ContactIDs)
	if now.Mode != "all" && now.Mode != "companies" && now.Mode != "contacts" {
		faults.Add("mode", "It is none of all, companies, contacts.", now.Mode)
	}
	now.ConnectionIDs, now.ContactIDs = sortedIDs(now.ConnectionIDs), sortedIDs(now.ContactIDs)
	if len(now.ConnectionIDs) > MaxScope {
		faults.Add("connection_ids", fmt.Sprintf("There are more than %d.", MaxScope), len(now.ConnectionIDs))
	}
	if len(now.ContactIDs) > MaxScope {
		faults.Add("contact_ids", fmt.Sprintf("There are more than %d.", MaxScope), len(now.ContactIDs))
	}
	return now, faults.Err()
}

// known refuses lists that name what is not there; what is kept from before may have ended meanwhile.
func (in UpdateAccessScope) known(ctx context.Context, tx *postgres.Tx, args pgx.NamedArgs) error {
	var companies, contacts int
	if err := tx.QueryRow(ctx, strangers, args).Scan(&companies, &contacts); err != nil {
		return fmt.Errorf("look for the members of the access scope: %w", err)
	}
	var faults operational.Faults
	if in.ConnectionIDs.Given && companies > 0 {
		faults.Add("connection_ids", fmt.Sprintf("%d of them are no connections of yours, or have ended.", companies), nil)
	}
	if in.ContactIDs.Given && contacts > 0 {
		faults.Add("contact_ids", fmt.Sprintf("%d of them are no contacts of yours, or their connection has ended.", contacts), nil)
	}
	return faults.Err()
}
