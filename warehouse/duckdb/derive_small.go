package duckdb

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	engine "github.com/marcboeker/go-duckdb"

	"github.com/sharepartner/sharepartner/warehouse"
)

// smallRows is the number of rows of history up to which a load is folded row by row.
const smallRows = 32

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
	var moves, wide, stays [][]driver.Value
	var had []uuid.UUID
	for _, id := range c.keys.ids {
		before, err := l.foldedBefore(ctx, id)
		if err != nil {
			return false, err
		}
		after := before
		for _, h := range c.history {
			if h.id != id {
				continue
			}
			if before != nil && byBusinessTime(h, before.last) < 0 {
				return false, nil
			}
			var move []driver.Value
			after, move = after.add(h)
			moves = append(moves, move)
		}
		if after == nil {
			continue
		}
		if before != nil {
			had = append(had, id)
		}
		wide, stays = append(wide, after.wideRow()), append(stays, after.stayRows()...)
	}
	for _, id := range had {
		for _, table := range []string{"opportunity_wide", "opportunity_stay"} {
			if err := l.exec(ctx, "replace what is derived", "DELETE FROM "+table+" WHERE opportunity_id = '"+id.String()+"'"); err != nil {
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

// foldedBefore reads the state of an opportunity; nil when it is new.
func (l *load) foldedBefore(ctx context.Context, id uuid.UUID) (*folded, error) {
	rows, err := l.tx.QueryContext(ctx, "SELECT * EXCLUDE (opportunity_id) FROM opportunity_wide WHERE opportunity_id = '"+id.String()+"'")
	if err != nil {
		return nil, fmt.Errorf("read what is derived of %s: %w", id, err)
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		return nil, rows.Err()
	}
	f := &folded{last: historyRow{id: id}}
	h, cl := &f.last, &f.closed
	err = rows.Scan(&h.connection, &h.vendor, &h.partner, &h.process, &f.createdAt, &f.createdRegion, &f.createdTier,
		&h.stage, &h.kind, &h.position, &h.amt, &h.currency, &h.region, &h.tier, &h.effective, &h.recorded, &h.seq, &f.position, &f.furthest,
		&cl.at, &cl.amount, &cl.currency, &cl.region, &cl.tier, &cl.stage)
	if err != nil {
		return nil, fmt.Errorf("read what is derived of %s: %w", id, err)
	}
	f.stays, err = l.staysBefore(ctx, id)
	return f, err
}

func (l *load) staysBefore(ctx context.Context, id uuid.UUID) (map[int64]stay, error) {
	rows, err := l.tx.QueryContext(ctx, "SELECT position, entered_at, left_at FROM opportunity_stay WHERE opportunity_id = '"+id.String()+"'")
	if err != nil {
		return nil, fmt.Errorf("read the stays of %s: %w", id, err)
	}
	defer func() { _ = rows.Close() }()
	stays := make(map[int64]stay)
	for rows.Next() {
		var position int64
		var s stay
		if err := rows.Scan(&position, &s.entered, &s.left); err != nil {
			return nil, fmt.Errorf("read the stays of %s: %w", id, err)
		}
		stays[position] = s
	}
	return stays, rows.Err()
}
