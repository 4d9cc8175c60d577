package clickhouse

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/sharepartner/sharepartner/warehouse"
)

// letters are what a load sets aside, and what it settles.
type letters struct {
	open    []warehouse.DeadLetter // of the loads before and of this one
	added   []warehouse.DeadLetter
	settled map[int64]warehouse.DeadLetter // of the loads before, with state and time alone
	tables  map[*warehouse.Table]bool      // that the load has rows of
}

func (l *letters) anyOpen() bool { return len(l.open) > 0 }

// supersede notes that the load has rows of a table, which may settle letters.
func (l *letters) supersede(b *warehouse.Batch) {
	if l.tables == nil {
		l.tables = make(map[*warehouse.Table]bool)
	}
	l.tables[b.Table] = true
}

// settle gives an open letter its end.
func (l *letters) settle(i int, state warehouse.LetterState, at time.Time) {
	d := l.open[i]
	l.open = slices.Delete(l.open, i, i+1)
	d.State, d.SettledAt = state, at
	if at := slices.IndexFunc(l.added, func(a warehouse.DeadLetter) bool { return a.ID == d.ID }); at >= 0 {
		l.added[at] = d
		return
	}
	if l.settled == nil {
		l.settled = make(map[int64]warehouse.DeadLetter)
	}
	l.settled[d.ID] = d
}

// settleWhere settles the open letters that a condition holds for.
func (l *letters) settleWhere(state warehouse.LetterState, ends func(warehouse.DeadLetter) (time.Time, bool)) {
	for i := len(l.open) - 1; i >= 0; i-- {
		if at, ok := ends(l.open[i]); ok {
			l.settle(i, state, at)
		}
	}
}

// SetAside keeps changes that cannot be loaded. Those of a transaction that was loaded before are left out.
func (l *load) SetAside(ctx context.Context, letters []warehouse.DeadLetter) error {
	if l.over() {
		return errLoadOver
	}
	last, err := one[int64](ctx, l.store, "SELECT max(id) FROM dead_letter WHERE "+l.start.counts("_load"))
	if err != nil {
		l.failed = true
		return fmt.Errorf("set rows aside: %w", err)
	}
	for _, d := range letters {
		if d.Op != warehouse.OpSnapshot && d.CommitLSN < l.from.LSN || !l.letters.newest(d) {
			continue
		}
		d.ID, d.State, d.SettledAt = last+int64(len(l.letters.added))+1, warehouse.LetterOpen, time.Time{}
		l.letters.added = append(l.letters.added, d)
		l.letters.open = append(l.letters.open, d)
	}
	return nil
}

// newest says whether a letter tells something new. All rows of a table are read again now and then: one that is as it was
// then is set aside already, and one that is otherwise takes the place of what came before it.
func (l *letters) newest(d warehouse.DeadLetter) bool {
	if d.Op != warehouse.OpSnapshot || d.Key == "" {
		return true
	}
	if slices.ContainsFunc(l.open, func(o warehouse.DeadLetter) bool {
		return o.Table == d.Table && o.Key == d.Key && o.Op == warehouse.OpSnapshot && bytes.Equal(o.Raw, d.Raw) && bytes.Equal(o.Relation, d.Relation)
	}) {
		return false
	}
	l.settleWhere(warehouse.LetterSuperseded, func(o warehouse.DeadLetter) (time.Time, bool) {
		return d.NotedAt.UTC(), o.Table == d.Table && o.Key == d.Key
	})
	return true
}

// Replayed marks open letters whose rows this load holds.
func (l *load) Replayed(_ context.Context, ids []int64, at time.Time) error {
	if l.over() {
		return errLoadOver
	}
	l.letters.settleWhere(warehouse.LetterReplayed, func(o warehouse.DeadLetter) (time.Time, bool) {
		return at.UTC(), slices.Contains(ids, o.ID)
	})
	return nil
}

// saveLetters settles what rows of the load take the place of, and writes down what became of letters.
func (l *load) saveLetters(ctx context.Context) error {
	if len(l.letters.open) > 0 {
		for t := range l.letters.tables {
			if err := l.settleBy(ctx, t); err != nil {
				return fmt.Errorf("settle what was set aside of %s: %w", t.Name, err)
			}
		}
	}
	if err := l.writeSettled(ctx); err != nil {
		return fmt.Errorf("settle what was set aside: %w", err)
	}
	if len(l.letters.added) == 0 {
		return nil
	}
	return l.writeAdded(ctx)
}

// settleBy settles the letters whose rows have come in a later version. A row of a comparison is as Postgres has it by then,
// whatever version it takes the place of.
func (l *load) settleBy(ctx context.Context, t *warehouse.Table) error {
	type latest struct {
		key      string
		record   uint64
		at       int64
		compared bool
	}
	name, found := t.Schema+"."+t.Name, map[string]latest{}
	var keys []string
	for _, d := range l.letters.open {
		if d.Table == name {
			keys = append(keys, "'"+strings.ReplaceAll(d.Key, "'", `\'`)+"'")
		}
	}
	if len(keys) == 0 {
		return nil
	}
	query := fmt.Sprintf("SELECT if(_op = 84, '', %[1]s) AS key, max(_rec), max(_commit_at), max(_op IN (82, 88)) FROM %[2]s_log WHERE _load > {first:UInt64} AND _load <= {last:UInt64} AND (_op = 84 OR %[1]s IN (SELECT arrayJoin({keys:Array(String)}))) GROUP BY key",
		keyExpression(t), t.Name)
	base := l.start.newest.number << termShift
	all, err := gather(ctx, l.store, l.store.holders(t), query, []any{named("first", base|l.start.newest.upto), named("last", base|l.piece), named("keys", "["+strings.Join(keys, ",")+"]")}, func(rows driver.Rows) (x latest, err error) {
		var compared uint8
		err = rows.Scan(&x.key, &x.record, &x.at, &compared)
		x.compared = compared > 0
		return x, err
	})
	for _, x := range all { // the end of a row, and of all, may be in the logs of several shards
		before := found[x.key]
		found[x.key] = latest{x.key, max(x.record, before.record), max(x.at, before.at), x.compared || before.compared}
	}
	truncated := found[""]
	l.letters.settleWhere(warehouse.LetterSuperseded, func(o warehouse.DeadLetter) (time.Time, bool) {
		if o.Table != name {
			return time.Time{}, false
		}
		if x, ok := found[o.Key]; ok && o.Key != "" && (o.RecordLSN < x.record || x.compared) {
			return instant(x.at), true
		}
		return instant(truncated.at), o.RecordLSN < truncated.record
	})
	return err
}

// keyExpression writes the key as Batch.KeyText does.
func keyExpression(t *warehouse.Table) string {
	parts := make([]string, len(t.Key))
	for i, name := range t.Key {
		parts[i] = "toString(" + ident(name) + ")"
	}
	return strings.Join(parts, " || ',' || ")
}

// writeSettled gives letters of earlier loads a new row.
func (l *load) writeSettled(ctx context.Context) error {
	for _, state := range []warehouse.LetterState{warehouse.LetterReplayed, warehouse.LetterSuperseded} {
		var ids, ats []int64
		for id, d := range l.letters.settled {
			if d.State == state {
				ids, ats = append(ids, id), append(ats, d.SettledAt.UnixMicro())
			}
		}
		if len(ids) == 0 {
			continue
		}
		query := `INSERT INTO dead_letter SELECT id, commit_lsn, record_lsn, seq, commit_at, op, table, key, column, reason, raw, relation, noted_at, {state:String}, transform(id, {ids:Array(Int64)}, {ats:Array(Int64)}, 0), {load:UInt64}
			FROM ` + lettersAt(l.start) + " WHERE id IN (SELECT arrayJoin({ids:Array(Int64)}))"
		if err := l.noting(ctx, "settle what was set aside", query, named("state", string(state)), named("ids", numbers(ids)), named("ats", numbers(ats))); err != nil {
			return err
		}
	}
	return nil
}

func (l *load) writeAdded(ctx context.Context) error {
	number := l.next()
	return l.store.each(ctx, func(ctx context.Context, sh *shard) error {
		batch, err := sh.db.PrepareBatch(ctx, "INSERT INTO dead_letter")
		if err != nil {
			return fmt.Errorf("set rows aside: %w", err)
		}
		for _, d := range l.letters.added {
			settled := int64(0)
			if !d.SettledAt.IsZero() {
				settled = d.SettledAt.UnixMicro()
			}
			err := batch.Append(d.ID, d.CommitLSN, d.RecordLSN, d.Seq, d.CommitAt.UnixMicro(), uint8(d.Op), d.Table, d.Key, d.Column, d.Reason, string(d.Raw), string(d.Relation), d.NotedAt.UnixMicro(), string(d.State), settled, number)
			if err != nil {
				_ = batch.Abort() // it has not begun
				return fmt.Errorf("set rows aside: %w", err)
			}
		}
		if err := batch.Send(); err != nil {
			return fmt.Errorf("set rows aside: %w", err)
		}
		return nil
	})
}
