package pgsource

import (
	"context"
	"fmt"
	"strconv"
)

// A slot that was never read from has confirmed nothing: all that is kept is its lag.
const figuresSQL = `
select s.active, coalesce(s.wal_status, '') = 'lost',
       greatest(0, pg_current_wal_lsn() - coalesce(s.confirmed_flush_lsn, s.restart_lsn, pg_current_wal_lsn()))::bigint,
       greatest(0, pg_current_wal_lsn() - coalesce(s.restart_lsn, pg_current_wal_lsn()))::bigint,
       coalesce(t.spill_bytes, 0),
       case when l.setting::bigint >= 0 then pg_size_bytes(l.setting || l.unit) end, coalesce(s.safe_wal_size, 0)
from pg_replication_slots s
cross join (select setting, unit from pg_settings where name = 'max_slot_wal_keep_size') l
left join pg_stat_replication_slots t on t.slot_name = s.slot_name
where s.slot_name = $1`

func (s *Source) figures(ctx context.Context, l *link) (f Figures, err error) {
	rows, err := l.rows(ctx, figuresSQL, s.o.Slot)
	if err != nil || len(rows) == 0 {
		return f, err
	}
	r := rows[0]
	f = Figures{Exists: true, Active: r[0] == "t", Lost: r[1] == "t", Limited: r[5] != ""}
	for i, to := range map[int]*int64{2: &f.Lag, 3: &f.Retained, 4: &f.Spill, 5: &f.Limit, 6: &f.Safe} {
		if r[i] == "" {
			continue
		}
		if *to, err = strconv.ParseInt(r[i], 10, 64); err != nil {
			return f, fmt.Errorf("read the figures of slot %s: %w", s.o.Slot, err)
		}
	}
	return f, nil
}
