package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	patience     = 5 * time.Minute
	longestPause = 3 * time.Second
)

// giveUpSoon has a session that migrates wait only shortly for a lock: whoever comes to the table behind it waits as long.
func giveUpSoon(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `set lock_timeout = '900ms'`)
	return err
}

// patiently does a part of a migration until the locks that it needs can be had. Each file is one transaction, so that what
// gives up leaves nothing behind, and others go on in the pause.
func (m Migration) patiently(ctx context.Context, part func() error) error {
	began := time.Now()
	for try := 1; ; try++ {
		err := part()
		if !contended(err) {
			return err
		}
		if time.Since(began) > patience {
			return fmt.Errorf("%w: others held what it needs for %s, in transactions that do not end. What this part had begun is undone, what came before it is done. "+
				"See who holds it (select * from pg_stat_activity where xact_start < now() - interval '1 minute'), end that, and start again", err, patience)
		}
		pause := min(time.Duration(try)*200*time.Millisecond, longestPause)
		m.Log.WarnContext(ctx, "the migration lets others finish what they hold, and begins again", "try", try, "again_in", pause, "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}
