package clickhouse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/sharepartner/sharepartner/warehouse"
)

var (
	movesSQL       = text("moves")
	movesSingleSQL = text("moves_single")
	wideSQL        = text("wide")
	staySQL        = text("stay")
)

// The columns of what is derived, and of the history that it is derived from. These are there in every row that stands, also
// where the log has room for nulls.
const (
	historyColumns = `opportunity_id, assumeNotNull(seq) AS seq, connection_id, vendor_org_id, partner_org_id, assumeNotNull(effective_at) AS effective_at, assumeNotNull(recorded_at) AS recorded_at,
		process_id, stage_id, stage_type, stage_position, vendor_net_amount, currency, region, tier`
	moveColumns = `opportunity_id, seq, connection_id, vendor_org_id, partner_org_id, effective_at, recorded_at, process_id,
		stage_id, stage_type, stage_position, vendor_net_amount, currency, region, tier,
		prev_stage_id, prev_stage_type, prev_stage_position, prev_amount, back_amount, back_currency, back_region, back_tier, back_stage_id, marks`
	wideColumns = `opportunity_id, connection_id, vendor_org_id, partner_org_id, process_id, created_at, created_region, created_tier,
		stage_id, stage_type, stage_position, vendor_net_amount, currency, region, tier, last_effective_at, last_recorded_at, last_seq,
		position, furthest, closed_at, closed_amount, closed_currency, closed_region, closed_tier, closed_stage_id`
	stayColumns = `opportunity_id, vendor_org_id, partner_org_id, process_id, currency, created_at, created_region, created_tier, last_effective_at, position, entered_at, left_at, open`
)

// fewOpportunities are named in a question; more are looked up in the log.
const fewOpportunities = 20_000

// derivation is what a load is to derive at its end.
type derivation struct {
	ids      map[uuid.UUID]bool // of opportunities, while they are few
	many     bool               // all that the load has rows of
	wanted   []uuid.UUID        // whatever the load has
	truncate bool
	first    uint64 // the first piece with history
	rows     int
}

func (d *derivation) add(id uuid.UUID) {
	if d.ids == nil {
		d.ids = make(map[uuid.UUID]bool)
	}
	if d.many = d.many || len(d.ids) >= fewOpportunities; !d.many {
		d.ids[id] = true
	}
}

// noteHistory remembers what a piece of the history changes.
func (l *load) noteHistory(ctx context.Context, b *warehouse.Batch, number uint64) error {
	d := &l.derived
	if d.first == 0 {
		d.first = number
	}
	d.rows += b.Len()
	rewrites, repairs := false, false
	for i, op := range b.Ops {
		d.truncate = d.truncate || op == warehouse.OpTruncate
		rewrites = rewrites || !op.Adds()
		repairs = repairs || op == warehouse.OpRepair
		if op != warehouse.OpTruncate {
			d.add(b.Columns[b.Table.Index("opportunity_id")].UUIDs[i])
		}
	}
	if !rewrites {
		return nil
	}
	undone := "SELECT opportunity_id, version, _op, _lsn, _seq, _load FROM opportunity_history_log WHERE _load = {load:UInt64} AND _op NOT IN (73, 83)"
	if repairs { // one that brings a row which was missing takes back nothing
		undone += " AND (_op <> 82 OR (opportunity_id, version) IN (SELECT n.opportunity_id, n.version FROM opportunity_history_log AS n JOIN " +
			logged(l.moment(), "opportunity_history_log") + " AS h ON h.opportunity_id = n.opportunity_id AND h.version = n.version" +
			" WHERE n._load = {load:UInt64} AND n._op = 82 AND (h._lsn, h._seq) < (n._lsn, n._seq)))"
	}
	return l.store.exec(ctx, "note what history takes back", "INSERT INTO opportunity_history_undone "+undone, named("load", number))
}

// Derive derives opportunities anew from their history.
func (l *load) Derive(_ context.Context, ids []uuid.UUID) error {
	if l.over() {
		return errLoadOver
	}
	l.derived.wanted = append(l.derived.wanted, ids...)
	return nil
}

// derive makes the derived rows of the opportunities of the load anew from their history.
func (l *load) derive(ctx context.Context) error {
	d := &l.derived
	if len(d.ids)+len(d.wanted) == 0 && !d.truncate && !d.many {
		return nil
	}
	undone, err := holds(ctx, l.store, l.store.shards, "SELECT count() > 0 FROM opportunity_history_undone WHERE "+l.moment().counts("_load"))
	if err != nil {
		return fmt.Errorf("look for what history took back: %w", err)
	}
	derived := l.from.LSN != 0
	if !derived { // all but the first copy begin with rows
		if derived, err = holds(ctx, l.store, l.store.shards, "SELECT count() > 0 FROM (SELECT 1 FROM opportunity_move WHERE "+l.moment().counts("_load")+" LIMIT 1)"); err != nil {
			return fmt.Errorf("look for what was derived before: %w", err)
		}
	}
	parts, err := l.parts(ctx)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if derived {
			err = l.deriveAgain(ctx, undone, p)
		} else {
			err = l.deriveFirst(ctx, undone, p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// deriveFirst is for a first copy: all that there is in the history, and nothing that would end.
func (l *load) deriveFirst(ctx context.Context, undone bool, p part) error {
	input := "SELECT " + historyColumns + " FROM (" + historySQL(l.moment(), history{where: p.where(), undone: undone}) + ")"
	args := []any{named("load", l.next())}
	if err := l.addMoves(ctx, firstMovesFrom(input), args); err != nil {
		return err
	}
	return l.addFromMoves(ctx, args)
}

// deriveAgain puts new rows into the place of those that were derived before.
func (l *load) deriveAgain(ctx context.Context, undone bool, p part) error {
	m := l.moment()
	number := l.next()
	touched, ids, args := l.touched(p)
	args = append(args, named("load", number))
	if ids != nil {
		var err error
		if ctx, err = beside(ctx, map[string][]uuid.UUID{"touched": ids}); err != nil {
			return err
		}
	}
	within := "UUIDToNum(opportunity_id) IN (" + touched + ")"
	old := within
	if l.derived.truncate && p.from == nil {
		old = "true"
	}
	end := func(table string) string {
		return "SELECT DISTINCT '" + table + "' AS kind, opportunity_id, _load, {load:UInt64} FROM " + l.store.table(m, table, "opportunity_id") + " WHERE " + old
	}
	var g errgroup.Group
	g.Go(func() error {
		return l.store.exec(ctx, "end what was derived", "INSERT INTO ended "+end("opportunity_move")+" UNION ALL "+end("opportunity_wide"), args...)
	})
	g.Go(func() error {
		input := "SELECT " + historyColumns + " FROM (" + historySQL(m, history{where: within, undone: undone}) + ")"
		return l.addMoves(ctx, movesFrom(input), args)
	})
	if err := g.Wait(); err != nil {
		return err
	}
	return l.addFromMoves(ctx, args)
}

func (l *load) addMoves(ctx context.Context, moves string, args []any) error {
	return l.store.exec(ctx, "add the moves", "INSERT INTO opportunity_move ("+moveColumns+", _load) SELECT *, {load:UInt64} FROM ("+moves+")", args...)
}

// addFromMoves adds what is derived from the moves of the piece.
func (l *load) addFromMoves(ctx context.Context, args []any) error {
	const fresh = "(SELECT * FROM opportunity_move WHERE _load = {load:UInt64})"
	if err := l.store.exec(ctx, "add the wide rows", "INSERT INTO opportunity_wide ("+wideColumns+", _load) SELECT *, {load:UInt64} FROM ("+wideFrom(fresh)+")", args...); err != nil {
		return err
	}
	const wide = "(SELECT * FROM opportunity_wide WHERE _load = {load:UInt64})"
	return l.store.exec(ctx, "add the stays", "INSERT INTO opportunity_stay ("+stayColumns+", _load) SELECT *, {load:UInt64} FROM ("+stayFrom(fresh, wide)+")", args...)
}

// touched is a query for the opportunities of a part of the load, the ids that go along with it, and what it binds.
func (l *load) touched(p part) (query string, ids []uuid.UUID, args []any) {
	const listed = "SELECT UUIDToNum(id) FROM touched"
	ids = l.derived.wanted
	if !l.derived.many {
		return listed, slices.AppendSeq(append([]uuid.UUID{}, ids...), maps.Keys(l.derived.ids)), nil // of a truncate alone none, and yet a list
	}
	query = "SELECT UUIDToNum(opportunity_id) FROM opportunity_history_log WHERE _load >= {first:UInt64} AND _load <= {load:UInt64} AND _op <> 84"
	if where := p.where(); where != "" {
		query += " AND " + where
	}
	args = []any{named("first", l.derived.first)}
	if p.from == nil && len(ids) > 0 {
		return query + " UNION ALL " + listed, ids, args
	}
	return query, nil, args
}

// firstMovesFrom is for a first copy, where many opportunities have one row of history: putting rows in order takes most of the time.
func firstMovesFrom(input string) string {
	return "WITH several AS MATERIALIZED (SELECT opportunity_id FROM (" + input + ") GROUP BY opportunity_id HAVING count() > 1) " +
		movesFrom("SELECT * FROM ("+input+") WHERE opportunity_id IN (SELECT opportunity_id FROM several)") + " UNION ALL " +
		strings.ReplaceAll(movesSingleSQL, "{single}", "("+input+") WHERE opportunity_id NOT IN (SELECT opportunity_id FROM several)")
}

func movesFrom(input string) string { return strings.ReplaceAll(movesSQL, "{input}", input) }

func wideFrom(moves string) string { return strings.ReplaceAll(wideSQL, "{moves}", moves) }

func stayFrom(moves, wide string) string {
	return strings.NewReplacer("{moves}", moves, "{wide}", wide).Replace(staySQL)
}

// history says which rows of the history's log are read.
type history struct {
	where  string // a fixed fragment
	undone bool   // rows may have been taken back
	until  string // a bound that _lsn stays below, as a fixed fragment; empty for all
}

// historySQL reads the rows that stand: neither replaced nor deleted, nor gone with a truncate. The place of a row in the log
// is one number, larger than 0.
func historySQL(m moment, h history) string {
	const place = "(toUInt128(_lsn) * 4294967296 + _seq + 1)"
	bound := ""
	if h.until != "" {
		bound = " AND _lsn < " + h.until // a commit record may begin right where the watermark is
	}
	query := "SELECT * FROM " + logged(m, "opportunity_history_log") + " WHERE _op IN (73, 82, 83, 85)" + bound
	if h.where != "" {
		query += " AND " + h.where
	}
	if !h.undone {
		return query
	}
	undone := "SELECT opportunity_id, version, " + place + " AS place, _op FROM " + logged(m, "opportunity_history_undone") + " WHERE true" + bound
	return "SELECT h.* FROM (SELECT *, " + place + " AS place FROM (" + query + ")) AS h LEFT JOIN (SELECT opportunity_id, version, max(place) AS last FROM (" + undone + ") WHERE _op <> 84 GROUP BY opportunity_id, version) AS u" +
		" ON u.opportunity_id = h.opportunity_id AND u.version = h.version WHERE h.place >= coalesce(u.last, 0) AND h.place >= (SELECT max(place) FROM (" + undone + ") WHERE _op = 84)"
}
