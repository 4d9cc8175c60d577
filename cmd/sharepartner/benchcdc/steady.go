package benchcdc

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
)

// steadyWriter writes transactions at a pace. After one that was slow it makes up for what was due meanwhile.
type steadyWriter struct {
	*channel
	rows  int
	every time.Duration

	mu      sync.Mutex
	changes int
	slowest time.Duration
}

func (w *steadyWriter) write(ctx context.Context) error {
	for next := time.Now(); ; {
		next = next.Add(w.every)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Until(next)):
		}
		began := time.Now()
		n, err := w.change(context.WithoutCancel(ctx), w.rows, 1)
		if err != nil {
			return err
		}
		w.mu.Lock()
		w.changes, w.slowest = w.changes+n, max(w.slowest, time.Since(began))
		w.mu.Unlock()
	}
}

// so says what was written so far, and how long the slowest transaction took.
func (w *steadyWriter) so() (changes int, slowest time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changes, w.slowest
}

// looker asks the server where its log stands while others write.
type looker struct{ conn *pgx.Conn }

func newLooker(ctx context.Context, s Source) (*looker, error) {
	conn, err := pgx.Connect(ctx, s.OwnerURL)
	return &looker{conn}, err
}

func (l *looker) close(ctx context.Context) { _ = l.conn.Close(context.WithoutCancel(ctx)) }

func (l *looker) place(ctx context.Context) (uint64, error) {
	var text string
	if err := l.conn.QueryRow(ctx, `select pg_current_wal_flush_lsn()::text`).Scan(&text); err != nil {
		return 0, err
	}
	return pgsource.ParseLSN(text)
}
