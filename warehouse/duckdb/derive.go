package duckdb

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
)

const historyTable = "opportunity_history"

//go:embed queries/moves.sql
var movesSQL string

//go:embed queries/moves_with.sql
var movesWithSQL string

//go:embed queries/wide.sql
var wideSQL string

//go:embed queries/wide_single.sql
var wideSingleSQL string

//go:embed queries/wide_with.sql
var wideWithSQL string

//go:embed queries/stay.sql
var staySQL string

//go:embed queries/stay_with.sql
var stayWithSQL string

// derivingDDL makes the temporary tables of the derivation: the wide rows as they were, the opportunities that are
// derived again from their whole history, and the new moves.
var derivingDDL = `
	CREATE TEMP TABLE seed AS SELECT * FROM opportunity_wide LIMIT 0;
	CREATE TEMP TABLE seed_stay AS SELECT * FROM opportunity_stay LIMIT 0;
	CREATE TEMP TABLE wide_new AS SELECT * FROM opportunity_wide LIMIT 0;
	CREATE TEMP TABLE late (opportunity_id UUID);
	CREATE TEMP TABLE several (opportunity_id UUID);
	CREATE TEMP TABLE move_new AS SELECT *, 0::BIGINT AS ord, false AS is_last FROM opportunity_move LIMIT 0;`

const clearDerivingSQL = "DELETE FROM seed; DELETE FROM seed_stay; DELETE FROM late; DELETE FROM move_new; DELETE FROM wide_new"

// The columns that the derivation reads, from each of its three sources.
const (
	historyColumns = `opportunity_id, seq, connection_id, vendor_org_id, partner_org_id, effective_at, recorded_at, process_id,
		stage_id, stage_type, stage_position, vendor_net_amount, currency, region, tier,
		false AS seed, NULL::DECIMAL(18,2) AS closed_amount, NULL::VARCHAR AS closed_currency, NULL::VARCHAR AS closed_region, NULL::VARCHAR AS closed_tier, NULL::UUID AS closed_stage_id`
	stagedColumns = `opportunity_id, seq, connection_id, vendor_org_id, partner_org_id, make_timestamp(effective_at) AS effective_at, make_timestamp(recorded_at) AS recorded_at, process_id,
		stage_id, stage_type, stage_position, vendor_net_amount, currency, region, tier,
		false AS seed, NULL::DECIMAL(18,2) AS closed_amount, NULL::VARCHAR AS closed_currency, NULL::VARCHAR AS closed_region, NULL::VARCHAR AS closed_tier, NULL::UUID AS closed_stage_id`
	seedColumns = `opportunity_id, last_seq, connection_id, vendor_org_id, partner_org_id, last_effective_at, last_recorded_at, process_id,
		stage_id, stage_type, stage_position, vendor_net_amount, currency, region, tier,
		true, closed_amount, closed_currency, closed_region, closed_tier, closed_stage_id`
	moveColumns = `opportunity_id, seq, connection_id, vendor_org_id, partner_org_id, effective_at, recorded_at, process_id,
		stage_id, stage_type, stage_position, vendor_net_amount, currency, region, tier,
		prev_stage_id, prev_stage_type, prev_stage_position, prev_amount, back_amount, back_currency, back_region, back_tier, back_stage_id`
)

// lateSQL finds the opportunities of the load that are derived again: a change comes before one that is known, or a
// row of the history was taken back.
const lateSQL = `
	INSERT INTO late
	SELECT DISTINCT n.opportunity_id
	FROM stage_opportunity_history n
	LEFT JOIN seed s ON s.opportunity_id = n.opportunity_id
	WHERE n.opportunity_id IS NOT NULL
	AND (n._op NOT IN (73, 83)
		OR s.opportunity_id IS NOT NULL
		AND (make_timestamp(n.effective_at), make_timestamp(n.recorded_at), n.seq) < (s.last_effective_at, s.last_recorded_at, s.last_seq))`

// undoneSQL notes what the staged rows take back. A repair that brings a row which was missing takes back nothing.
const undoneSQL = `
	INSERT INTO opportunity_history_undone
	SELECT opportunity_id, version, _op, _lsn, _seq FROM stage_opportunity_history n
	WHERE _op NOT IN (73, 83) AND (_op <> 82 OR EXISTS (
		SELECT 1 FROM opportunity_history_log h
		WHERE h.opportunity_id = n.opportunity_id AND h.version = n.version AND (h._lsn < n._lsn OR h._lsn = n._lsn AND h._seq < n._seq)))`

// derive brings opportunity_move and opportunity_wide forward for the opportunities of the load.
func (l *load) derive(ctx context.Context, c *changes) error {
	if c.rewrites {
		if err := l.exec(ctx, "note what history takes back", undoneSQL); err != nil {
			return err
		}
	}
	if l.whole {
		return nil
	}
	if c.small() {
		if done, err := l.deriveSmall(ctx, c); done || err != nil {
			return err
		}
	}
	late, err := l.sortOut(ctx, c)
	if err != nil {
		return err
	}
	return l.deriveMoves(ctx, loadInput(late), late)
}

// pieces says in what pieces a large load is worked through, and what is a small one.
type pieces struct {
	// small is the number of rows of history up to which a load is folded row by row: what a second brings on a busy day.
	// For 200 rows that costs four fifths of what the queries cost, for 30 half of it.
	small int
	flush int // staged rows after which a load is carried over to its tables
	whole int // rows of history that are derived at once, about: more would not stay in memory
	// many is the number of rows from which a piece of a first copy is read by the engine where it stands: that costs some
	// milliseconds for the view, and then a third of what staging costs. It is not for loads that come for ever, as the
	// engine keeps some kilobytes for each view.
	many int
}

var usualPieces = pieces{small: 512, flush: 200_000, whole: 500_000, many: 2000}

// deriveMoves derives from rows of the history; late ones among the staged rows come from the whole history.
func (l *load) deriveMoves(ctx context.Context, input string, late bool) error {
	steps := kept(input, late)
	if l.inPieces {
		steps = apart(input, late)
	}
	for _, step := range steps {
		if err := l.exec(ctx, step.what, step.query); err != nil {
			return err
		}
	}
	return nil
}

type step struct{ what, query string }

// kept keeps the new moves and wide rows in temporary tables, so that nothing is computed twice.
func kept(input string, late bool) []step {
	return []step{
		{"order the moves", "INSERT INTO move_new " + withMoves(input)},
		{"add the moves", "INSERT INTO opportunity_move SELECT " + moveColumns + " FROM move_new"},
		{"make the wide rows", "INSERT INTO wide_new " + withWide("move_new", inTime("seed", late))},
		{"add the wide rows", "INSERT INTO opportunity_wide FROM wide_new"},
		{"add the stays", "INSERT INTO opportunity_stay " + withStay("move_new", inTime("seed_stay", late), "wide_new")},
		{"clear the derivation", clearDerivingSQL},
	}
}

// apart makes each table by a statement of its own. That orders the moves three times and takes a third longer; but of
// temporary rows the engine keeps some 15 bytes in memory until the load is over, also when they are deleted.
func apart(input string, late bool) []step {
	move := "WITH move AS MATERIALIZED (" + withMoves(input) + ") "
	wide := withWide("move", inTime("seed", late))
	return []step{
		{"add the moves", "INSERT INTO opportunity_move SELECT " + moveColumns + " FROM (" + withMoves(input) + ")"},
		{"add the wide rows", "INSERT INTO opportunity_wide " + move + "SELECT * FROM (" + wide + ")"},
		{"add the stays", "INSERT INTO opportunity_stay " + move + "SELECT * FROM (" + withStay("move", inTime("seed_stay", late), "("+wide+")") + ")"},
		{"clear the derivation", clearDerivingSQL},
	}
}

// sortOut fetches the wide rows as they were, removes what will be replaced, and says whether some opportunities are late.
func (l *load) sortOut(ctx context.Context, c *changes) (late bool, err error) {
	if c.truncate {
		return true, l.exec(ctx, "forget what was derived", `DELETE FROM opportunity_move; DELETE FROM opportunity_wide; DELETE FROM opportunity_stay;
			INSERT INTO late SELECT DISTINCT opportunity_id FROM stage_opportunity_history WHERE opportunity_id IS NOT NULL`)
	}
	seeds, err := l.forTouched(ctx, c, "INSERT INTO seed SELECT * FROM opportunity_wide WHERE ", "stage_opportunity_history")
	if err != nil {
		return false, err
	}
	if seeds == 0 && !c.rewrites {
		return false, nil
	}
	for _, statement := range []string{"INSERT INTO seed_stay SELECT * FROM opportunity_stay WHERE ", "DELETE FROM opportunity_wide WHERE ", "DELETE FROM opportunity_stay WHERE "} {
		if _, err := l.forTouched(ctx, c, statement, "seed"); err != nil {
			return false, err
		}
	}
	done, err := l.tx.ExecContext(ctx, lateSQL)
	if err != nil {
		return false, fmt.Errorf("find late changes: %w", err)
	}
	n, err := done.RowsAffected()
	if err != nil || n == 0 {
		return false, err
	}
	_, err = l.forTouched(ctx, c, "DELETE FROM opportunity_move WHERE opportunity_id IN (FROM late) AND ", "late")
	return true, err
}

// touched are conditions that choose the opportunities of the load: one by one when they are few, else those of a table.
func (c *changes) touched(table string) []string {
	if !c.keys.few() {
		return []string{"opportunity_id IN (SELECT opportunity_id FROM " + table + ")"}
	}
	conditions := make([]string, len(c.keys.ids))
	for i, id := range c.keys.ids {
		conditions[i] = "opportunity_id = '" + id.String() + "'"
	}
	return conditions
}

// forTouched runs a statement for the opportunities of the load.
func (l *load) forTouched(ctx context.Context, c *changes, statement, table string) (affected int64, err error) {
	for _, condition := range c.touched(table) {
		done, err := l.tx.ExecContext(ctx, statement+condition)
		if err != nil {
			return 0, fmt.Errorf("sort out the opportunities of the load: %w", err)
		}
		n, err := done.RowsAffected()
		if err != nil {
			return 0, err
		}
		affected += n
	}
	return affected, nil
}

// loadInput is what the moves of a load are made from.
func loadInput(late bool) string {
	if !late {
		return "SELECT " + stagedColumns + " FROM stage_opportunity_history UNION ALL SELECT " + seedColumns + " FROM seed"
	}
	return "SELECT " + stagedColumns + " FROM " + inTime("stage_opportunity_history", true) + " WHERE _op IN (73, 83)" +
		" UNION ALL SELECT " + seedColumns + " FROM " + inTime("seed", true) +
		" UNION ALL SELECT " + historyColumns + " FROM (" + historySQL(history{where: "opportunity_id IN (FROM late)", undone: true}) + ")"
}

// inTime leaves the late opportunities out of a table.
func inTime(table string, late bool) string {
	if !late {
		return table
	}
	return "(SELECT * FROM " + table + " WHERE opportunity_id NOT IN (FROM late))"
}

// withMoves is a query for the moves of the input.
func withMoves(input string) string {
	return "WITH " + strings.ReplaceAll(movesWithSQL, "{input}", input) + movesSQL
}

// withWide is a query for the wide rows of the moves, with the rows as they were before.
func withWide(moves, seed string) string {
	with, query := wide(moves, seed)
	return "WITH " + with + query
}

// wide gives the table expressions that the query for the wide rows reads, and the query.
func wide(moves, seed string) (with, query string) {
	replace := strings.NewReplacer("{moves}", moves, "{seed}", seed)
	return replace.Replace(wideWithSQL), replace.Replace(wideSQL) + "UNION ALL\n" + singleWide(moves+" WHERE is_last AND ord = 1")
}

// singleWide is a query for the wide rows of opportunities with one move.
func singleWide(moves string) string { return strings.ReplaceAll(wideSingleSQL, "{single}", moves) }

// withStay is a query for the stays of the moves, with the stays as they were before.
func withStay(moves, seed, wide string) string {
	replace := strings.NewReplacer("{moves}", moves, "{seed}", seed, "{wide}", wide)
	return "WITH " + replace.Replace(stayWithSQL) + replace.Replace(staySQL)
}

// history says which rows of the history's log are read.
type history struct {
	where  string // a fixed fragment
	undone bool   // rows may have been taken back
	until  string // a bound that _lsn stays below, as a fixed fragment; empty for all
}

// historySQL reads the rows that stand: neither replaced nor deleted, nor gone with a truncate.
func historySQL(h history) string {
	bound := ""
	if h.until != "" {
		bound = " AND _lsn < " + h.until // a commit record may begin right where the watermark is
	}
	query := "SELECT * FROM opportunity_history_log h WHERE _op IN (73, 82, 83, 85)" + bound
	if h.where != "" {
		query += " AND " + h.where
	}
	if !h.undone {
		return query
	}
	const order = "(_lsn::HUGEINT * 4294967296 + _seq)"
	return query + " AND (h._lsn::HUGEINT * 4294967296 + h._seq) > coalesce((SELECT max" + order + " FROM opportunity_history_undone WHERE _op = 84" + bound + "), -1)" + `
		AND NOT EXISTS (SELECT 1 FROM (SELECT * FROM opportunity_history_undone WHERE _op <> 84` + bound + `) u
			WHERE u.opportunity_id = h.opportunity_id AND u.version = h.version AND (u._lsn > h._lsn OR u._lsn = h._lsn AND u._seq > h._seq))`
}
