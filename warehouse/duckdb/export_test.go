package duckdb

import (
	"context"
	"database/sql"
)

func (s *Store) Dump(ctx context.Context, logf func(string, ...any)) error {
	return s.read(ctx, func(tx *sql.Tx) error {
		for _, q := range []string{
			"SELECT effective_at::VARCHAR||'|'||stage_type||'|'||stage_position||'|'||coalesce(prev_stage_type,'-')||'|'||coalesce(prev_stage_position,0)||'|'||coalesce(back_amount,0) FROM opportunity_move ORDER BY opportunity_id, effective_at",
			"SELECT (opportunity_wide)::VARCHAR FROM opportunity_wide",
			"SELECT count(*)::VARCHAR FROM opportunity_log",
		} {
			rows, err := tx.QueryContext(ctx, q)
			if err != nil {
				return err
			}
			for rows.Next() {
				var x string
				if err := rows.Scan(&x); err != nil {
					return err
				}
				logf("%s", x)
			}
			rows.Close()
		}
		return nil
	})
}
