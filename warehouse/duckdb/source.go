package duckdb

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"strings"

	"github.com/sharepartner/sharepartner/warehouse"
)

// source says where a question finds its moves and states.
type source struct {
	known  bool // from the history, as it was known then
	past   bool // some wide rows are later than the instant
	undone bool // some rows of the history were taken back
	until  bool // only what had been loaded by then
}

// sourceOf chooses the source: what is derived answers a question of now; any other is computed from the history.
// What it looks up stays true for the whole view.
func (v *view) sourceOf(ctx context.Context, tx *sql.Tx, a warehouse.Ask) (source, error) {
	src := source{until: a.UntilLSN > 0 && a.UntilLSN < v.mark.LSN}
	src.known = !a.KnownAt.IsZero() || src.until
	var err error
	if src.past, err = v.exists(ctx, tx, "opportunity_wide WHERE last_effective_at > $1", a.AsOf.UTC()); err != nil {
		return src, err
	}
	src.undone, err = v.exists(ctx, tx, "opportunity_history_undone")
	return src, err
}

// exists says whether there is such a row, and looks only once.
func (v *view) exists(ctx context.Context, tx *sql.Tx, rows string, args ...any) (found bool, err error) {
	key := fmt.Sprint(rows, args)
	if found, ok := v.found[key]; ok {
		return found, nil
	}
	if err := tx.QueryRowContext(ctx, "SELECT EXISTS (FROM "+rows+")", args...).Scan(&found); err != nil {
		return false, fmt.Errorf("look where the answer is: %w", err)
	}
	v.found[key] = found
	return found, nil
}

// moves gives the table expression "move" with every move of the scope.
func (s source) moves(q *query) string {
	if !s.known {
		return "move AS (SELECT * FROM opportunity_move WHERE " + q.scope() + ")"
	}
	return s.fromHistory(q, q.scope()+q.knownAt())
}

// fromHistory computes "move" from the rows of the history that the condition names.
func (s source) fromHistory(q *query, condition string) string {
	h := history{where: condition, undone: s.undone}
	if s.until {
		h.until = q.bind("until_lsn", int64(q.ask.UntilLSN))
	}
	input := "SELECT " + historyColumns + " FROM (" + historySQL(h) + ")"
	return strings.ReplaceAll(movesWithSQL, "{input}", input) + ",\nmove AS MATERIALIZED (" + movesSQL + ")"
}

// noSeed stands for the wide rows before, when all is derived from the beginning.
const noSeed = "(SELECT * FROM opportunity_wide WHERE false)"

// states gives the table expression "state": the wide row of each opportunity as it was at the instant.
func (s source) states(q *query) string {
	now := "SELECT * FROM opportunity_wide WHERE " + q.scope()
	if !s.known && !s.past {
		return "state AS (" + now + ")"
	}
	asOf := q.bind("as_of", q.ask.AsOf.UTC())
	condition := q.scope() + " AND effective_at <= " + asOf + q.knownAt()
	replace := strings.NewReplacer("{moves}", "move", "{seed}", noSeed)
	if s.known {
		return s.fromHistory(q, condition) + ",\n" + replace.Replace(wideWithSQL) + ",\nstate AS (" + replace.Replace(wideSQL) + ")"
	}
	changedLater := "opportunity_id IN (SELECT opportunity_id FROM opportunity_wide WHERE last_effective_at > " + asOf + " AND " + q.scope() + ")"
	return s.fromHistory(q, condition+" AND "+changedLater) + ",\n" + replace.Replace(wideWithSQL) +
		",\nchanged_later AS (" + replace.Replace(wideSQL) + ")" +
		",\nstate AS (" + now + " AND last_effective_at <= " + asOf + " UNION ALL FROM changed_later)"
}

// stays gives the table expression "stay_row": the stays of the opportunities of "state", after it.
func (s source) stays(q *query) string {
	now := "SELECT * FROM opportunity_stay WHERE " + q.scope()
	if !s.known && !s.past {
		return "stay_row AS (" + now + ")"
	}
	wide := "state"
	if !s.known {
		wide = "changed_later"
	}
	replace := strings.NewReplacer("{moves}", "move", "{seed}", "(SELECT * FROM opportunity_stay WHERE false)", "{wide}", wide)
	if s.known {
		return replace.Replace(stayWithSQL) + ",\nstay_row AS (" + replace.Replace(staySQL) + ")"
	}
	asOf := q.bind("as_of", q.ask.AsOf.UTC())
	return replace.Replace(stayWithSQL) + ",\nstay_row AS (" + now + " AND last_effective_at <= " + asOf + " UNION ALL (" + replace.Replace(staySQL) + "))"
}

// latest is the latest state of a table with the key id, as it was when the answer's bound had been loaded.
func (s source) latest(q *query, table string) string {
	if !s.until {
		return table
	}
	until := q.bind("until_lsn", int64(q.ask.UntilLSN))
	return strings.NewReplacer("{table}", table, "{until}", until).Replace(`(
		SELECT * FROM (
			SELECT * FROM {table}_log WHERE _lsn < {until} AND _op <> 84
			AND (_lsn::HUGEINT * 4294967296 + _seq) > coalesce((SELECT max(_lsn::HUGEINT * 4294967296 + _seq) FROM {table}_log WHERE _op = 84 AND _lsn < {until}), -1)
			QUALIFY row_number() OVER (PARTITION BY id ORDER BY _lsn DESC, _seq DESC) = 1)
		WHERE _op <> 68)`)
}
