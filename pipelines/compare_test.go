package pipelines_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// rowText writes a row in the same words in both engines.
func rowText(t *warehouse.Table, micros string) string {
	parts := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		name := `"` + c.Name + `"`
		if c.Kind == warehouse.KindTime {
			name = fmt.Sprintf(micros, name)
		}
		parts[i] = "coalesce(cast(" + name + " as text), '-')"
		if c.Gone {
			parts[i] = "'-'"
		}
	}
	return strings.Join(parts, " || '|' || ")
}

const (
	pgMicros   = "(extract(epoch from %s) * 1000000)::bigint"
	duckMicros = "epoch_us(%s)"
)

func keyOf(t *warehouse.Table) string {
	return `"` + strings.Join(t.Key, `", "`) + `"`
}

// requireSame compares every table row by row: Postgres, the latest state, and what the log adds up to.
func (b *bed) requireSame(owner *pgx.Conn, duck *sql.DB) {
	b.t.Helper()
	b.requireMirror(owner, duck, warehouse.Tables)
}

// requireMirror is requireSame for other tables than those of now.
func (b *bed) requireMirror(owner *pgx.Conn, duck *sql.DB, tables []*warehouse.Table) {
	b.t.Helper()
	for _, t := range tables {
		want := pgRows(b.t, owner, "select "+sourceText(t)+" from "+t.Schema+"."+t.Name)
		if !t.AppendOnly {
			requireRows(b.t, want, duckRows(b.t, duck, "select "+rowText(t, duckMicros)+" from "+t.Name), t.Name)
		}
		fromLog := fmt.Sprintf(`select %s from (select *, row_number() over (partition by %s order by _lsn desc, _seq desc) as n from %s_log
			where _op <> 84 and _lsn * 4294967296::hugeint + _seq > coalesce((select max(_lsn * 4294967296::hugeint + _seq) from %s_log where _op = 84), -1)) l
			where n = 1 and _op not in (68, 88)`, rowText(t, duckMicros), keyOf(t), t.Name, t.Name)
		requireRows(b.t, want, duckRows(b.t, duck, fromLog), t.Name+"_log")
		var doubled int
		require.NoError(b.t, duck.QueryRow(`select count(*) from (select _lsn, _seq from `+t.Name+`_log where _op <> 83 group by _lsn, _seq having count(*) > 1)`).Scan(&doubled))
		require.Zero(b.t, doubled, "%s_log has changes twice", t.Name)
	}
}

func requireRows(t testing.TB, want, got []string, what string) {
	t.Helper()
	slices.Sort(want)
	slices.Sort(got)
	if slices.Equal(want, got) {
		return
	}
	missing, extra := difference(want, got), difference(got, want)
	require.Failf(t, "rows differ", "%s: %d rows in Postgres, %d here; missing %d, extra %d, first:\n%v\n%v", what, len(want), len(got), len(missing), len(extra),
		missing[:min(3, len(missing))], extra[:min(3, len(extra))])
}

func difference(a, b []string) []string {
	have := map[string]int{}
	for _, x := range b {
		have[x]++
	}
	var only []string
	for _, x := range a {
		if have[x]--; have[x] < 0 {
			only = append(only, x)
		}
	}
	return only
}

func pgRows(t testing.TB, conn *pgx.Conn, query string, args ...any) []string {
	t.Helper()
	rows, err := conn.Query(context.Background(), query, args...)
	require.NoError(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return all
}

func duckRows(t testing.TB, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.Query(query)
	require.NoError(t, err)
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		require.NoError(t, rows.Scan(&s))
		all = append(all, s)
	}
	require.NoError(t, rows.Err())
	return all
}

// oracle is a second slot that the pipeline does not touch: what it gives at the end says which changes there were.
func (b *bed) oracle(owner *pgx.Conn) {
	_, err := owner.Exec(context.Background(), `select pg_create_logical_replication_slot('oracle_' || current_database(), 'pgoutput')`)
	require.NoError(b.t, err)
}

// requireExactLog compares the log, change by change, with what the oracle saw after the pipeline's snapshot.
func (b *bed) requireExactLog(owner *pgx.Conn, duck *sql.DB) {
	b.t.Helper()
	var snapshot uint64
	require.NoError(b.t, duck.QueryRow(`select snapshot_lsn from checkpoint`).Scan(&snapshot))
	want := b.changes(owner, snapshot)
	for _, t := range warehouse.Tables {
		got := duckRows(b.t, duck, `select chr(_op::int) || ' ' || _lsn || ' ' || _rec || ' ' || _seq from `+t.Name+`_log where _op <> 83`)
		requireRows(b.t, want[t.Name], got, t.Name+"_log against the server's log after "+pgsource.FormatLSN(snapshot))
	}
}

// changes are what the oracle saw after a snapshot, by table.
func (b *bed) changes(owner *pgx.Conn, snapshot uint64) map[string][]string {
	b.t.Helper()
	rows, err := owner.Query(context.Background(), `select (lsn - '0/0')::bigint, data from pg_logical_slot_peek_binary_changes(
		'oracle_' || current_database(), null, null, 'proto_version', '2', 'publication_names', 'sharepartner')`)
	require.NoError(b.t, err)
	want := map[string][]string{}
	tables := map[uint32]string{}
	var commit uint64
	var lsn int64
	var data []byte
	seq := 0
	_, err = pgx.ForEachRow(rows, []any{&lsn, &data}, func() error {
		note := func(op byte, relation uint32) {
			if commit >= snapshot {
				want[tables[relation]] = append(want[tables[relation]], fmt.Sprintf("%c %d %d %d", op, commit, lsn, seq))
			}
			seq++
		}
		switch op := data[0]; op {
		case 'B':
			commit, seq = be64(data[1:]), pgsource.FirstSeq
		case 'R':
			name := data[5:]
			name = name[slices.Index(name, 0)+1:]
			tables[be32(data[1:])] = string(name[:slices.Index(name, 0)])
		case 'I', 'D':
			note(op, be32(data[1:]))
		case 'U':
			if data[5] == 'K' { // only a change of the key sends the old one
				note('D', be32(data[1:]))
				op = 'I'
			}
			note(op, be32(data[1:]))
		case 'T':
			for i := range be32(data[1:]) {
				note(op, be32(data[6+4*i:]))
			}
		}
		return nil
	})
	require.NoError(b.t, err)
	return want
}

func be32(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func be64(b []byte) uint64 { return uint64(be32(b))<<32 | uint64(be32(b[4:])) }
