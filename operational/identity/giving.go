package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// sqlRole is what a role of the own company lets people do.
const sqlRole = `
select jsonb_build_object('key', r.key, 'everything', r.everything, 'hat', case r.audience when 'external' then 'vendor' else r.hat end, 'capabilities', r.capabilities,
  'objects', coalesce((select jsonb_object_agg(o.object, jsonb_build_object(
      'create', o.can_create, 'read', o.can_read, 'edit', o.can_edit, 'delete', o.can_delete, 'import', o.can_import, 'export', o.can_export,
      'visibility', o.visibility, 'access', o.access, 'record_types', o.record_types, 'readable', o.readable, 'editable', o.editable))
    from crm.role_object o where o.org_id = r.org_id and o.role_key = r.key), '{}'))
from crm.role r where r.org_id = $1 and r.key = $2 and r.audience = $3`

// Giveable checks that a role is there and holds nothing that the caller does not: what gives it is no way up.
func Giveable(ctx context.Context, tx *postgres.Tx, field, key, audience string) error {
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
	if len(tx.Actor.Giving().Beyond(operational.RoleRights{}, role)) > 0 {
		return operational.Fault(operational.KindForbidden, "beyond-own-rights", "The role %s may do what yours may not. Nothing was saved. Ask an administrator of your organisation.", key)
	}
	return nil
}

// DecidesOver checks that a member of the caller's company has a role that the caller could give: nobody decides over
// people who may do more.
func DecidesOver(ctx context.Context, tx *postgres.Tx, member uuid.UUID) error {
	var role string
	err := tx.QueryRow(ctx, `select role from crm.membership where org_id = $1 and id = $2`, tx.Actor.Org, member).Scan(&role)
	if errors.Is(err, pgx.ErrNoRows) {
		return operational.NotFound("person")
	}
	if err != nil {
		return fmt.Errorf("read role of member %s: %w", member, err)
	}
	return Giveable(ctx, tx, "role", role, "internal")
}
