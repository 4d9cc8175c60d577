package pipelines

import (
	"context"
	"errors"
	"fmt"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// awaited lists the columns that have come to the store and whose values have not.
func (p *Pipeline) awaited(ctx context.Context) ([]warehouse.TableColumn, error) {
	columns, err := p.cfg.Store.Awaited(ctx)
	return columns, ofStore("read which columns are awaited", err)
}

// bring fills columns that are new. Where the log has said that all rows hold null in one, there is nothing to do; that
// may lie between the checkpoint and the place where the server's log stood at the start. Of any other the whole table is
// compared, and no other table, at a fence with the stream standing still.
func (p *Pipeline) bring(ctx context.Context, now uint64) error {
	if columns, err := p.awaited(ctx); err != nil || len(columns) == 0 {
		return err
	}
	if err := p.meter.reaches(ctx, now); err != nil {
		return err
	}
	columns, err := p.awaited(ctx)
	if err != nil {
		return err
	}
	for len(columns) > 0 {
		what := differing{table: columns[0].Table, spans: []warehouse.KeySpan{{}}}
		for _, c := range columns {
			if c.Table == what.table {
				what.brought = append(what.brought, c)
			}
		}
		p.meter.detail(fmt.Sprintf("following the log; comparing %s, which has got columns", what.table.Name))
		rows, err := p.repair(ctx, what)
		var blocked *pgsource.BlockedError
		switch {
		case errors.As(err, &blocked):
			p.meter.detail("following the log; columns that are new wait to be filled: " + err.Error())
			sleep(ctx, fenceWait)
			continue
		case err != nil:
			return fmt.Errorf("fill the columns that are new: %w", err)
		}
		columns = columns[len(what.brought):]
		p.cfg.Log.InfoContext(ctx, "columns that are new are filled", "table", what.table.Name, "columns", len(what.brought), "rows", rows)
	}
	p.meter.detail("following the log")
	return nil
}
