package duckdb

import (
	"context"
	"fmt"
)

// stagesSQL makes the stages of nine vendors.
const stagesSQL = `
	INSERT INTO stage SELECT md5('s' || p || '-' || s)::UUID, NULL, md5('p' || p)::UUID, 'Stage ' || s, s, CASE WHEN s <= 5 THEN 'active' WHEN s = 6 THEN 'won' WHEN s = 7 THEN 'lost' ELSE 'disqualified' END, 0
		FROM range(9) p(p), range(1, 9) s(s);
	INSERT INTO checkpoint VALUES ('', '7', 1, 'bench', 1000, TIMESTAMP '2026-01-01', 1000, 0, 0);`

// fillSQL makes opportunities with a history of five rows on average, as a piece of a snapshot would have brought them: 9
// vendors, 180 partners, ids that grow with time.
const fillSQL = `
	CREATE OR REPLACE TEMP TABLE h AS FROM opportunity_history_log WHERE false;
	INSERT INTO h
	SELECT id, step + 1, k * 10 + step, md5('c' || k %% 180)::UUID, md5('v' || k %% 9)::UUID, md5('o' || k %% 180)::UUID,
		at, at, false, CASE WHEN step = 0 THEN 'created' ELSE 'stage_moved' END, md5('p' || k %% 9)::UUID, 1, md5('s' || k %% 9 || '-' || position)::UUID,
		CASE WHEN position <= 5 THEN 'active' WHEN position = 6 THEN 'won' WHEN position = 7 THEN 'lost' ELSE 'disqualified' END, position,
		(1000 + k %% 5000 + step * 100)::DECIMAL(18,2), 'EUR', NULL, NULL, ['North', 'South', 'West'][1 + k %% 3], ['gold', 'silver'][1 + k %% 2], 83, 0, 0, 0, at
	FROM (
		SELECT k, step, (lpad(to_hex(1700000000000 + k * 60000), 12, '0') || substr(md5('k' || k), 13))::UUID AS id,
			TIMESTAMP '2023-01-01' + to_seconds(k * 90000000 // %[3]d) + to_hours(step * (24 + hash(k) %% 400)::BIGINT) AS at,
			CASE WHEN step < 5 THEN step + 1 ELSE 6 + hash(k) %% 3 END AS position
		FROM range(%[1]d, %[2]d) k(k), range(6) s(step)
		WHERE step <= hash(k * 7) %% 10
		ORDER BY k, step
	);
	INSERT INTO opportunity_history_log FROM h;
	INSERT INTO opportunity SELECT opportunity_id, connection_id, vendor_org_id, partner_org_id, 1, NULL, md5('k' || partner_org_id || seq %% 50)::UUID, NULL, process_id, stage_id, stage_type,
		vendor_net_amount, 'entered', currency, NULL, region, tier, NULL, NULL, NULL, version, effective_at, recorded_at, 0
		FROM h WHERE version = 1;`

// fillPiece is how many opportunities are made at once: of ten times as many, what is derived would be sorted on the disk.
const fillPiece = 1_000_000

// Fill makes a large store.
func (s *Store) Fill(ctx context.Context, opportunities int) error {
	if _, err := s.writer.ExecContext(ctx, stagesSQL); err != nil {
		return err
	}
	for from := 0; from < opportunities; from += fillPiece {
		for _, query := range []string{
			fmt.Sprintf(fillSQL, from, min(from+fillPiece, opportunities), opportunities),
			"CREATE OR REPLACE TEMP TABLE m AS SELECT " + moveColumns + " FROM (" + withMoves("SELECT "+historyColumns+" FROM h") + ")",
			"INSERT INTO opportunity_move SELECT " + moveColumns + " FROM m",
			"CREATE OR REPLACE TEMP TABLE m AS SELECT *, row_number() OVER w AS ord, lead(seq) OVER w IS NULL AS is_last FROM m WINDOW w AS (PARTITION BY opportunity_id ORDER BY effective_at, recorded_at, seq)",
			"CREATE OR REPLACE TEMP TABLE w AS SELECT * FROM (" + withWide("m", noSeed) + ") ORDER BY opportunity_id", // as chunks of a snapshot come, near enough
			"INSERT INTO opportunity_wide FROM w",
			"INSERT INTO opportunity_stay SELECT * FROM (" + withStay("m", "(SELECT * FROM opportunity_stay WHERE false)", "w") + ") ORDER BY opportunity_id",
			"CHECKPOINT",
		} {
			if _, err := s.writer.ExecContext(ctx, query); err != nil {
				return err
			}
		}
	}
	_, err := s.writer.ExecContext(ctx, "DROP TABLE h; DROP TABLE m; DROP TABLE w")
	return err
}
