package clickhouse

import (
	"context"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/sharepartner/sharepartner/warehouse"
)

// fillSQL makes opportunities with a history of five rows on average, as a snapshot would have brought them: 9 vendors,
// 180 partners, ids that grow with time. What is not null in the mirrored tables is given; load is the number of the load.
var fillSQL = []string{
	`INSERT INTO stage SELECT UUIDNumToString(MD5('s' || p || '-' || s))::UUID, NULL, UUIDNumToString(MD5('p' || p))::UUID, 'Stage ' || s, toInt64(s), multiIf(toInt64(s) <= 5, 'active', s = '6', 'won', s = '7', 'lost', 'disqualified'), 0, {load}
	FROM (SELECT toString(intDiv(number, 8)) AS p, toString(1 + number % 8) AS s FROM numbers(72))`,
	`INSERT INTO opportunity_history_log
	SELECT id, step + 1, k * 10 + step, UUIDNumToString(MD5('c' || toString(k % 180)))::UUID, UUIDNumToString(MD5('v' || toString(k % 9)))::UUID, UUIDNumToString(MD5('o' || toString(k % 180)))::UUID, at, at, false, if(step = 0, 'created', 'stage_moved'),
		UUIDNumToString(MD5('p' || toString(k % 9)))::UUID, 1, UUIDNumToString(MD5('s' || toString(k % 9) || '-' || toString(place)))::UUID, multiIf(place <= 5, 'active', place = 6, 'won', place = 7, 'lost', 'disqualified'), place,
		CAST(1000 + k % 5000 + step * 100, 'Decimal(18, 2)'), 'EUR', NULL, NULL, ['North', 'South', 'West'][1 + k % 3], ['gold', 'silver'][1 + k % 2], 83, 0, 0, 0, at, {load}
	FROM (
		SELECT number AS k, arrayJoin(range(6)) AS step, UUIDNumToString(toFixedString(concat(unhex(leftPad(lower(hex(1700000000000 + k * 60000)), 12, '0')), substring(MD5('k' || toString(k)), 7)), 16))::UUID AS id,
			1672531200000000 + intDiv(k * 90000000, {opportunities}) * 1000000 + step * (24 + cityHash64(k) % 400) * 3600000000 AS at,
			if(step < 5, step + 1, 6 + cityHash64(k) % 3) AS place
		FROM numbers({opportunities})
		WHERE step <= cityHash64(k * 7) % 10
	)`,
	`INSERT INTO opportunity (id, connection_id, vendor_org_id, partner_org_id, number, owner_contact_id, process_id, stage_id, stage_type, vendor_net_amount, amount_source, currency, region, tier, version, created_at, updated_at, _rec, _load)
	SELECT opportunity_id, connection_id, vendor_org_id, partner_org_id, 1, UUIDNumToString(MD5('k' || toString(partner_org_id) || toString(assumeNotNull(seq) % 50)))::UUID, process_id, stage_id, stage_type, vendor_net_amount, 'entered', currency, region, tier,
		version, effective_at, recorded_at, 0, _load
	FROM opportunity_history_log WHERE version = 1`,
}

// oneMoreSQL moves every opportunity once more, as a later load does.
const oneMoreSQL = `INSERT INTO opportunity_history_log SELECT * REPLACE (version + 6 AS version, seq + 6 AS seq, effective_at + 86400000000 AS effective_at, recorded_at + 86400000000 AS recorded_at,
	'lost' AS stage_type, 7 AS stage_position, 73 AS _op, 1500 AS _lsn, {load} AS _load) FROM (SELECT * FROM opportunity_history_log WHERE version = 1)`

// Fill makes a large store at once.
func (s *Store) Fill(ctx context.Context, opportunities int) error {
	return s.fill(ctx, opportunities, 1000, fillSQL...)
}

// MoveAll loads another move of each opportunity that Fill has made.
func (s *Store) MoveAll(ctx context.Context, opportunities int) error {
	return s.fill(ctx, opportunities, 2000, oneMoreSQL)
}

func (s *Store) fill(ctx context.Context, opportunities int, lsn uint64, statements ...string) error {
	begun, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	l := begun.(*load)
	l.derived.first, l.derived.many, l.derived.rows = l.next(), true, 5*opportunities
	for _, query := range statements {
		query = strings.NewReplacer("{load}", strconv.FormatUint(l.derived.first, 10), "{opportunities}", strconv.Itoa(opportunities)).Replace(query)
		if err := s.shards[0].db.Exec(ctx, query); err != nil {
			return err
		}
	}
	return begun.Commit(ctx, warehouse.Checkpoint{SystemID: "7", Timeline: 1, Slot: "bench", LSN: lsn, SnapshotLSN: 1000})
}

// Piecemeal derives so many rows of history at a time, and looks at one opportunity among so many for that.
func (s *Store) Piecemeal(rows, among int) { s.pieces = pieces{rows: rows, among: among} }

// Select reads a query's only column, as text, on all shards.
func (s *Store) Select(ctx context.Context, query string) ([]string, error) {
	return gather(ctx, s, s.shards, query, nil, scanText)
}

// Planned says how much the engine has to plan for a question, in lines.
func (s *Store) Planned(ctx context.Context, query string, params map[string]any) (int, error) {
	var args []any
	for name, value := range params {
		args = append(args, named(name, value))
	}
	lines, err := common(ctx, s, "EXPLAIN QUERY TREE "+query, args, func(driver.Rows) (struct{}, error) { return struct{}{}, nil })
	return len(lines), err
}

// Sweep takes away what no view that is opened from now on reads.
func (s *Store) Sweep(ctx context.Context) error {
	m, err := s.now(ctx)
	if err != nil {
		return err
	}
	return s.sweep(ctx, m)
}

// Home is the shard of a company's rows.
var Home = home

// Definition is all that makes the tables of a database.
func Definition(cluster string, e Engine) []string {
	s := &Store{tables: warehouse.Tables, cluster: cluster, engine: e}
	all := s.statements()
	for _, t := range s.tables {
		for _, statement := range tableDDL(t) {
			all = append(all, e.table(statement))
		}
	}
	return append(all, s.wholeCluster()...)
}

// Exec runs a statement on one shard.
func (s *Store) Exec(ctx context.Context, shard int, query string) error {
	return s.shards[shard].db.Exec(ctx, query)
}
