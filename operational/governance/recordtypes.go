package governance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// MaxRecordTypes is the most that an object may have.
const MaxRecordTypes = 50

// RecordType is a variant of an object: roles work with some or with all, and each has its form by role.
type RecordType struct {
	ID          uuid.UUID            `json:"id" doc:"Id of the record type"`
	Object      operational.Object   `json:"object" enum:"account,contact,product,opportunity" doc:"Object that it is a variant of"`
	Name        string               `json:"name" doc:"Name, unique for the object"`
	Description *string              `json:"description,omitempty" doc:"What it is meant for"`
	Default     bool                 `json:"default" db:"is_default" doc:"New records have this type unless told otherwise"`
	Active      bool                 `json:"active" doc:"Whether new records can have it; records that have it keep it"`
	Layouts     map[string]uuid.UUID `json:"layouts" doc:"Layout of its form, by key of role"`
	Version     int64                `json:"version" doc:"Grows by one with each change; also the ETag"`
	CreatedAt   time.Time            `json:"created_at" doc:"When it was created"`
	UpdatedAt   time.Time            `json:"updated_at" doc:"When it was last changed"`
}

// NewRecordType is what is needed to create one. A new default takes the place of the old one.
type NewRecordType struct {
	Object      operational.Object
	Name        string
	Description *string
	Default     bool
}

// UpdateRecordType is a merge patch. Layouts that are given take the place of all that were.
type UpdateRecordType struct {
	Name        operational.Opt[string]
	Description operational.Opt[string]
	Default     operational.Opt[bool]
	Active      operational.Opt[bool]
	Layouts     operational.Opt[map[string]uuid.UUID]
}

// Validate says what is wrong with a new record type.
func (in NewRecordType) Validate() error {
	var faults operational.Faults
	if !slices.Contains(extensible, in.Object) {
		faults.Add("object", "It is none of account, contact, product, opportunity.", string(in.Object))
	}
	faults.Text("name", in.Name, 1, 60)
	if in.Description != nil {
		faults.Text("description", *in.Description, 0, 500)
	}
	return faults.Err()
}

func (in UpdateRecordType) apply(t RecordType) (RecordType, error) {
	var faults operational.Faults
	in.Name.Required(&faults, "name", &t.Name)
	in.Description.Into(&t.Description)
	in.Default.Required(&faults, "default", &t.Default)
	in.Active.Required(&faults, "active", &t.Active)
	in.Layouts.Required(&faults, "layouts", &t.Layouts)
	faults.Text("name", t.Name, 1, 60)
	if t.Description != nil {
		faults.Text("description", *t.Description, 0, 500)
	}
	if t.Default && !t.Active {
		faults.Add("active", "The default type of new records stays in use. Make another one the default first.", false)
	}
	return t, faults.Err()
}

const (
	typeColumns = `t.id, t.object, t.name, t.description, t.is_default, t.active, t.version, t.created_at, t.updated_at,
  (select coalesce(jsonb_object_agg(a.role_key, a.layout_id), '{}') from crm.layout_assignment a where a.record_type_id = t.id) as layouts`

	typeByID = `select ` + typeColumns + ` from crm.record_type t where t.id = $1`

	listTypes = `select ` + typeColumns + `, {keys} as sort_keys from crm.record_type t where {where} order by {order} limit {limit}`

	countTypes = `select count(*) from crm.record_type where org_id = $1 and object = $2`

	noDefaultType = `
update crm.record_type set is_default = false, version = version + 1, updated_at = @now where org_id = @org and object = @object and is_default and id <> @id returning id`

	insertType = `
insert into crm.record_type (id, org_id, object, name, description, is_default, created_at, updated_at) values (@id, @org, @object, @name, @description, @default, @now, @now)`

	updateType = `
update crm.record_type set name = @name, description = @description, is_default = @default, active = @active, version = version + 1, updated_at = @now where id = @id and version = @version`

	dropAssigned = `
delete from crm.layout_assignment where record_type_id = @id and role_key <> all(@roles::text[])`

	assignLayouts = `
insert into crm.layout_assignment as a (org_id, role_key, record_type_id, layout_id) select @org, r, @id, l from unnest(@roles::text[], @layouts::uuid[]) x (r, l)
on conflict (org_id, role_key, record_type_id) do update set layout_id = excluded.layout_id where a.layout_id <> excluded.layout_id`

	// Roles that are not there, or not for such records; layouts that are not there, or of another object.
	unfit = `
select x.r from unnest(@roles::text[], @layouts::uuid[]) x (r, l)
where not exists (select from crm.role o where o.org_id = @org and o.key = x.r and (o.audience = 'internal' or @shared))
  or not exists (select from crm.page_layout p where p.id = x.l and p.object = @object) order by 1`
)

var typeList = postgres.List{
	From: "crm.record_type t", ID: "t.id", Order: []operational.Sort{{Field: "object"}, {Field: "name"}},
	Field: map[string]postgres.Column{
		"object":     {SQL: "t.object", Type: postgres.Text, Enum: []string{"account", "contact", "product", "opportunity"}},
		"name":       {SQL: "t.name", Type: postgres.Text},
		"default":    {SQL: "t.is_default", Type: postgres.Bool},
		"active":     {SQL: "t.active", Type: postgres.Bool},
		"created_at": {SQL: "t.created_at", Type: postgres.Time},
		"updated_at": {SQL: "t.updated_at", Type: postgres.Time},
	},
}

type listedType struct {
	postgres.Keyed
	RecordType
}

// RecordTypeListing says by which fields record types can be listed.
func RecordTypeListing() operational.Listing { return typeList.Listing() }

// RecordTypes lists the record types of the caller's company.
func (s *Service) RecordTypes(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[RecordType], error) {
	if err := actor.Require(operational.RolesManage); err != nil {
		return operational.Listed[RecordType]{}, err
	}
	return postgres.Page(ctx, s.db, actor, typeList, q, listTypes, func(r listedType) RecordType { return r.RecordType })
}

// RecordType reads one.
func (s *Service) RecordType(ctx context.Context, actor operational.Actor, id uuid.UUID) (RecordType, error) {
	if err := actor.Require(operational.RolesManage); err != nil {
		return RecordType{}, err
	}
	return postgres.One[RecordType](ctx, s.db, actor, "record type", typeByID, id)
}

// CreateRecordType adds a record type to an object.
func (s *Service) CreateRecordType(ctx context.Context, actor operational.Actor, in NewRecordType) (RecordType, error) {
	if err := actor.Require(operational.RolesManage); err != nil {
		return RecordType{}, err
	}
	if err := in.Validate(); err != nil {
		return RecordType{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return RecordType{}, err
	}
	var replaced uuid.UUID
	return making[RecordType]{
		object: "record type", what: "record types", count: countTypes, most: MaxRecordTypes, of: in.Object, read: typeByID,
		insert: insertType, event: "record_type.created", fault: typeFault,
		before: func(tx *postgres.Tx) (err error) {
			replaced, err = soleDefault(ctx, tx, in.Default, in.Object, id)
			return err
		},
		decided: func(made RecordType) audit.Details {
			return inPlaceOf(replaced, RecordType{Name: made.Name, Description: made.Description, Active: true}.decided(made))
		},
	}.run(ctx, s.db, actor, id, pgx.NamedArgs{"object": in.Object, "name": in.Name, "description": in.Description, "default": in.Default})
}

// soleDefault makes room for a new default, and gives the one that was.
func soleDefault(ctx context.Context, tx *postgres.Tx, wanted bool, o operational.Object, id uuid.UUID) (replaced uuid.UUID, err error) {
	if !wanted {
		return uuid.Nil, nil
	}
	err = tx.QueryRow(ctx, noDefaultType, pgx.NamedArgs{"org": tx.Actor.Org, "object": o, "id": id, "now": tx.Now}).Scan(&replaced)
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, nil
	}
	return replaced, err
}

// inPlaceOf names the record type that is the default no more.
func inPlaceOf(replaced uuid.UUID, d audit.Details) audit.Details {
	if replaced != uuid.Nil {
		d.IDs = map[string]uuid.UUID{"in_place_of": replaced}
	}
	return d
}

func typeFault(err error) error {
	switch postgres.Violated(err) {
	case "record_type_org_id_object_name_key":
		return operational.Fault(operational.KindConflict, "record-type-name-taken", "The object has a record type with this name already. Nothing was saved.").Because(err)
	case "record_type_one_default":
		return operational.Stale("record type")
	}
	return err
}

// UpdateRecordType changes a record type that is still at this version.
func (s *Service) UpdateRecordType(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, in UpdateRecordType) (RecordType, error) {
	return assigning[RecordType]{
		needs: operational.RolesManage, object: "record type", read: typeByID, version: func(t RecordType) int64 { return t.Version },
		change: func(tx *postgres.Tx, now RecordType) (func() error, error) {
			next, err := in.apply(now)
			if err != nil || next.same(now) {
				return nil, err
			}
			args := typeArgs(tx, next, version)
			if err := fits(ctx, tx, args); err != nil {
				return nil, err
			}
			return func() error { return writeType(ctx, tx, now, next, args) }, nil
		},
	}.run(ctx, s.db, actor, id, version)
}

func (t RecordType) same(o RecordType) bool {
	return t.Name == o.Name && same(t.Description, o.Description) && t.Default == o.Default && t.Active == o.Active && maps.Equal(t.Layouts, o.Layouts)
}

func typeArgs(tx *postgres.Tx, t RecordType, version int64) pgx.NamedArgs {
	roles := slices.Sorted(maps.Keys(t.Layouts))
	layouts := make([]uuid.UUID, 0, len(roles))
	for _, r := range roles {
		layouts = append(layouts, t.Layouts[r])
	}
	return pgx.NamedArgs{
		"id": t.ID, "org": tx.Actor.Org, "version": version, "now": tx.Now, "object": t.Object, "name": t.Name, "description": t.Description,
		"default": t.Default, "active": t.Active, "roles": roles, "layouts": layouts, "shared": slices.Contains(shared, t.Object),
	}
}

func fits(ctx context.Context, tx *postgres.Tx, args pgx.NamedArgs) error {
	rows, err := tx.Query(ctx, unfit, args)
	if err != nil {
		return fmt.Errorf("look for roles and layouts: %w", err)
	}
	wrong, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("look for roles and layouts: %w", err)
	}
	var faults operational.Faults
	for _, role := range wrong {
		faults.Add("layouts", "There is no such role for such records, or no such layout of the object.", role)
	}
	return faults.Err()
}

func writeType(ctx context.Context, tx *postgres.Tx, was, t RecordType, args pgx.NamedArgs) error {
	replaced, err := soleDefault(ctx, tx, t.Default, t.Object, t.ID)
	if err != nil {
		return err
	}
	if err := change(ctx, tx, "record type", updateType, args); err != nil {
		return typeFault(err)
	}
	for _, sql := range []string{dropAssigned, assignLayouts} {
		if _, err := tx.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("assign layouts: %w", err)
		}
	}
	return events.AppendDecided(ctx, tx, "record_type.changed", t.ID, nil, inPlaceOf(replaced, was.decided(t)))
}
