package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	engine "github.com/marcboeker/go-duckdb"

	"github.com/sharepartner/sharepartner/warehouse"
)

func engineID(id uuid.UUID) driver.Value { return engine.UUID(id) }

// historyRowAt takes a row out of a batch; the batch will be used again.
func historyRowAt(b *warehouse.Batch, i int) historyRow {
	column := func(name string) *warehouse.ColumnData { return &b.Columns[b.Table.Index(name)] }
	value := func(name string) driver.Value { return (&boxed{}).value(column(name), i) }
	instant := func(name string) time.Time { return time.UnixMicro(column(name).Ints[i]).UTC() }
	return historyRow{
		id: column("opportunity_id").UUIDs[i], seq: column("seq").Ints[i],
		connection: value("connection_id"), vendor: value("vendor_org_id"), partner: value("partner_org_id"), process: value("process_id"), stage: value("stage_id"),
		currency: value("currency"), region: value("region"), tier: value("tier"), amt: value("vendor_net_amount"),
		effective: instant("effective_at"), recorded: instant("recorded_at"),
		kind: string(column("stage_type").Text(i)), position: column("stage_position").Ints[i],
	}
}

// deriveSmall brings the opportunities of a small load forward. It does nothing and says so when a change is late.
func (l *load) deriveSmall(ctx context.Context, c *changes) (done bool, err error) {
	slices.SortStableFunc(c.history, byBusinessTime)
	states, err := l.foldedBefore(ctx, c)
	if err != nil {
		return false, err
	}
	had := len(states) > 0
	var moves, wide, stays [][]driver.Value
	var touched []uuid.UUID
	for _, h := range c.history {
		state := states[h.id]
		if state != nil && byBusinessTime(h, state.last) < 0 {
			return false, nil
		}
		if state == nil || !state.touched {
			touched = append(touched, h.id)
		}
		state, move := state.add(h)
		states[h.id], moves = state, append(moves, move)
	}
	for _, id := range touched {
		wide, stays = append(wide, states[id].wideRow()), append(stays, states[id].stayRows()...)
	}
	if had {
		for _, table := range []string{"opportunity_wide", "opportunity_stay"} {
			if _, err := l.forTouched(ctx, c, "DELETE FROM "+table+" WHERE ", "stage_opportunity_history"); err != nil {
				return false, err
			}
		}
	}
	return true, l.appendRows(map[string][][]driver.Value{"opportunity_move": moves, "opportunity_wide": wide, "opportunity_stay": stays})
}

func (l *load) appendRows(tables map[string][][]driver.Value) error {
	return l.store.writer.Raw(func(conn any) error {
		for table, rows := range tables {
			if len(rows) == 0 {
				continue
			}
			appender, err := engine.NewAppenderFromConn(conn.(driver.Conn), "", table)
			if err != nil {
				return fmt.Errorf("append to %s: %w", table, err)
			}
			for _, row := range rows {
				if err = appender.AppendRow(row...); err != nil {
					break
				}
			}
			if closing := appender.Close(); err == nil {
				err = closing
			}
			if err != nil {
				return fmt.Errorf("append to %s: %w", table, err)
			}
		}
		return nil
	})
}

// foldedBefore reads the states of the opportunities of the load; new ones have none.
func (l *load) foldedBefore(ctx context.Context, c *changes) (map[uuid.UUID]*folded, error) {
	states := make(map[uuid.UUID]*folded)
	err := l.readTouched(ctx, c, "SELECT * FROM opportunity_wide WHERE ", func(rows *sql.Rows) error {
		f := &folded{stays: make(map[int64]stay)}
		h, cl := &f.last, &f.closed
		err := rows.Scan((*engine.UUID)(&h.id), &h.connection, &h.vendor, &h.partner, &h.process, &f.createdAt, &f.createdRegion, &f.createdTier,
			&h.stage, &h.kind, &h.position, &h.amt, &h.currency, &h.region, &h.tier, &h.effective, &h.recorded, &h.seq, &f.position, &f.furthest,
			&cl.at, &cl.amount, &cl.currency, &cl.region, &cl.tier, &cl.stage)
		states[h.id] = f
		return err
	})
	if err != nil || len(states) == 0 {
		return states, err
	}
	return states, l.readTouched(ctx, c, "SELECT opportunity_id, position, entered_at, left_at FROM opportunity_stay WHERE ", func(rows *sql.Rows) error {
		var id engine.UUID
		var position int64
		var s stay
		if err := rows.Scan(&id, &position, &s.entered, &s.left); err != nil {
			return err
		}
		if f := states[uuid.UUID(id)]; f != nil {
			f.stays[position] = s
		}
		return nil
	})
}

// readTouched reads what is derived of the opportunities of the load.
func (l *load) readTouched(ctx context.Context, c *changes, query string, each func(*sql.Rows) error) error {
	for _, condition := range c.touched("stage_opportunity_history") {
		if err := l.readRows(ctx, query+condition, each); err != nil {
			return fmt.Errorf("read what is derived: %w", err)
		}
	}
	return nil
}

func (l *load) readRows(ctx context.Context, query string, each func(*sql.Rows) error) error {
	rows, err := l.tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
