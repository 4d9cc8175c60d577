package clickhouse

import (
	"context"
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
func (v *view) sourceOf(ctx context.Context, a warehouse.Ask) (source, error) {
	src := source{until: a.UntilLSN > 0 && a.UntilLSN < v.Watermark().LSN, whole: v.plain}
	history, undone := logged(v.at, "opportunity_history_log"), logged(v.at, "opportunity_history_undone")
	for _, look := range []struct {
		wanted bool
		into   *bool
		rows   string
	}{
		{true, &src.past, fmt.Sprintf("%s WHERE last_effective_at > %d", v.table("opportunity_wide", "opportunity_id"), a.AsOf.UnixMicro())},
		{!a.KnownAt.IsZero(), &src.known, fmt.Sprintf("%s WHERE recorded_at > %d", v.table("opportunity_move", "opportunity_id"), a.KnownAt.UnixMicro())},
		{src.until, &src.loaded, fmt.Sprintf("%s WHERE _lsn >= %d", history, a.UntilLSN)},
		{src.until && !v.plain, &src.whole, fmt.Sprintf("%s WHERE _op = 84 AND _lsn >= %d", undone, a.UntilLSN)}, // truncated: that is a change of all
		{true, &src.undone, undone},
	} {
		if !look.wanted {
			continue
		}
		var err error
		if *look.into, err = v.exists(ctx, look.rows); err != nil {
			return src, err
		}
	}
	return src, nil
}

// exists says whether there is such a row, and looks only once.
func (v *view) exists(ctx context.Context, rows string) (found bool, err error) {
	if found, ok := v.found[rows]; ok {
		return found, nil
	}
	if found, err = one[bool](ctx, v.store, "SELECT count() > 0 FROM (SELECT 1 FROM "+rows+" LIMIT 1)"); err != nil {
		return false, fmt.Errorf("look where the answer is: %w", err)
	}
	v.found[rows] = found
	return found, nil
}

// derived is a derived table as the view sees it.
func (q *query) derived(table string) string { return q.view.table(table, "opportunity_id") }

func (q *query) untilLSN() string { return q.bind("until_lsn", "UInt64", q.ask.UntilLSN) }

// late gives the table expression "late" with the opportunities that changed after what is asked for, and "" when
// there are none. What happened after the instant matters to states only.
func (s source) late(q *query, states bool) string {
	var changed []string
	if s.known {
		changed = append(changed, "SELECT opportunity_id FROM "+q.derived("opportunity_move")+" WHERE recorded_at > "+q.at("known_at", q.ask.KnownAt)+" AND "+q.scope())
	}
	if s.loaded {
		changed = append(changed, "SELECT opportunity_id FROM "+logged(q.view.at, "opportunity_history_log")+" WHERE _lsn >= "+q.untilLSN())
	}
	if states && s.past {
		changed = append(changed, "SELECT opportunity_id FROM "+q.derived("opportunity_wide")+" WHERE last_effective_at > "+q.at("as_of", q.ask.AsOf)+" AND "+q.scope())
	}
	if len(changed) == 0 {
		return ""
	}
	return "late AS MATERIALIZED (SELECT DISTINCT opportunity_id FROM (" + strings.Join(changed, " UNION ALL ") + "))"
}

// fromHistory gives the table expression "late_move": the moves of the opportunities that changed later, or of all.
func (s source) fromHistory(q *query, condition string) string {
	condition = q.scope() + q.knownAt() + condition
	if !s.whole {
		condition += " AND opportunity_id IN (SELECT opportunity_id FROM late)"
	}
	h := history{where: condition, undone: s.undone}
	if s.until {
		h.until = q.untilLSN()
	}
	return "late_move AS MATERIALIZED (" + movesFrom("SELECT "+historyColumns+" FROM ("+historySQL(q.view.at, h)+")") + ")"
}

// unchanged reads from a derived table the opportunities that did not change later. What the row itself tells is asked
// first: that leaves fewer to be looked for.
func (s source) unchanged(q *query, columns, table string) string {
	query := "SELECT " + columns + " FROM " + q.derived(table) + " WHERE " + q.scope()
	if s.past && table != "opportunity_move" {
		query += " AND last_effective_at <= " + q.at("as_of", q.ask.AsOf)
	}
	if s.known && table == "opportunity_move" {
		query += q.knownAt()
	}
	if s.known || s.loaded {
		query += " AND opportunity_id NOT IN (SELECT opportunity_id FROM late)"
	}
	return query
}

// moves gives the table expression "move" with every move of the scope.
func (s source) moves(q *query) string {
	if s.whole {
		return s.fromHistory(q, "") + ",\nmove AS (SELECT * FROM late_move)"
	}
	late := s.late(q, false)
	if late == "" {
		return "move AS (SELECT * FROM " + q.derived("opportunity_move") + " WHERE " + q.scope() + ")"
	}
	return late + ",\n" + s.fromHistory(q, "") +
		",\nmove AS (" + s.unchanged(q, moveColumns, "opportunity_move") + " UNION ALL SELECT " + moveColumns + " FROM late_move)"
}

// states gives the table expression "state": the wide row of each opportunity as it was at the instant.
func (s source) states(q *query) string {
	late := s.late(q, true)
	if late == "" && !s.whole {
		return "state AS (SELECT " + wideColumns + " FROM " + q.derived("opportunity_wide") + " WHERE " + q.scope() + ")"
	}
	happened := " AND effective_at <= " + q.at("as_of", q.ask.AsOf)
	anew := s.fromHistory(q, happened) + ",\nlate_state AS MATERIALIZED (" + wideFrom("late_move") + ")"
	if s.whole {
		return anew + ",\nstate AS (SELECT " + wideColumns + " FROM late_state)"
	}
	return late + ",\n" + anew + ",\nstate AS (" + s.unchanged(q, wideColumns, "opportunity_wide") + " UNION ALL SELECT " + wideColumns + " FROM late_state)"
}

// stays gives the table expression "stay_row": the stays of the opportunities of "state", after it.
func (s source) stays(q *query) string {
	if s.late(q, true) == "" && !s.whole {
		return "stay_row AS (SELECT " + stayColumns + " FROM " + q.derived("opportunity_stay") + " WHERE " + q.scope() + ")"
	}
	anew := "SELECT " + stayColumns + " FROM (" + stayFrom("late_move", "late_state") + ")"
	if s.whole {
		return "stay_row AS (" + anew + ")"
	}
	return "stay_row AS (" + s.unchanged(q, stayColumns, "opportunity_stay") + " UNION ALL " + anew + ")"
}

// latest is the latest state of a table with the key id, as it was when the answer's bound had been loaded. No row stands where
// a truncate does, so that rows of a first copy, at 0, stay where there is none: the largest of none is 0.
func (s source) latest(q *query, table string) string {
	if !s.until {
		return q.view.table(table, "id")
	}
	return strings.NewReplacer("{log}", logged(q.view.at, table+"_log"), "{until}", q.untilLSN()).Replace(`(
		SELECT * FROM (
			SELECT * FROM {log} WHERE _lsn < {until} AND _op <> 84
			AND toUInt128(_lsn) * 4294967296 + _seq >= (SELECT max(toUInt128(_lsn) * 4294967296 + _seq) FROM {log} WHERE _op = 84 AND _lsn < {until})
			ORDER BY _lsn DESC, _seq DESC LIMIT 1 BY id)
		WHERE _op NOT IN (68, 88))`)
}
