package clickhouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/warehouse"
)

// scanPage is the number of rows of a scan that are held at once.
const scanPage = 20_000

// Scan gives the rows of a range in the order of their keys.
func (v *view) Scan(ctx context.Context, t *warehouse.Table, span warehouse.KeySpan, each func(*warehouse.Batch) error) error {
	if err := v.store.mirrors(t); err != nil {
		return err
	}
	return v.readAll(ctx, func(ctx context.Context) error {
		standing, err := v.standing(ctx, t, span)
		if err != nil {
			return err
		}
		order := []string{keyOrder(t)}
		for _, name := range t.Key[1:] {
			order = append(order, ident(name))
		}
		query := fmt.Sprintf("SELECT %s, _rec FROM (%s) ORDER BY %s", list(t.Columns), standing, strings.Join(order, ", "))
		if len(v.shards) > 1 {
			return v.merge(ctx, t, query, each)
		}
		rows, err := v.shards[0].db.Query(ctx, query)
		if err != nil {
			return fmt.Errorf("read the rows of %s: %w", t.Name, err)
		}
		defer func() { _ = rows.Close() }()
		return inPages(rows, warehouse.NewBatch(t), each)
	})
}

// standing is a query for the rows of the range that count now.
func (v *view) standing(ctx context.Context, t *warehouse.Table, span warehouse.KeySpan) (string, error) {
	where := within(t.Key[0], span)
	if !t.AppendOnly {
		return "SELECT * FROM " + v.table(t.Name, t.Key[0]) + " WHERE " + where, nil
	}
	undone, err := v.exists(ctx, v.shards, logged(v.at, "opportunity_history_undone"))
	return historySQL(v.at, history{where: where, undone: undone}), err
}

func within(key string, span warehouse.KeySpan) string {
	number := func(id uuid.UUID) string { return "UUIDToNum(toUUID('" + id.String() + "'))" }
	where := "UUIDToNum(" + ident(key) + ") >= " + number(span.From)
	if span.To != uuid.Nil {
		where += " AND UUIDToNum(" + ident(key) + ") < " + number(span.To)
	}
	return where
}

// Recent lists keys of the rows that changed last. A first copy stands before all that came from the stream.
func (v *view) Recent(ctx context.Context, t *warehouse.Table, changes int) (keys []uuid.UUID, err error) {
	if err := v.store.mirrors(t); err != nil {
		return nil, err
	}
	err = v.readAll(ctx, func(ctx context.Context) error {
		query := fmt.Sprintf("SELECT DISTINCT %[1]s FROM (SELECT %[1]s FROM %[2]s WHERE _op NOT IN (83, 84) ORDER BY _lsn DESC, _seq DESC LIMIT %[3]d)", ident(t.Key[0]), logged(v.at, t.Name+"_log"), changes)
		keys, err = gather(ctx, v.store, v.store.holders(t), query, nil, scanID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for what changed last in %s: %w", t.Name, err)
	}
	return keys, nil
}

func scanID(rows driver.Rows) (id uuid.UUID, err error) {
	err = rows.Scan(&id)
	return id, err
}

func scanText(rows driver.Rows) (text string, err error) {
	err = rows.Scan(&text)
	return text, err
}

func scanNumber(rows driver.Rows) (n uint64, err error) {
	err = rows.Scan(&n)
	return n, err
}

// scan reads rows with all columns of a table and _rec into a batch.
func scan(ctx context.Context, db driver.Conn, query string, into *warehouse.Batch) error {
	rows, err := db.Query(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	r := newRow(into)
	for rows.Next() {
		if err := r.read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func inPages(rows driver.Rows, b *warehouse.Batch, each func(*warehouse.Batch) error) error {
	r := newRow(b)
	for rows.Next() {
		if err := r.read(rows); err != nil {
			return fmt.Errorf("read the rows of %s: %w", b.Table.Name, err)
		}
		if b.Len() == scanPage {
			if err := each(b); err != nil {
				return err
			}
			b.Reset()
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the rows of %s: %w", b.Table.Name, err)
	}
	if b.Len() == 0 {
		return nil
	}
	return each(b)
}

// row reads rows one after another into a batch.
type row struct {
	batch   *warehouse.Batch
	into    []any
	adds    []func()
	version uint64
}

func newRow(b *warehouse.Batch) *row {
	r := &row{batch: b}
	for i, c := range b.Table.Columns {
		into, add := reader(c, &b.Columns[i])
		r.into, r.adds = append(r.into, into), append(r.adds, add)
	}
	r.into = append(r.into, &r.version)
	return r
}

func (r *row) read(rows driver.Rows) error {
	if err := rows.Scan(r.into...); err != nil {
		return err
	}
	r.batch.AddRow(warehouse.OpSnapshot, 0, r.version, 0, 0)
	for _, add := range r.adds {
		add()
	}
	return nil
}

// reader gives the place where the driver puts a value, and what carries it over to the batch.
func reader(c warehouse.Column, d *warehouse.ColumnData) (into any, add func()) {
	switch c.Kind {
	case warehouse.KindUUID:
		return nullable(d, func(id uuid.UUID) { d.AddUUID(id) })
	case warehouse.KindText:
		return nullable(d, func(text string) { d.AddText([]byte(text)) })
	case warehouse.KindDecimal:
		return nullable(d, func(v decimal.Decimal) { d.AddInt(v.Shift(int32(c.Scale)).IntPart()) })
	case warehouse.KindDate:
		return nullable(d, func(days int32) { d.AddInt(int64(days)) })
	case warehouse.KindBool:
		return nullable(d, func(yes bool) {
			n := int64(0)
			if yes {
				n = 1
			}
			d.AddInt(n)
		})
	default:
		return nullable(d, func(n int64) { d.AddInt(n) })
	}
}

func nullable[T any](d *warehouse.ColumnData, add func(T)) (any, func()) {
	var value *T
	return &value, func() {
		if value == nil {
			d.AddAbsent(warehouse.Null)
			return
		}
		add(*value)
	}
}
