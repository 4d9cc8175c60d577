package postgres_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

func TestUUIDsGoThereAndBack(t *testing.T) {
	db := pgtest.New(t)
	id := uuid.New()
	err := db.API.InTx(t.Context(), operational.Actor{Org: uuid.New(), Side: operational.SideVendor}, func(tx *postgres.Tx) error {
		for name, value := range map[string]any{"a value": id, "a pointer": &id, "a text": id.String()} {
			for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeSimpleProtocol} {
				var back uuid.UUID
				var pointer *uuid.UUID
				var text string
				require.NoError(t, tx.QueryRow(t.Context(), `select $1::uuid, $1::uuid, $1::uuid::text`, mode, value).Scan(&back, &pointer, &text), name)
				require.Equal(t, id, back, name)
				require.Equal(t, &id, pointer, name)
				require.Equal(t, id.String(), text, name)
			}
		}
		none := &id
		require.NoError(t, tx.QueryRow(t.Context(), `select $1::uuid`, (*uuid.UUID)(nil)).Scan(&none))
		require.Nil(t, none)
		require.Error(t, tx.QueryRow(t.Context(), `select null::uuid`).Scan(&id), "null is no uuid")
		var all []uuid.UUID
		require.NoError(t, tx.QueryRow(t.Context(), `select $1::uuid[]`, []uuid.UUID{id, uuid.Nil}).Scan(&all))
		require.Equal(t, []uuid.UUID{id, uuid.Nil}, all)
		var some []*uuid.UUID
		require.NoError(t, tx.QueryRow(t.Context(), `select $1::uuid[]`, []*uuid.UUID{&id, nil}).Scan(&some))
		require.Equal(t, []*uuid.UUID{&id, nil}, some)
		rows, err := tx.Query(t.Context(), `select $1::uuid as id`, id)
		require.NoError(t, err)
		values, err := pgx.CollectOneRow(rows, pgx.RowToMap)
		require.NoError(t, err)
		require.Equal(t, map[string]any{"id": id}, values)
		return nil
	})
	require.NoError(t, err)
}
