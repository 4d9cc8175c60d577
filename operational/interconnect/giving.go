package interconnect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// sqlRole is what a role of the own company lets people do.
const sqlRole = `
select jsonb_build_object('key', r.key, 'everything', r.everything, 'capabilities', r.capabilities,
  'objects', coalesce((select jsonb_object_agg(o.object, jsonb_build_object(
      'create', o.can_create, 'read', o.can_read, 'edit', o.can_edit, 'delete', o.can_delete, 'import', o.can_import, 'export', o.can_export,
      'visibility', o.visibility, 'access', o.access, 'record_types', o.record_types, 'readable', o.readable, 'editable', o.editable))
    from crm.role_object o where o.org_id = r.org_id and o.role_key = r.key), '{}'))
from crm.role r where r.org_id = $1 and r.key = $2 and r.audience = $3`

// The audiences of roles.
const (
	ofOwnPeople = "internal"
	ofPartners  = "external"
)

// giveable checks that a role is there and holds nothing that the caller does not: an invitation is no way up. An API
// key has nothing to give, whoever made it.
func giveable(ctx context.Context, tx *postgres.Tx, field, key, audience string) error {
	var text []byte
	err := tx.QueryRow(ctx, sqlRole, tx.Actor.Org, key, audience).Scan(&text)
	if errors.Is(err, pgx.ErrNoRows) {
		var f operational.Faults
		f.Add(field, "There is no such role.", key)
		return f.Err()
	}
	if err != nil {
		return fmt.Errorf("read role %s: %w", key, err)
	}
	var role operational.RoleRights
	if err := json.Unmarshal(text, &role); err != nil {
		return fmt.Errorf("read role %s: %w", key, err)
	}
	if tx.Actor.Rights == nil || tx.Actor.Scopes != nil || exceeds(role, tx.Actor.Rights.Own) {
		return operational.Fault(operational.KindForbidden, "beyond-own-rights", "The role %s may do what yours may not. Nothing was saved. Ask an administrator of your organisation.", key)
	}
	return nil
}

// exceeds says whether a role holds anything that another does not.
func exceeds(role, own operational.RoleRights) bool {
	switch {
	case own.Everything:
		return false
	case role.Everything || !within(role.Capabilities, own.Capabilities):
		return true
	}
	for object, wanted := range role.Objects {
		if wanted.Read && exceedsIn(wanted, own.Objects[object]) {
			return true
		}
	}
	return false
}

func exceedsIn(x, own operational.ObjectRights) bool {
	for _, may := range [][2]bool{{x.Read, own.Read}, {x.Create, own.Create}, {x.Edit, own.Edit}, {x.Delete, own.Delete}, {x.Import, own.Import}, {x.Export, own.Export}} {
		if may[0] && !may[1] {
			return true
		}
	}
	// A vendor's people who reach their company reach all that partners ever do.
	wider := x.Visibility != operational.VisibilityPrivate && own.Visibility == operational.VisibilityPrivate
	typesBeyond := own.RecordTypes != nil && (x.RecordTypes == nil || !within(x.RecordTypes, own.RecordTypes))
	return typesBeyond || wider || x.Access == "read_write" && own.Access != "read_write" ||
		!within(x.Readable, own.Readable) || !within(x.Editable, own.Editable)
}

func within[T comparable](part, whole []T) bool {
	return !slices.ContainsFunc(part, func(v T) bool { return !slices.Contains(whole, v) })
}
