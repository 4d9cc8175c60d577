package clickhouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/sharepartner/sharepartner/warehouse"
)

// What questions read of what is derived, and the stays of the opportunities that changed later. Of columns that no question reads
// the engine would plan the making, too.
const (
	askedOfMoves = `opportunity_id, seq, vendor_org_id, partner_org_id, effective_at, process_id, stage_id, stage_type, stage_position, vendor_net_amount, currency, region, tier,
		prev_stage_id, prev_stage_type, prev_stage_position, back_amount, back_currency, back_region, back_tier, back_stage_id`
	askedOfStates = `opportunity_id, vendor_org_id, partner_org_id, process_id, created_at, created_region, created_tier,
		stage_id, stage_type, stage_position, vendor_net_amount, currency, region, tier, last_effective_at, last_seq, position, furthest`
	askedOfStays = `opportunity_id, partner_org_id, process_id, currency, created_at, created_region, created_tier, position, entered_at, left_at, open`

	lateStays = `SELECT opportunity_id, partner_org_id, process_id, currency, created_at, created_region, created_tier,
		place AS position, entries[place] AS entered_at, if(mapContains(exits, place), exits[place], NULL) AS left_at, ifNull(stage_type = 'active' AND stage_position = place, false) AS open
		FROM late_state ARRAY JOIN mapKeys(entries) AS place`
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
func (v *view) sourceOf(ctx context.Context, shards []*shard, a warehouse.Ask) (source, error) {
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
		if *look.into, err = v.exists(ctx, shards, look.rows); err != nil {
			return src, err
		}
	}
	return src, nil
}

// exists says whether there is such a row on any of some shards, and looks only once.
func (v *view) exists(ctx context.Context, shards []*shard, rows string) (found bool, err error) {
	key := strings.Join(append(namesOf(shards), rows), " ")
	if found, ok := v.found[key]; ok {
		return found, nil
	}
	if found, err = holds(ctx, v.store, shards, "SELECT count() > 0 FROM (SELECT 1 FROM "+rows+" LIMIT 1)"); err != nil {
		return false, fmt.Errorf("look where the answer is: %w", err)
	}
	v.found[key] = found
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

// history reads the rows of the opportunities that changed later, or of all.
func (s source) history(q *query, condition string) string {
	condition = q.scope() + q.knownAt() + condition
	if !s.whole {
		condition += " AND opportunity_id IN (SELECT opportunity_id FROM late)"
	}
	h := history{where: condition, undone: s.undone}
	if s.until {
		h.until = q.untilLSN()
	}
	return "SELECT " + historyColumns + " FROM (" + historySQL(q.view.at, h) + ")"
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

// moves gives the table expression "move" with every move of the scope, as far as questions read it. A question names it once:
// the engine would plan it anew for each further time, and most of the time of a small question is planning.
func (s source) moves(q *query) string {
	late := s.late(q, false)
	if late == "" && !s.whole {
		return "move AS (SELECT " + askedOfMoves + " FROM " + q.derived("opportunity_move") + " WHERE " + q.scope() + ")"
	}
	anew := "SELECT " + askedOfMoves + " FROM (" + movesFrom(s.history(q, "")) + ")"
	if s.whole {
		return "move AS (" + anew + ")"
	}
	return late + ",\nmove AS (" + s.unchanged(q, askedOfMoves, "opportunity_move") + " UNION ALL " + anew + ")"
}

// states gives the table expression "state": each opportunity as it was at the instant.
func (s source) states(q *query) string {
	late := s.late(q, true)
	if late == "" && !s.whole {
		return "state AS (SELECT " + askedOfStates + " FROM " + q.derived("opportunity_wide") + " WHERE " + q.scope() + ")"
	}
	anew := "late_state AS MATERIALIZED (" + strings.ReplaceAll(stateSQL, "{history}", s.history(q, " AND effective_at <= "+q.at("as_of", q.ask.AsOf))) + ")"
	if s.whole {
		return anew + ",\nstate AS (SELECT " + askedOfStates + " FROM late_state)"
	}
	return late + ",\n" + anew + ",\nstate AS (" + s.unchanged(q, askedOfStates, "opportunity_wide") + " UNION ALL SELECT " + askedOfStates + " FROM late_state)"
}

// stays gives the table expression "stay_row": the stays of the opportunities of "state", after it.
func (s source) stays(q *query) string {
	if s.late(q, true) == "" && !s.whole {
		return "stay_row AS (SELECT " + askedOfStays + " FROM " + q.derived("opportunity_stay") + " WHERE " + q.scope() + ")"
	}
	if s.whole {
		return "stay_row AS (" + lateStays + ")"
	}
	return "stay_row AS (" + s.unchanged(q, askedOfStays, "opportunity_stay") + " UNION ALL " + lateStays + ")"
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
