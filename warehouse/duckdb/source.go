package duckdb

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"strings"

	"github.com/sharepartner/sharepartner/warehouse"
)

// source says which opportunities a question finds otherwise than they are derived: those that changed after what it
// asks for. They are computed from their history; of all others what is derived stands, as nothing of them is newer.
type source struct {
	known  bool // something was recorded after known_at
	until  bool // something was loaded after the bound
	loaded bool // and is a row of the history
	past   bool // something happened after the instant
	undone bool // some rows of the history were taken back
	whole  bool // all is computed from the history
}

// sourceOf looks where the answer is. What it finds stays true for the whole view.
func (v *view) sourceOf(ctx context.Context, tx *sql.Tx, a warehouse.Ask) (source, error) {
	src := source{until: a.UntilLSN > 0 && a.UntilLSN < v.mark.LSN, whole: v.plain}
	for _, look := range []struct {
		wanted bool
		into   *bool
		rows   string
		args   []any
	}{
		{true, &src.past, "opportunity_wide WHERE last_effective_at > $1", []any{a.AsOf.UTC()}},
		{!a.KnownAt.IsZero(), &src.known, "opportunity_move WHERE recorded_at > $1", []any{a.KnownAt.UTC()}},
		{src.until, &src.loaded, "opportunity_history_log WHERE _lsn >= $1", []any{int64(a.UntilLSN)}},
		{src.until && !v.plain, &src.whole, "opportunity_history_undone WHERE _op = 84 AND _lsn >= $1", []any{int64(a.UntilLSN)}}, // truncated: that is a change of all
		{true, &src.undone, "opportunity_history_undone", nil},
	} {
		if !look.wanted {
			continue
		}
		var err error
		if *look.into, err = v.exists(ctx, tx, look.rows, look.args...); err != nil {
			return src, err
		}
	}
	return src, nil
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

// late gives the table expression "late" with the opportunities that changed after what is asked for, and "" when
// there are none. What happened after the instant matters to states only.
func (s source) late(q *query, states bool) string {
	var changed []string
	if s.known {
		changed = append(changed, "SELECT opportunity_id FROM opportunity_move WHERE recorded_at > "+q.bind("known_at", q.ask.KnownAt.UTC())+" AND "+q.scope())
	}
	if s.loaded {
		changed = append(changed, "SELECT opportunity_id FROM opportunity_history_log WHERE _lsn >= "+q.bind("until_lsn", int64(q.ask.UntilLSN)))
	}
	if states && s.past {
		changed = append(changed, "SELECT opportunity_id FROM opportunity_wide WHERE last_effective_at > "+q.bind("as_of", q.ask.AsOf.UTC())+" AND "+q.scope())
	}
	if len(changed) == 0 {
		return ""
	}
	ids := strings.Join(changed, " UNION ALL ")
	if s.known || s.loaded { // the wide rows alone have each once
		ids = "SELECT DISTINCT opportunity_id FROM (" + ids + ")"
	}
	return "late AS MATERIALIZED (" + ids + ")"
}

// fromHistory gives the table expression "late_move": the moves of the opportunities that changed later, or of all.
func (s source) fromHistory(q *query, condition string) string {
	condition = q.scope() + q.knownAt() + condition
	if !s.whole {
		condition += " AND opportunity_id IN (FROM late)"
	}
	h := history{where: condition, undone: s.undone}
	if s.until {
		h.until = q.bind("until_lsn", int64(q.ask.UntilLSN))
	}
	input := "SELECT " + historyColumns + " FROM (" + historySQL(h) + ")"
	return strings.ReplaceAll(movesWithSQL, "{input}", input) + ",\nlate_move AS MATERIALIZED (" + movesSQL + ")"
}

// unchanged reads from a derived table the opportunities that did not change later. What the row itself tells is asked
// first: that leaves fewer to be looked for.
func (s source) unchanged(q *query, columns, table string) string {
	query := "SELECT " + columns + " FROM " + table + " WHERE " + q.scope()
	if s.past && table != "opportunity_move" {
		query += " AND last_effective_at <= " + q.bind("as_of", q.ask.AsOf.UTC())
	}
	if s.known && table == "opportunity_move" {
		query += q.knownAt()
	}
	if s.known || s.loaded {
		query += " AND opportunity_id NOT IN (FROM late)"
	}
	return query
}

// moves gives the table expression "move" with every move of the scope.
func (s source) moves(q *query) string {
	if s.whole {
		return s.fromHistory(q, "") + ",\nmove AS (FROM late_move)"
	}
	late := s.late(q, false)
	if late == "" {
		return "move AS (SELECT * FROM opportunity_move WHERE " + q.scope() + ")"
	}
	return late + ",\n" + s.fromHistory(q, "") +
		",\nmove AS (" + s.unchanged(q, moveColumns, "opportunity_move") + " UNION ALL SELECT " + moveColumns + " FROM late_move)"
}

// noSeed stands for the wide rows before, when all is derived from the beginning.
const noSeed = "(SELECT * FROM opportunity_wide WHERE false)"

// states gives the table expression "state": the wide row of each opportunity as it was at the instant.
func (s source) states(q *query) string {
	late := s.late(q, true)
	if late == "" && !s.whole {
		return "state AS (SELECT * FROM opportunity_wide WHERE " + q.scope() + ")"
	}
	happened := " AND effective_at <= " + q.bind("as_of", q.ask.AsOf.UTC())
	with, states := wide("late_move", noSeed)
	anew := s.fromHistory(q, happened) + ",\n" + with + ",\nlate_state AS MATERIALIZED (" + states + ")"
	if s.whole {
		return anew + ",\nstate AS (FROM late_state)"
	}
	return late + ",\n" + anew + ",\nstate AS (" + s.unchanged(q, "*", "opportunity_wide") + " UNION ALL FROM late_state)"
}

// stays gives the table expression "stay_row": the stays of the opportunities of "state", after it.
func (s source) stays(q *query) string {
	if s.late(q, true) == "" && !s.whole {
		return "stay_row AS (SELECT * FROM opportunity_stay WHERE " + q.scope() + ")"
	}
	replace := strings.NewReplacer("{moves}", "late_move", "{seed}", "(SELECT * FROM opportunity_stay WHERE false)", "{wide}", "late_state")
	with, anew := replace.Replace(stayWithSQL)+",\nstay_row AS (", replace.Replace(staySQL)
	if s.whole {
		return with + anew + ")"
	}
	return with + s.unchanged(q, "*", "opportunity_stay") + " UNION ALL (" + anew + "))"
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
		WHERE _op NOT IN (68, 88))`)
}
