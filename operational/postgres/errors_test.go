package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

func TestFaultsOfTheServerHaveAKind(t *testing.T) {
	ctx := context.Background()
	owner := pgtest.New(t).Owner(t)
	_, err := owner.Exec(ctx, `create table t (x int primary key check (x < 100), y int not null references t (x), z numeric(4,2), d date); insert into t values (1, 1)`)
	require.NoError(t, err)
	for sql, want := range map[string]operational.Kind{
		`insert into t values (1, 1)`:                                     operational.KindConflict,
		`insert into t values (2, 99)`:                                    operational.KindInvalid,
		`insert into t values (100, 1)`:                                   operational.KindInvalid,
		`insert into t values (2, null)`:                                  operational.KindInvalid,
		`insert into t values (2, 1, 1000)`:                               operational.KindInvalid,
		`select 'x'::int`:                                                 operational.KindInvalid,
		`select '2017-02-30'::date`:                                       operational.KindInvalid,
		`select convert_from('\x00', 'UTF8')`:                             operational.KindInvalid,
		`select '"\u0000"'::jsonb ->> 0`:                                  operational.KindInvalid,
		`set local role sharepartner_vendor; select * from t`:             operational.KindForbidden,
		`do $$ begin raise exception 'x' using errcode = '40001'; end $$`: operational.KindUnavailable,
		`do $$ begin raise exception 'x' using errcode = '53100'; end $$`: operational.KindUnavailable,
		`do $$ begin raise exception 'x' using errcode = '57P01'; end $$`: operational.KindUnavailable,
		`selct 1`:            "",
		`select * from none`: "",
		`select 1/0`:         "",
	} {
		_, err := owner.Exec(ctx, "begin; "+sql)
		require.Error(t, err, sql)
		translated := postgres.Translate(fmt.Errorf("do it: %w", err))
		require.Equal(t, want, operational.KindOf(translated), sql)
		require.ErrorIs(t, translated, err, "the cause is kept for the log")
		if want != "" {
			require.NotContains(t, translated.Error(), "SQLSTATE", "nothing of the driver is shown")
		}
		_, err = owner.Exec(ctx, "rollback")
		require.NoError(t, err)
	}
	_, err = owner.Exec(ctx, `insert into t values (1, 1)`)
	require.Equal(t, "t_pkey", postgres.Violated(postgres.Translate(err)))
	require.Empty(t, postgres.Violated(errors.New("other")))
}

func TestFaultsThatAreNotTheServers(t *testing.T) {
	require.NoError(t, postgres.Translate(nil))
	require.Equal(t, operational.KindNotFound, operational.KindOf(postgres.Translate(pgx.ErrNoRows)))
	own := operational.Stale("account")
	require.Equal(t, error(own), postgres.Translate(own))
	require.Equal(t, context.Canceled, postgres.Translate(context.Canceled))
	other := errors.New("other")
	require.Equal(t, other, postgres.Translate(other))
	_, err := pgx.Connect(context.Background(), "postgres://x:y@127.0.0.1:1/z?sslmode=disable")
	require.Equal(t, operational.KindUnavailable, operational.KindOf(postgres.Translate(err)))
}

// A server that goes away in the middle is "unavailable", and comes back without a restart of the program.
func TestTheServerGoesAwayAndComesBack(t *testing.T) {
	ctx := context.Background()
	d := pgtest.New(t)
	super := connect(t, pgtest.Server(t).SuperURL)
	err := d.API.InTx(ctx, someVendor(), func(tx *postgres.Tx) error {
		var database string
		require.NoError(t, tx.QueryRow(ctx, `select current_database()`).Scan(&database))
		_, err := super.Exec(ctx, `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1`, database)
		require.NoError(t, err)
		_, err = tx.Exec(ctx, `select 1`)
		return err
	})
	require.Equal(t, operational.KindUnavailable, operational.KindOf(err), "%v", err)
	require.Eventually(t, func() bool {
		return d.API.InTx(ctx, someVendor(), func(tx *postgres.Tx) error { return nil }) == nil
	}, 10*time.Second, 10*time.Millisecond)
}
