package postgres_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

type kindOfText string

type inner struct {
	ID   uuid.UUID
	Ref  *uuid.UUID
	Kind kindOfText
}

type everySort struct {
	inner
	Text      *string
	Big       int64
	Small     *int
	Amount    decimal.Decimal
	MaybeNone *decimal.Decimal
	At        time.Time
	MaybeAt   *time.Time
	Day       *operational.Date
	Keys      []string `db:"sort_keys"`
	Yes       bool
	Raw       []byte
	Left      string `db:"-"`
}

const everySortSQL = `
select ('5a1a0f0e-0000-4000-8000-00000000000' || (i % 10))::uuid as id,
  case when i % 3 = 0 then null else '5a1a0f0e-0000-4000-8000-000000000001'::uuid end as ref, 'won'::text as kind,
  case when i % 4 = 0 then null else 'täxt ' || i end as text, (i::bigint - 5) * 10000000000 as big, case when i % 2 = 0 then null else -i::int end as small,
  a as amount, case when i % 2 = 0 then null else a end as maybe_none,
  timestamptz '2024-02-29 12:34:56.789012+02' + i * interval '1 year' as at, case when i % 2 = 1 then timestamptz '1969-07-20' end as maybe_at,
  case when i % 2 = 0 then date '1999-12-31' + i::int end as day,
  case i % 3 when 0 then '{}'::text[] when 1 then array['', '=a', 'b,"'] else array['x'] end as sort_keys, i % 2 = 0 as yes, '\x0102'::bytea as raw
from unnest(array[0, 0.01, -0.01, 1, -1, 100, 10000, 0.0001, 1234.5678, -99999999.99, 999999999999.9999, 1000000000000, 999999999999999999.99, 0.00001,
  123456789.123456789, 1.50, 20000.0000, 1e20]::numeric[]) with ordinality u(a, i)`

// Collect reads what the driver's own way reads.
func TestCollectReadsAsTheDriverDoes(t *testing.T) {
	conn := pgtest.New(t).Owner(t)
	sql := `select id, ref, kind, text, big, small, amount, maybe_none, at, maybe_at, day, sort_keys, yes, raw from (` + everySortSQL + `) q`
	rows, _ := conn.Query(t.Context(), sql)
	want, err := pgx.CollectRows(rows, pgx.RowToStructByName[everySort])
	require.NoError(t, err)
	for range 2 { // the second time by the plan of the first
		rows, _ = conn.Query(t.Context(), sql)
		got, err := postgres.Collect[everySort](rows)
		require.NoError(t, err)
		require.Len(t, got, len(want))
		for i := range want {
			w, g := reflect.ValueOf(want[i]), reflect.ValueOf(got[i])
			require.True(t, want[i].At.Equal(got[i].At))
			require.Equal(t, want[i].Amount.String(), got[i].Amount.String())
			require.Equal(t, want[i].Amount.StringFixed(2), got[i].Amount.StringFixed(2))
			require.Equal(t, want[i].MaybeNone == nil, got[i].MaybeNone == nil)
			if want[i].MaybeAt != nil {
				require.True(t, want[i].MaybeAt.Equal(*got[i].MaybeAt))
			}
			for _, name := range []string{"ID", "Ref", "Kind", "Text", "Big", "Small", "Day", "Keys", "Yes", "Raw"} {
				require.Equal(t, w.FieldByName(name).Interface(), g.FieldByName(name).Interface(), name)
			}
		}
	}
}

func TestCollectSaysWhatDoesNotFit(t *testing.T) {
	conn := pgtest.New(t).Owner(t)
	read := func(sql string) error {
		rows, _ := conn.Query(context.Background(), sql)
		_, err := postgres.CollectOne[inner](rows)
		return err
	}
	const id = `'5a1a0f0e-0000-4000-8000-000000000001'::uuid`
	require.NoError(t, read(`select `+id+` as id, null::uuid as ref, 'x' as kind`))
	require.ErrorContains(t, read(`select `+id+` as id, null::uuid as ref, 'x' as kind, 1 as more`), "column more has no field")
	require.ErrorContains(t, read(`select `+id+` as id, 'x' as kind`), "no column for the field ref")
	require.ErrorContains(t, read(`select null::uuid as id, null::uuid as ref, 'x' as kind`), "read column id")
	require.ErrorContains(t, read(`select `+id+` as id, null::uuid as ref, null::text as kind`), "read column kind")
	require.ErrorIs(t, read(`select `+id+` as id, null::uuid as ref, 'x' as kind where false`), pgx.ErrNoRows)
	require.ErrorIs(t, read(`select `+id+` as id, null::uuid as ref, 'x' as kind from generate_series(1, 2)`), pgx.ErrTooManyRows)
	require.ErrorContains(t, read(`select `+id+` as id, null::uuid as ref, (1 / (random() * 0)::int)::text as kind`), "division by zero")
}
