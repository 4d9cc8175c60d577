package events_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func plantVendor(t *testing.T, db *pgtest.Database) operational.Actor {
	t.Helper()
	org := uuid.New()
	_, err := db.Owner(t).Exec(t.Context(), `insert into crm.organisation (id, name, created_at) values ($1, 'Vendor', now())`, org)
	require.NoError(t, err)
	return operational.Actor{Org: org, Side: operational.SideVendor, Role: operational.RoleAdministrator}
}

func TestAnEventIsWrittenWithItsChangeOrNotAtAll(t *testing.T) {
	db, ctx := pgtest.New(t), t.Context()
	actor, record := plantVendor(t, db), uuid.New()
	require.NoError(t, db.API.InTx(ctx, actor, func(tx *postgres.Tx) error {
		return events.Append(ctx, tx, "thing.made", record, map[string]uuid.UUID{"other": record})
	}))
	require.Error(t, db.API.InTx(ctx, actor, func(tx *postgres.Tx) error {
		require.NoError(t, events.Append(ctx, tx, "thing.lost", record, nil))
		return operational.NotFound("thing")
	}))
	var org, found uuid.UUID
	var kind, payload string
	var created time.Time
	require.NoError(t, db.Owner(t).QueryRow(ctx, `select org_id, record_id, event_type, payload->>'other', created_at from crm.outbox`).
		Scan(&org, &found, &kind, &payload, &created))
	require.Equal(t, actor.Org, org)
	require.Equal(t, record, found)
	require.Equal(t, "thing.made", kind)
	require.Equal(t, record.String(), payload)
}

func TestEventTypesReadObjectHappened(t *testing.T) {
	db, ctx := pgtest.New(t), t.Context()
	actor := plantVendor(t, db)
	for _, wrong := range []string{"", "thing", "Thing.made", "thing.", "thing made"} {
		require.ErrorContains(t, db.API.InTx(ctx, actor, func(tx *postgres.Tx) error {
			return events.Append(ctx, tx, wrong, uuid.New(), nil)
		}), "object.happened", wrong)
	}
}

func TestNobodyReadsTheOutboxAsATenantOrWritesItForAnother(t *testing.T) {
	db, ctx := pgtest.New(t), t.Context()
	actor, other := plantVendor(t, db), plantVendor(t, db)
	require.Equal(t, operational.KindForbidden, operational.KindOf(db.API.InTx(ctx, actor, func(tx *postgres.Tx) error {
		_, err := tx.Exec(ctx, `select * from crm.outbox`)
		return err
	})))
	require.Error(t, db.API.InTx(ctx, actor, func(tx *postgres.Tx) error {
		tx.Actor.Org = other.Org
		return events.Append(ctx, tx, "thing.made", uuid.New(), nil)
	}))
}
