package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/google/uuid"
	engine "github.com/marcboeker/go-duckdb"

	"github.com/sharepartner/sharepartner/warehouse"
)

// scanPage is the number of rows of a scan that are held at once.
const scanPage = 20_000

// Scan gives the rows of a range in the order of their keys. They are put in order in a temporary table, which may leave
// memory for the disk; the driver would hold a whole answer in memory.
func (v *view) Scan(ctx context.Context, t *warehouse.Table, span warehouse.KeySpan, each func(*warehouse.Batch) error) error {
	if err := v.store.mirrors(t); err != nil {
		return err
	}
	return v.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		rows, err := v.standing(ctx, tx, t, span)
		if err != nil {
			return err
		}
		order := make([]string, len(t.Key))
		for i, name := range t.Key {
			order[i] = ident(name)
		}
		sorted := fmt.Sprintf("CREATE OR REPLACE TEMP TABLE scanned AS SELECT %s, _rec FROM (%s) ORDER BY %s", list(t.Columns, named), rows, strings.Join(order, ", "))
		if _, err := tx.ExecContext(ctx, sorted); err != nil {
			return fmt.Errorf("put the rows of %s in order: %w", t.Name, err)
		}
		var first sql.NullInt64 // rows of a transaction that is open are not counted from 0
		if err := tx.QueryRowContext(ctx, "SELECT min(rowid) FROM scanned").Scan(&first); err != nil {
			return fmt.Errorf("count the rows of %s: %w", t.Name, err)
		}
		b := warehouse.NewBatch(t)
		for from := first.Int64; ; from += scanPage {
			b.Reset()
			if err := readPage(ctx, tx, b, from); err != nil {
				return fmt.Errorf("read the rows of %s: %w", t.Name, err)
			}
			if b.Len() == 0 {
				break
			}
			if err := each(b); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, "DROP TABLE scanned"); err != nil {
			return fmt.Errorf("forget the rows of %s: %w", t.Name, err)
		}
		return nil
	})
}

// Recent lists keys of the rows that changed last. A first copy stands before all that came from the stream.
func (v *view) Recent(ctx context.Context, t *warehouse.Table, changes int) ([]uuid.UUID, error) {
	if err := v.store.mirrors(t); err != nil {
		return nil, err
	}
	var keys []uuid.UUID
	err := v.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		key := ident(t.Key[0])
		query := fmt.Sprintf("SELECT DISTINCT %[1]s FROM (SELECT %[1]s FROM %[2]s_log WHERE %[1]s IS NOT NULL AND _op <> 83 ORDER BY _lsn DESC, _seq DESC LIMIT %[3]d)", key, t.Name, changes)
		keys, err = collect(ctx, tx, query, nil, func(rows *sql.Rows) (uuid.UUID, error) {
			var id engine.UUID
			err := rows.Scan(&id)
			return uuid.UUID(id), err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for what changed last in %s: %w", t.Name, err)
	}
	return keys, nil
}

func named(c warehouse.Column) string { return ident(c.Name) }

// standing is a query for the rows of the range that count now.
func (v *view) standing(ctx context.Context, tx *sql.Tx, t *warehouse.Table, span warehouse.KeySpan) (string, error) {
	where := within(ident(t.Key[0]), span)
	if !t.AppendOnly {
		return "SELECT * FROM " + t.Name + " WHERE " + where, nil
	}
	undone, err := v.exists(ctx, tx, "opportunity_history_undone")
	return historySQL(history{where: where, undone: undone}), err
}

func within(key string, span warehouse.KeySpan) string {
	where := key + " >= '" + span.From.String() + "'"
	if span.To != uuid.Nil {
		where += " AND " + key + " < '" + span.To.String() + "'"
	}
	return where
}

// inBatch writes a column as the batch holds it.
func inBatch(c warehouse.Column) string {
	switch c.Kind {
	case warehouse.KindDecimal:
		return fmt.Sprintf("CAST(CAST(%s AS DECIMAL(38, %d)) * %d AS BIGINT)", ident(c.Name), c.Scale, pow10(c.Scale)) // the largest has no room for it otherwise
	case warehouse.KindTime:
		return "epoch_us(" + ident(c.Name) + ")"
	case warehouse.KindDate:
		return "CAST(" + ident(c.Name) + " - DATE '1970-01-01' AS BIGINT)"
	case warehouse.KindBool:
		return "CAST(" + ident(c.Name) + " AS BIGINT)"
	default:
		return ident(c.Name)
	}
}

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

func readPage(ctx context.Context, tx *sql.Tx, b *warehouse.Batch, from int64) error {
	rows, err := tx.QueryContext(ctx, fmt.Sprintf("SELECT %s, _rec FROM scanned WHERE rowid >= %d AND rowid < %d ORDER BY rowid", list(b.Table.Columns, inBatch), from, from+scanPage))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	values := make([]any, len(b.Columns)+1)
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		version, _ := values[len(b.Columns)].(uint64)
		b.AddRow(warehouse.OpSnapshot, 0, version, 0, 0)
		for i := range b.Columns {
			if err := addScanned(&b.Columns[i], values[i]); err != nil {
				return fmt.Errorf("column %s: %w", b.Table.Columns[i].Name, err)
			}
		}
	}
	return rows.Err()
}

func addScanned(c *warehouse.ColumnData, value any) error {
	switch v := value.(type) {
	case nil:
		c.AddAbsent(warehouse.Null)
	case int64:
		c.AddInt(v)
	case string:
		c.AddText([]byte(v))
	case []byte:
		id, err := uuid.FromBytes(v)
		if err != nil {
			return err
		}
		c.AddUUID(id)
	default:
		return fmt.Errorf("a value of type %T was not expected", value)
	}
	return nil
}
