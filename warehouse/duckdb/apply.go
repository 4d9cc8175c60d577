package duckdb

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/warehouse"
)

// fewKeys is the number of keys up to which each is looked up by a statement of its own.
const fewKeys = 8

// flush carries the staged rows over: into the log, the latest state and what is derived. After a piece of a large
// load the staging tables are made anew, as the space of deleted rows is free only when the load is over.
func (l *load) flush(ctx context.Context, piece bool) error {
	if piece && l.from.LSN > 0 {
		l.inPieces = true
		l.narrow(ctx)
	}
	for _, t := range l.store.tables {
		c := l.staged[t]
		if c == nil {
			continue
		}
		if err := l.apply(ctx, t, c); err != nil {
			return err
		}
		if t.Name == historyTable && !l.store.opts.LogOnly {
			l.whole = l.whole || piece && l.from.LSN == 0
			if err := l.derive(ctx, c); err != nil {
				return err
			}
		}
		if err := l.supersede(ctx, t, c); err != nil {
			return err
		}
		if err := l.exec(ctx, "clear the staging of "+t.Name, clearing(t, piece)); err != nil {
			return err
		}
	}
	clear(l.staged)
	l.rows = 0
	if l.whole && !piece {
		l.whole = false
		return l.deriveWhole(ctx)
	}
	return nil
}

func clearing(t *warehouse.Table, piece bool) string {
	if piece {
		return "DROP TABLE stage_" + t.Name + "; " + stageDDL(t)
	}
	return "DELETE FROM stage_" + t.Name
}

func (l *load) exec(ctx context.Context, what, query string) error {
	if _, err := l.tx.ExecContext(ctx, query); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// apply writes the log and the latest state of one table.
func (l *load) apply(ctx context.Context, t *warehouse.Table, c *changes) error {
	log := fmt.Sprintf("INSERT INTO %s_log (%s, _op, _lsn, _rec, _seq, _commit_at) SELECT %s, _op, _lsn, _rec, _seq, make_timestamp(_commit_at) FROM stage_%s",
		t.Name, list(t.Columns, named), list(t.Columns, unstaged), t.Name)
	if err := l.exec(ctx, "log "+t.Name, log); err != nil {
		return err
	}
	if t.AppendOnly || l.store.opts.LogOnly {
		return nil
	}
	if err := l.removeChanged(ctx, t, c); err != nil {
		return err
	}
	return l.exec(ctx, "bring "+t.Name+" forward", latestSQL(t, c))
}

// removeChanged deletes from the latest state what the load changes.
func (l *load) removeChanged(ctx context.Context, t *warehouse.Table, c *changes) error {
	what := "remove what changed from " + t.Name
	key := ident(t.Key[0])
	switch {
	case c.truncate:
		return l.exec(ctx, what, "DELETE FROM "+t.Name)
	case c.keys.few():
		for _, id := range c.keys.ids {
			if err := l.exec(ctx, what, fmt.Sprintf("DELETE FROM %s WHERE %s = '%s'", t.Name, key, id)); err != nil {
				return err
			}
		}
		return nil
	default:
		return l.exec(ctx, what, fmt.Sprintf("DELETE FROM %s WHERE %s IN (SELECT %s FROM stage_%s WHERE _op NOT IN (73, 83))", t.Name, key, key, t.Name))
	}
}

// latestSQL inserts the last row of each key, unless that is a delete; what came before a truncate does not count.
func latestSQL(t *warehouse.Table, c *changes) string {
	insert := fmt.Sprintf("INSERT INTO %s (%s, _rec) SELECT %s, _rec FROM stage_%s", t.Name, list(t.Columns, named), list(t.Columns, unstaged), t.Name)
	if !c.rewrites {
		return insert
	}
	return strings.NewReplacer("{stage}", "stage_"+t.Name, "{key}", ident(t.Key[0])).Replace(insert + `
		WHERE _op NOT IN (68, 84, 88)
		AND rowid IN (SELECT max(rowid) FROM {stage} GROUP BY {key})
		AND rowid > coalesce((SELECT max(rowid) FROM {stage} WHERE _op = 84), -1)`)
}

// keys collects distinct ids while they are few.
type keys struct {
	ids  []uuid.UUID
	many bool
}

func (k *keys) few() bool { return !k.many }

func (k *keys) add(id [16]byte) {
	if k.many {
		return
	}
	for _, have := range k.ids {
		if have == id {
			return
		}
	}
	if len(k.ids) == fewKeys {
		k.many = true
		return
	}
	k.ids = append(k.ids, id)
}
