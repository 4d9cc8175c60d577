package governance

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// RoleListing says by which fields roles can be listed.
func RoleListing() operational.Listing { return roleList.Listing() }

// Roles lists the roles that the caller governs: of its own people, of its partners' people, or both.
func (s *Service) Roles(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Role], error) {
	if err := either(actor, operational.RolesManage, operational.ChannelGovern, operational.PeopleManage); err != nil {
		return operational.Listed[Role]{}, err
	}
	audiences := operational.Filter{Field: "audience", Op: "in"}
	for _, audience := range []string{Internal, External} {
		if reads(actor, audience) == nil {
			audiences.Values = append(audiences.Values, audience)
		}
	}
	if q.Filter != nil {
		audiences = operational.Filter{And: []operational.Filter{*q.Filter, audiences}}
	}
	q.Filter = &audiences
	return postgres.Page(ctx, s.db, actor, roleList, q, listRoles(actor.Side), func(r listedRole) Role { return r.tidy() })
}

// reads: who gives roles to people must see what there is to give.
func reads(actor operational.Actor, audience string) error {
	if audience == External {
		return actor.Require(operational.ChannelGovern)
	}
	return either(actor, operational.RolesManage, operational.PeopleManage)
}

// Role reads one role.
func (s *Service) Role(ctx context.Context, actor operational.Actor, key string) (Role, error) {
	if err := either(actor, operational.RolesManage, operational.ChannelGovern, operational.PeopleManage); err != nil {
		return Role{}, err
	}
	r, err := postgres.One[Role](ctx, s.db, actor, "role", roleByKey(actor.Side), actor.Org, key)
	if err != nil {
		return Role{}, err
	}
	return r.tidy(), reads(actor, r.Audience)
}

// CreateRole makes a role that may do nothing, or what another one may.
func (s *Service) CreateRole(ctx context.Context, actor operational.Actor, in NewRole) (Role, error) {
	if err := in.Validate(actor.Side); err != nil {
		return Role{}, err
	}
	if err := actor.Require(needs(in.Audience)); err != nil {
		return Role{}, err
	}
	var created Role
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		role, err := in.role(ctx, tx)
		if err != nil {
			return err
		}
		if err := beyond(actor.Giving(), Role{}, role); err != nil {
			return err
		}
		if err := insert(ctx, tx, &role, in.Key == ""); err != nil {
			return err
		}
		if created, err = roleTx(ctx, tx, role.Key); err != nil {
			return err
		}
		return events.AppendDecided(ctx, tx, "role.created", created.ID, nil, begun(created, in.CopyOf))
	})
	return created, err
}

// role is the new role with the rights that it begins with.
func (in NewRole) role(ctx context.Context, tx *postgres.Tx) (Role, error) {
	role := Role{Key: in.Key, Audience: in.Audience, Name: in.Name, Description: in.Description, Objects: Rights{}}
	if role.Key == "" {
		role.Key = keyOf(in.Name)
	}
	var both bool
	// Held until the role is there: one for either side is not made while the company gets its second.
	if err := tx.QueryRow(ctx, bothSides+" for share", tx.Actor.Org).Scan(&both); err != nil {
		return role, fmt.Errorf("read the sides of the company: %w", err)
	}
	if in.Hat != "" && !both {
		var faults operational.Faults
		faults.Add("hat", "Your organisation has one side, on which all its people work.", in.Hat)
		return role, faults.Err()
	}
	if both && in.Audience == Internal {
		role.Hat = &tx.Actor.Side
	}
	if in.CopyOf != "" {
		model, err := in.model(ctx, tx)
		if err != nil {
			return role, err
		}
		role.Hat, role.Capabilities, role.Objects = model.Hat, model.Capabilities, model.Objects
	}
	switch side := operational.Side(in.Hat); in.Hat {
	case "":
	case BothSides:
		role.Hat = nil
	default:
		role.Hat = &side
	}
	able := role.Capable(tx.Actor.Side, both)
	role.Capabilities = slices.DeleteFunc(role.Capabilities, func(c operational.Permission) bool { return !slices.Contains(able, c) })
	return role, nil
}

// model is the role that a new one is a copy of.
func (in NewRole) model(ctx context.Context, tx *postgres.Tx) (Role, error) {
	model, err := roleTx(ctx, tx, in.CopyOf)
	var faults operational.Faults
	switch {
	case operational.KindOf(err) == operational.KindNotFound:
		faults.Add("copy_of", "There is no such role.", in.CopyOf)
	case err != nil:
		return model, err
	case model.Audience != in.Audience:
		faults.Add("copy_of", "That role is for other people: its rights do not fit.", in.CopyOf)
	case model.Everything:
		faults.Add("copy_of", "That role has every right, which is not copied. Begin with another, or with none.", in.CopyOf)
	}
	return model, faults.Err()
}

// insert writes a new role; a key made of the name gives way to one that is taken.
func insert(ctx context.Context, tx *postgres.Tx, r *Role, anyKey bool) error {
	if err := alone(ctx, tx, "roles"); err != nil {
		return err
	}
	var n int
	if err := tx.QueryRow(ctx, countRoles, tx.Actor.Org).Scan(&n); err != nil {
		return fmt.Errorf("count roles: %w", err)
	}
	if n >= MaxRoles {
		return operational.Fault(operational.KindConflict, "too-many-roles", "Your organisation has %d roles, which is the most there can be. Nothing was saved. Delete one that nobody has.", n)
	}
	if anyKey {
		if err := tx.QueryRow(ctx, freeKey, tx.Actor.Org, r.Key).Scan(&r.Key); err != nil {
			return fmt.Errorf("find a key: %w", err)
		}
	}
	args := roleArgs(tx, *r, 0)
	if _, err := tx.Exec(ctx, insertRole, args); err != nil {
		return roleFault(err)
	}
	return writeRights(ctx, tx, args)
}

const freeKey = `
select k from (select $2::text as k, 1 as n union all select $2 || '_' || i, i from generate_series(2, 101) i) c
where not exists (select from crm.role r where r.org_id = $1 and r.key = c.k) and not crm.comes_with_workspace(c.k) order by n limit 1`

func roleArgs(tx *postgres.Tx, r Role, version int64) pgx.NamedArgs {
	type object struct {
		Object operational.Object `json:"object"`
		operational.ObjectRights
	}
	names, rights := []string{}, []object{}
	for _, o := range sortedObjects(r.Objects) {
		names, rights = append(names, string(o)), append(rights, object{o, r.Objects[o]})
	}
	text, _ := json.Marshal(rights) // booleans, texts and ids
	return pgx.NamedArgs{
		"org": tx.Actor.Org, "key": r.Key, "audience": r.Audience, "name": strings.TrimSpace(r.Name), "description": r.Description, "capabilities": sorted(r.Capabilities),
		"objects": names, "rights": string(text), "hat": r.Hat, "now": tx.Now, "version": version,
	}
}

func writeRights(ctx context.Context, tx *postgres.Tx, args pgx.NamedArgs) error {
	for _, sql := range []string{dropObjects, writeObjects} {
		if _, err := tx.Exec(ctx, sql, args); err != nil {
			return roleFault(err)
		}
	}
	return nil
}

func roleFault(err error) error {
	switch postgres.Violated(err) {
	case "role_name", "role_pkey":
		return operational.Fault(operational.KindConflict, "role-name-taken", "Your organisation has a role with this name or key already. Nothing was saved.").Because(err)
	case "role_key_kept":
		return operational.Fault(operational.KindConflict, "role-key-kept", "This key is kept for a role that comes with a workspace. Nothing was saved. Choose another one, or leave it out.").Because(err)
	case "role_names_fields", "role_names_record_types": // removed between the check and here
		return operational.Fault(operational.KindConflict, "role-names-nothing", "A field or record type that the role names is not there any more. Nothing was saved. Read it again.").Because(err)
	}
	return err
}

// UpdateRole changes a role that is still at this version: all of the change set, or nothing of it.
func (s *Service) UpdateRole(ctx context.Context, actor operational.Actor, key string, version int64, in UpdateRole) (Role, error) {
	changed, err := s.UpdateRoles(ctx, actor, []RoleChange{{Key: key, Version: version, UpdateRole: in}})
	if err != nil {
		return Role{}, err
	}
	return changed[0], nil
}

// plan is the role as it is and as it would be, if it may be so.
func (in UpdateRole) plan(ctx context.Context, tx *postgres.Tx, key string) (now, next Role, err error) {
	if now, err = governedTx(ctx, tx, key); err != nil {
		return now, next, err
	}
	if err = now.everythingStays(in); err != nil {
		return now, next, err
	}
	if next, err = in.apply(now); err != nil {
		return now, next, err
	}
	if err = next.idle(now); err != nil {
		return now, next, err
	}
	g, err := groundTx(ctx, tx)
	if err != nil {
		return now, next, err
	}
	if err = next.check(g); err != nil {
		return now, next, err
	}
	return now, next, beyond(tx.Actor.Giving(), now, next)
}

func same(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }

// Preview says whom a change set would touch and what it would let them see. Nothing is written.
func (s *Service) Preview(ctx context.Context, actor operational.Actor, key string, in UpdateRole) (Preview, error) {
	joint, err := s.PreviewRoles(ctx, actor, []RoleChange{{Key: key, UpdateRole: in}})
	if err != nil {
		return Preview{}, err
	}
	return joint.Roles[0], nil
}

// Compare says in what two roles differ.
func (s *Service) Compare(ctx context.Context, actor operational.Actor, key, other string) ([]Difference, error) {
	a, err := s.Role(ctx, actor, key)
	if err != nil {
		return nil, err
	}
	b, err := s.Role(ctx, actor, other)
	if err != nil {
		return nil, err
	}
	return differences(a, b), nil
}

// Governed lists the fields that roles and layouts of the caller's company can name.
func (s *Service) Governed(ctx context.Context, actor operational.Actor) ([]Governed, error) {
	if err := either(actor, operational.RolesManage, operational.ChannelGovern); err != nil {
		return nil, err
	}
	var fields []Governed
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(governedFields, actor.Org).Query(func(rows pgx.Rows) (err error) {
			fields, err = pgx.CollectRows(rows, pgx.RowToStructByName[Governed])
			return err
		})
	})
	return fields, err
}
