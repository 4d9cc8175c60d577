package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

func someVendor() operational.Actor {
	return operational.Actor{Org: uuid.New(), Side: operational.SideVendor, Role: operational.RoleAdministrator, Membership: uuid.New()}
}

func TestTransactionsAreAllOrNothing(t *testing.T) {
	ctx := context.Background()
	d := pgtest.New(t)
	owner := d.Owner(t)
	actor := someVendor()
	_, err := owner.Exec(ctx, `insert into crm.organisation (id, name, created_at) values ($1, 'A', now())`, actor.Org)
	require.NoError(t, err)
	count := func() (n int) {
		require.NoError(t, owner.QueryRow(ctx, `select count(*) from crm.product`).Scan(&n))
		return n
	}
	add := func(tx pgx.Tx, name string) error {
		_, err := tx.Exec(ctx, `insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at)
			values ($1, $2, $3, 'F', 1, 'EUR', now(), now())`, uuid.New(), actor.Org, name)
		return err
	}

	broken := errors.New("broken")
	require.ErrorIs(t, d.API.InTx(ctx, actor, func(tx *postgres.Tx) error {
		require.NoError(t, add(tx, "one"))
		return broken
	}), broken)
	require.Zero(t, count())

	require.Panics(t, func() {
		_ = d.API.InTx(ctx, actor, func(tx *postgres.Tx) error {
			require.NoError(t, add(tx, "one"))
			panic("a bug")
		})
	})
	require.Zero(t, count())

	require.ErrorIs(t, d.API.InTx(ctx, actor, func(tx *postgres.Tx) error { // a fault that nobody heeds
		_ = add(tx, "")
		return nil
	}), pgx.ErrTxCommitRollback)

	gone, cancel := context.WithCancel(ctx)
	require.Error(t, d.API.InTx(gone, actor, func(tx *postgres.Tx) error {
		require.NoError(t, add(tx, "one"))
		cancel()
		return nil
	}))
	require.Zero(t, count())

	require.NoError(t, d.API.InTx(ctx, actor, func(tx *postgres.Tx) error {
		require.NoError(t, add(tx, "kept"))
		require.Error(t, pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error { return add(inner, "") }))
		require.NoError(t, pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error { return add(inner, "kept too") }))
		return nil
	}))
	require.Equal(t, 2, count())
}

func TestNothingStaysOnTheConnection(t *testing.T) {
	ctx := context.Background()
	url := pgtest.NewURL(t)
	u, err := postgres.LoginURL(url, postgres.LoginAPI, pgtest.Secret)
	require.NoError(t, err)
	db, err := postgres.Open(ctx, u, postgres.NewSigner(pgtest.Secret), 1, time.Now)
	require.NoError(t, err)
	defer db.Close()
	actor := someVendor()
	var leaked pgx.Tx
	require.NoError(t, db.InTx(ctx, actor, func(tx *postgres.Tx) error { leaked = tx; return nil }))
	require.Panics(t, func() { _, _ = leaked.Exec(ctx, `select 1`) }, "a transaction that has ended gives its connection away")
	require.NoError(t, db.Read(ctx, actor, func(b *pgx.Batch) {}))
	require.NoError(t, db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {}))
	var role, claim, sig string
	require.NoError(t, db.Login().QueryRow(ctx, `select current_user, coalesce(current_setting('app.ctx', true), ''), coalesce(current_setting('app.sig', true), '')`).Scan(&role, &claim, &sig))
	require.Equal(t, []string{postgres.LoginAPI, "", ""}, []string{role, claim, sig})
}

func TestRunningStatementsShowNoSignature(t *testing.T) {
	ctx := context.Background()
	d := pgtest.New(t)
	super, err := pgx.Connect(ctx, pgtest.Server(t).SuperURL)
	require.NoError(t, err)
	defer super.Close(ctx)
	require.NoError(t, d.API.InTx(ctx, someVendor(), func(tx *postgres.Tx) error {
		rows, err := super.Query(ctx, `select query from pg_stat_activity where usename = 'sharepartner_api'`)
		require.NoError(t, err)
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		require.NotEmpty(t, texts)
		for _, text := range texts {
			require.NotContains(t, text, "|vendor|")
		}
		return nil
	}))
}
