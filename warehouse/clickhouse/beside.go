package clickhouse

import (
	"context"
	"fmt"

	engine "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/ext"
	"github.com/google/uuid"
)

// beside sends lists of ids along with a statement, as tables with the column id. A parameter would be made a part of the text,
// and copied wherever that names it.
func beside(ctx context.Context, lists map[string][]uuid.UUID) (context.Context, error) {
	if len(lists) == 0 {
		return ctx, nil
	}
	var tables []*ext.Table
	for name, ids := range lists {
		table, err := ext.NewTable(name, ext.Column("id", "UUID"))
		for i := 0; err == nil && i < len(ids); i++ {
			err = table.Append(ids[i])
		}
		if err != nil {
			return ctx, fmt.Errorf("send a list along: %w", err)
		}
		tables = append(tables, table)
	}
	return engine.Context(ctx, engine.WithExternalTable(tables...)), nil
}
