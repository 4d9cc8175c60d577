package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
)

func TestDecimalsTravelExactly(t *testing.T) {
	ctx := context.Background()
	db := pgtest.New(t).API.Login()
	values := []string{
		"0", "0.00", "-0.01", "0.0001", "1", "10", "100", "9999", "10000", "12345678.9", "1234.50", "-1234.50", "9999999999999999.99",
		"-9999999999999999.99", "0.1234567890123456789", "1e5", "123456789012345678901234567890.123456789",
	}
	sent := make([]decimal.Decimal, 0, len(values))
	for _, text := range values {
		d := decimal.RequireFromString(text)
		sent = append(sent, d)
		for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeExec} {
			var got decimal.Decimal
			var shown string
			require.NoError(t, db.QueryRow(ctx, `select $1::numeric, $1::numeric::text`, mode, d).Scan(&got, &shown), text)
			require.True(t, d.Equal(got), "%s came back as %s", text, got)
			require.True(t, d.Equal(decimal.RequireFromString(shown)), "%s arrived as %s", text, shown)
		}
	}
	var all []decimal.Decimal
	require.NoError(t, db.QueryRow(ctx, `select array_agg(x order by n) from unnest($1::numeric[]) with ordinality u(x, n)`, sent).Scan(&all))
	require.Len(t, all, len(sent))
	for i := range sent {
		require.True(t, sent[i].Equal(all[i]), "%s came back as %s", sent[i], all[i])
	}
}

func TestDecimalsMayBeNull(t *testing.T) {
	ctx := context.Background()
	db := pgtest.New(t).API.Login()
	var none *decimal.Decimal
	require.NoError(t, db.QueryRow(ctx, `select $1::numeric`, none).Scan(&none))
	require.Nil(t, none)
	one := decimal.New(15, -1)
	some := &one
	require.NoError(t, db.QueryRow(ctx, `select $1::numeric(18,2)`, some).Scan(&some))
	require.True(t, one.Equal(*some))
	var list []*decimal.Decimal
	require.NoError(t, db.QueryRow(ctx, `select $1::numeric[]`, []*decimal.Decimal{&one, nil}).Scan(&list))
	require.True(t, one.Equal(*list[0]))
	require.Nil(t, list[1])
	var d decimal.Decimal
	for _, bad := range []string{`null::numeric`, `'NaN'::numeric`, `'Infinity'::numeric`} {
		require.Error(t, db.QueryRow(ctx, `select `+bad).Scan(&d), bad)
	}
	type row struct {
		Amount decimal.Decimal
		Other  *decimal.Decimal
	}
	rows, err := db.Query(ctx, `select 12.30::numeric(18,2) as amount, null::numeric as other`)
	require.NoError(t, err)
	got, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[row])
	require.NoError(t, err)
	require.Equal(t, "12.30", got.Amount.StringFixed(2))
	require.Nil(t, got.Other)
}
