package duckdb

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"

	engine "github.com/marcboeker/go-duckdb"

	"github.com/sharepartner/sharepartner/warehouse"
)

// makeStaging gives the writing connection its temporary tables.
func makeStaging(ctx context.Context, conn *sql.Conn, tables []*warehouse.Table) error {
	var ddl strings.Builder
	for _, t := range tables {
		ddl.WriteString(stageDDL(t))
	}
	ddl.WriteString(derivingDDL)
	if _, err := conn.ExecContext(ctx, ddl.String()); err != nil {
		return fmt.Errorf("make the staging tables: %w", err)
	}
	return nil
}

// stageRows puts the rows into the staging table, except those whose transaction is loaded already, and those that are lost.
func (l *load) stageRows(b *warehouse.Batch, resolved map[cell]driver.Value, lost map[int]bool) (staged int, err error) {
	err = l.store.writer.Raw(func(conn any) (err error) {
		appender, err := engine.NewAppenderFromConn(conn.(driver.Conn), "", "stage_"+b.Table.Name)
		if err != nil {
			return err
		}
		defer func() {
			if closing := appender.Close(); err == nil {
				err = closing
			}
		}()
		columns := make([]boxed, len(b.Columns))
		row := make([]driver.Value, len(b.Columns)+5)
		var commitAt, commitLSN boxed
		for i := range b.Len() {
			if l.loaded(b, i) || lost[i] {
				continue
			}
			for j := range b.Columns {
				if b.Columns[j].State[i] == warehouse.Unchanged {
					row[j] = resolved[cell{i, j}]
					continue
				}
				row[j] = columns[j].value(&b.Columns[j], i)
			}
			meta := row[len(b.Columns):]
			meta[0], meta[1], meta[2] = uint8(b.Ops[i]), commitLSN.integer(int64(b.CommitLSN[i])), int64(b.RecordLSN[i])
			meta[3], meta[4] = b.Seq[i], commitAt.integer(b.CommitAt[i])
			if err := appender.AppendRow(row...); err != nil {
				return err
			}
			staged++
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("stage rows of %s: %w", b.Table.Name, err)
	}
	return staged, nil
}

// loaded says whether the transaction of the row was loaded before. CommitLSN is the place of the commit record,
// the checkpoint is the place after the last one loaded.
func (l *load) loaded(b *warehouse.Batch, i int) bool {
	return !b.Ops[i].Compared() && b.CommitLSN[i] < l.from.LSN
}

// boxed keeps the last value of a column as the driver wants it: neighbours are often equal, and boxing a value anew
// is most of what appending costs.
type boxed struct {
	have bool
	int  int64
	uuid [16]byte
	text []byte
	box  driver.Value
}

// value gives the value of a row; nil when it is null.
func (v *boxed) value(c *warehouse.ColumnData, i int) driver.Value {
	if c.State[i] == warehouse.Null {
		return nil
	}
	switch c.Kind {
	case warehouse.KindUUID:
		if !v.have || v.uuid != c.UUIDs[i] {
			v.have, v.uuid, v.box = true, c.UUIDs[i], engine.UUID(c.UUIDs[i])
		}
	case warehouse.KindText:
		if text := c.Text(i); !v.have || !bytes.Equal(v.text, text) {
			v.have, v.text, v.box = true, text, string(text)
		}
	case warehouse.KindBool:
		return c.Ints[i] != 0
	default:
		return v.integer(c.Ints[i])
	}
	return v.box
}

func (v *boxed) integer(n int64) driver.Value {
	if !v.have || v.int != n {
		v.have, v.int, v.box = true, n, n
	}
	return v.box
}
