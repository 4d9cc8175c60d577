package duckdb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	engine "github.com/marcboeker/go-duckdb"

	"github.com/sharepartner/sharepartner/warehouse"
)

// cell is a value of a batch: row and column.
type cell struct{ row, column int }

// resolve finds the values that the sender left out because they did not change: in an earlier row of the batch, in
// an earlier piece of the load, or in the latest state. The log and the latest state then hold whole rows. A row that has
// nothing before it cannot be made whole: it is lost to this load, and noted as missing.
func (l *load) resolve(ctx context.Context, b *warehouse.Batch) (resolved map[cell]driver.Value, lost map[int]bool, err error) {
	if !slices.ContainsFunc(b.Columns, func(c warehouse.ColumnData) bool { return slices.Contains(c.State, warehouse.Unchanged) }) {
		return nil, nil, nil
	}
	if len(b.Table.Key) != 1 {
		return nil, nil, fmt.Errorf("%s: an unchanged value in a table with a key of %d columns", b.Table.Name, len(b.Table.Key))
	}
	resolved, lost = make(map[cell]driver.Value), make(map[int]bool)
	key := b.Columns[b.Table.Index(b.Table.Key[0])].UUIDs
	last := make(map[[16]byte]int, b.Len()) // the last whole row of a key, so far
	for i := range b.Len() {
		if b.Ops[i] == warehouse.OpDelete || b.Ops[i] == warehouse.OpTruncate {
			continue
		}
		switch err := l.resolveRow(ctx, b, i, origin(b, key, i), last, resolved); {
		case err == nil:
			last[key[i]] = i
		case !errors.Is(err, errNothingBefore):
			return nil, nil, err
		default:
			lost[i] = true
			l.miss(b, i, key[i])
		}
	}
	return resolved, lost, nil
}

func (l *load) resolveRow(ctx context.Context, b *warehouse.Batch, i int, before [16]byte, last map[[16]byte]int, resolved map[cell]driver.Value) error {
	for j := range b.Columns {
		if b.Columns[j].State[i] != warehouse.Unchanged {
			continue
		}
		value, err := l.valueBefore(ctx, b, cell{i, j}, before, last, resolved)
		if err != nil {
			return err
		}
		resolved[cell{i, j}] = value
	}
	return nil
}

// errNothingBefore says that a value was sent as unchanged, and there is no row that would hold it.
var errNothingBefore = errors.New("there is no row before")

// miss notes a row that should be there. One that comes again, of a transaction that is loaded, may have gone since.
func (l *load) miss(b *warehouse.Batch, i int, id uuid.UUID) {
	row := warehouse.MissingRow{Table: b.Table, ID: id}
	if !l.loaded(b, i) && !slices.Contains(l.missing, row) {
		l.missing = append(l.missing, row)
	}
}

// Missing lists the rows that were updated and are not there.
func (l *load) Missing() []warehouse.MissingRow { return l.missing }

// origin is the key that the row had before: a change of the key comes as a delete of the old one and an insert of
// the new one from one record of the log.
func origin(b *warehouse.Batch, key [][16]byte, i int) [16]byte {
	if i > 0 && b.Ops[i-1] == warehouse.OpDelete && b.RecordLSN[i-1] == b.RecordLSN[i] {
		return key[i-1]
	}
	return key[i]
}

func (l *load) valueBefore(ctx context.Context, b *warehouse.Batch, c cell, key [16]byte, last map[[16]byte]int, resolved map[cell]driver.Value) (driver.Value, error) {
	if row, ok := last[key]; ok {
		if b.Columns[c.column].State[row] == warehouse.Unchanged {
			return resolved[cell{row, c.column}], nil
		}
		return (&boxed{}).value(&b.Columns[c.column], row), nil
	}
	return l.storedBefore(ctx, b.Table, b.Table.Columns[c.column], key)
}

// storedBefore reads the value from what is staged, else from the latest state.
func (l *load) storedBefore(ctx context.Context, t *warehouse.Table, column warehouse.Column, key [16]byte) (driver.Value, error) {
	query := strings.NewReplacer("{table}", t.Name, "{key}", ident(t.Key[0]), "{id}", uuid.UUID(key).String(), "{column}", ident(column.Name)).Replace(`
		SELECT value FROM (
			SELECT {column} AS value, 1 AS place, rowid AS row FROM stage_{table} WHERE {key} = '{id}' AND _op NOT IN (68, 84, 88)
			UNION ALL
			SELECT {column}, 2, 0 FROM {table} WHERE {key} = '{id}')
		ORDER BY place, row DESC LIMIT 1`)
	rows, err := l.tx.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("find the unchanged %s of %s: %w", column.Name, t.Name, err)
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("find the unchanged %s of %s: %w", column.Name, t.Name, err)
		}
		return nil, errNothingBefore
	}
	var value any
	if err := rows.Scan(&value); err != nil {
		return nil, fmt.Errorf("find the unchanged %s of %s: %w", column.Name, t.Name, err)
	}
	if d, ok := value.(engine.Decimal); ok {
		value = d.Value.Int64() // decimals are staged as the integer that they are
	}
	return value, rows.Err()
}
