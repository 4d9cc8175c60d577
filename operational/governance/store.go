package governance

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

const roleColumns = `
select r.id, r.key, r.audience, r.name, r.description, r.hat, r.everything, r.built_in, r.is_default, r.capabilities, r.version, r.created_at, r.updated_at,
  (select coalesce(jsonb_object_agg(o.object, jsonb_build_object(
      'create', o.can_create, 'read', o.can_read, 'edit', o.can_edit, 'delete', o.can_delete, 'import', o.can_import, 'export', o.can_export,
      'visibility', o.visibility, 'access', o.access, 'record_types', o.record_types, 'readable', o.readable, 'editable', o.editable)), '{}')
    from crm.role_object o where o.org_id = r.org_id and o.role_key = r.key) as objects, `

// Who has a role: members by name; contacts by their own role, their company's or, failing both, the default.
const (
	members  = `(select count(*) from crm.membership m where m.org_id = r.org_id and m.role = r.key and m.status = 'active')`
	contacts = `crm.external_contact e join crm.connection c on c.id = e.connection_id
      where e.vendor_org_id = r.org_id and e.status = 'active' and c.status <> 'ended' and coalesce(e.external_role, c.external_role, case when r.is_default then r.key end) = r.key`
)

// What partners' people have is the vendor's affair: the other side has no right to those columns.
var (
	peopleOf = map[operational.Side]string{
		operational.SidePartner: members + ` as people`,
		operational.SideVendor:  `case r.audience when 'internal' then ` + members + ` else (select count(*) from ` + contacts + `) end as people`,
	}
	partnersOf = `
select count(distinct c.partner_org_id) from crm.role r, lateral (select c.partner_org_id from ` + contacts + `) c where r.org_id = $1 and r.key = any($2)`
)

func roleByKey(side operational.Side) string {
	return roleColumns + peopleOf[side] + ` from crm.role r where r.org_id = $1 and r.key = $2`
}

func listRoles(side operational.Side) string {
	return roleColumns + peopleOf[side] + `, {keys} as sort_keys from crm.role r where {where} order by {order} limit {limit}`
}

// roleList is what roles can be listed by.
var roleList = postgres.List{
	From: "crm.role r", ID: "r.id", Order: []operational.Sort{{Field: "audience"}, {Field: "name"}},
	Field: map[string]postgres.Column{
		"key":        {SQL: "r.key", Type: postgres.Text},
		"audience":   {SQL: "r.audience", Type: postgres.Text, Enum: []string{Internal, External}},
		"name":       {SQL: "r.name", Type: postgres.Text},
		"built_in":   {SQL: "r.built_in", Type: postgres.Bool},
		"default":    {SQL: "r.is_default", Type: postgres.Bool},
		"created_at": {SQL: "r.created_at", Type: postgres.Time},
		"updated_at": {SQL: "r.updated_at", Type: postgres.Time},
	},
}

type listedRole struct {
	postgres.Keyed
	Role
}

const (
	insertRole = `
insert into crm.role (org_id, key, audience, name, description, capabilities, hat, created_at, updated_at)
values (@org, @key, @audience, @name, @description, @capabilities, @hat, @now, @now)`

	bothSides = `
select governs and sells from crm.workspace where org_id = $1`

	updateRole = `
update crm.role set name = @name, description = @description, capabilities = @capabilities, version = version + 1, updated_at = @now
where org_id = @org and key = @key and version = @version`

	dropObjects = `
delete from crm.role_object where org_id = @org and role_key = @key and object <> all(@objects::text[])`

	// What did not change is left alone: each row that does is counted for every partner.
	writeObjects = `
insert into crm.role_object as o (org_id, role_key, audience, object, can_create, can_read, can_edit, can_delete, can_import, can_export, visibility, access, record_types, readable, editable)
select @org, @key, @audience, x.object, x."create", x.read, x.edit, x.delete, x.import, x.export, x.visibility, x.access, x.record_types, x.readable, x.editable
from jsonb_to_recordset(@rights::jsonb) x (object text, "create" bool, read bool, edit bool, delete bool, import bool, export bool, visibility text, access text, record_types uuid[], readable text[], editable text[])
on conflict (org_id, role_key, object) do update set can_create = excluded.can_create, can_read = excluded.can_read, can_edit = excluded.can_edit, can_delete = excluded.can_delete,
  can_import = excluded.can_import, can_export = excluded.can_export, visibility = excluded.visibility, access = excluded.access, record_types = excluded.record_types,
  readable = excluded.readable, editable = excluded.editable
where o.* is distinct from excluded.*`

	deleteRole = `
delete from crm.role where org_id = $1 and key = $2 and version = $3`

	noDefault = `
update crm.role set is_default = false, version = version + 1, updated_at = $2 where org_id = $1 and is_default returning key`

	setDefault = `
update crm.role set is_default = true, version = version + 1, updated_at = $4 where org_id = $1 and key = $2 and version = $3`

	countRoles = `
select count(*) from crm.role where org_id = $1`

	governedFields = `
select object, field, internal_only, editable, false as custom from crm.governed_fields()
union all
select f.object, f.name, false, true, true from crm.custom_field f where f.org_id = $1
order by 1, 2`

	recordTypes = `
select id, object from crm.record_type where org_id = $1`
)

// Whoever holds a role by name, however they stand: they keep it from being deleted.
var holdersOf = map[operational.Side]string{
	operational.SidePartner: memberHolders + ` order by 1 limit 10`,
	operational.SideVendor: memberHolders + `
union all select coalesce(o.name, f.name) from crm.connection c left join crm.organisation o on o.id = c.partner_org_id left join crm.former_organisation f on f.org_id = c.partner_org_id where c.vendor_org_id = $1 and c.external_role = $2
union all select e.display_name from crm.external_contact e where e.vendor_org_id = $1 and e.external_role = $2 order by 1 limit 10`,
}

const memberHolders = `
select p.display_name as name from crm.membership m join crm.person p on p.id = m.person_id where m.org_id = $1 and m.role = $2`

func roleTx(ctx context.Context, tx *postgres.Tx, key string) (Role, error) {
	r, err := postgres.OneTx[Role](ctx, tx, "role", roleByKey(tx.Actor.Side), tx.Actor.Org, key)
	return r.tidy(), err
}

// tidy puts the lists of a role in order.
func (r Role) tidy() Role {
	tidied, _ := UpdateRole{}.apply(r)
	for o, x := range tidied.Objects {
		if x.RecordTypes != nil {
			x.RecordTypes = sortedIDs(x.RecordTypes)
		}
		x.Readable, x.Editable = sorted(x.Readable), sorted(x.Editable)
		tidied.Objects[o] = x
	}
	return tidied
}

// groundTx is what roles and layouts can name.
func groundTx(ctx context.Context, tx *postgres.Tx) (ground, error) {
	g := ground{side: tx.Actor.Side, types: map[uuid.UUID]operational.Object{}}
	b := &pgx.Batch{}
	b.Queue(bothSides, tx.Actor.Org).QueryRow(func(r pgx.Row) error { return r.Scan(&g.both) })
	b.Queue(governedFields, tx.Actor.Org).Query(func(rows pgx.Rows) (err error) {
		g.fields, err = pgx.CollectRows(rows, pgx.RowToStructByName[Governed])
		return err
	})
	b.Queue(recordTypes, tx.Actor.Org).Query(func(rows pgx.Rows) error {
		var id uuid.UUID
		var object operational.Object
		_, err := pgx.ForEachRow(rows, []any{&id, &object}, func() error { g.types[id] = object; return nil })
		return err
	})
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return ground{}, fmt.Errorf("read what can be governed: %w", err)
	}
	return g, nil
}
