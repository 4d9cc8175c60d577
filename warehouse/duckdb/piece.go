package duckdb

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"

	engine "github.com/marcboeker/go-duckdb"

	"github.com/sharepartner/sharepartner/warehouse"
)

// isPiece says that a batch is a piece of a first copy: many rows, each the only one of its key. They change nothing that
// was loaded or staged before, so that they need no staging.
func (l *load) isPiece(b *warehouse.Batch) bool {
	if l.from.LSN > 0 || b.Len() < l.store.pieces.many {
		return false
	}
	if c := l.staged[b.Table]; c != nil && c.rewrites {
		return false
	}
	return !slices.ContainsFunc(b.Ops, func(op warehouse.Op) bool { return op != warehouse.OpSnapshot })
}

// readPiece has the engine read a piece where it stands, once for the log and once for the latest state, through a view
// that is gone again before the load ends. What is derived from the history waits for the end of the load.
func (l *load) readPiece(ctx context.Context, b *warehouse.Batch) error {
	record := inColumns(b)
	defer record.Release()
	shown, free := &shownRecord{record: record}, func() {}
	err := l.store.writer.Raw(func(conn any) error {
		a, err := engine.NewArrowFromConn(conn.(driver.Conn))
		if err != nil {
			return err
		}
		free, err = a.RegisterView(shown, "incoming")
		return err
	})
	if err != nil {
		return fmt.Errorf("show rows of %s: %w", b.Table.Name, err)
	}
	defer free()
	defer func() { shown.record = nil }()
	t := b.Table
	if err := l.exec(ctx, "log "+t.Name, "INSERT INTO "+t.Name+"_log ("+list(t.Columns, named)+", _rec, _op, _lsn, _seq, _commit_at) FROM incoming"); err != nil {
		return err
	}
	if !t.AppendOnly {
		shown.given = false
		if err := l.exec(ctx, "fill "+t.Name, "INSERT INTO "+t.Name+" ("+list(t.Columns, named)+", _rec) SELECT "+list(t.Columns, named)+", _rec FROM incoming"); err != nil {
			return err
		}
	}
	l.whole = l.whole || t.Name == historyTable
	return l.exec(ctx, "take the rows away", "DROP VIEW incoming")
}
