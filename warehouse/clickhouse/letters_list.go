package clickhouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/sharepartner/sharepartner/warehouse"
)

// lettersAt are the letters as they are at a moment.
func lettersAt(m moment) string {
	return "(SELECT * FROM dead_letter WHERE " + m.counts("_load") + " ORDER BY id, _load DESC LIMIT 1 BY id)"
}

func numbers(ids []int64) string { return strings.ReplaceAll(fmt.Sprint(ids), " ", ",") }

// anyLetterOpen says whether letters are open, so that loads without any need not look for them.
func (s *Store) anyLetterOpen(ctx context.Context) (bool, error) {
	m, err := s.now(ctx)
	if err != nil {
		return false, err
	}
	open, err := one[bool](ctx, s, "SELECT count() > 0 FROM "+lettersAt(m)+" WHERE state = 'open'")
	if err != nil {
		return false, fmt.Errorf("count what was set aside: %w", err)
	}
	return open, nil
}

// openLetters lists the open letters; of those of snapshots also what was set aside.
func (s *Store) openLetters(ctx context.Context, m moment) ([]warehouse.DeadLetter, error) {
	return s.findLetters(ctx, m, "if(op = 83, raw, ''), if(op = 83, relation, '')", []string{"state = 'open'"}, nil, 0)
}

// DeadLetters lists what was set aside.
func (s *Store) DeadLetters(ctx context.Context, f warehouse.LetterFilter) ([]warehouse.DeadLetter, error) {
	m, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	where, args := []string{"id > {after:Int64}"}, []any{named("after", f.After)}
	if f.State != "" {
		where, args = append(where, "state = {state:String}"), append(args, named("state", string(f.State)))
	}
	if f.Table != "" {
		where, args = append(where, "table = {table:String}"), append(args, named("table", f.Table))
	}
	if f.IDs != nil {
		where, args = append(where, "id IN (SELECT arrayJoin({ids:Array(Int64)}))"), append(args, named("ids", numbers(append([]int64{0}, f.IDs...))))
	}
	large := "'', ''"
	if f.Raw {
		large = "raw, relation"
	}
	return s.findLetters(ctx, m, large, where, args, f.Limit)
}

func (s *Store) findLetters(ctx context.Context, m moment, large string, where []string, args []any, limit int) ([]warehouse.DeadLetter, error) {
	query := "SELECT id, commit_lsn, record_lsn, seq, commit_at, op, table, key, column, reason, " + large + ", noted_at, state, settled_at FROM " + lettersAt(m) + " WHERE " + strings.Join(where, " AND ") + " ORDER BY id"
	if limit > 0 {
		query += fmt.Sprintf(" LIMIT %d", limit)
	}
	found, err := common(ctx, s, query, args, scanLetter)
	if err != nil {
		return nil, fmt.Errorf("list what was set aside: %w", err)
	}
	return found, nil
}

func scanLetter(rows driver.Rows) (d warehouse.DeadLetter, err error) {
	var op uint8
	var state, raw, relation string
	var committed, noted, settled int64
	err = rows.Scan(&d.ID, &d.CommitLSN, &d.RecordLSN, &d.Seq, &committed, &op, &d.Table, &d.Key, &d.Column, &d.Reason, &raw, &relation, &noted, &state, &settled)
	d.Op, d.State, d.CommitAt, d.NotedAt = warehouse.Op(op), warehouse.LetterState(state), instant(committed), instant(noted)
	if raw != "" {
		d.Raw = []byte(raw)
	}
	if relation != "" {
		d.Relation = []byte(relation)
	}
	if settled != 0 {
		d.SettledAt = instant(settled)
	}
	return d, err
}

// LetterCounts counts what was set aside.
func (s *Store) LetterCounts(ctx context.Context) ([]warehouse.LetterCount, error) {
	m, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	found, err := common(ctx, s, "SELECT table, toString(state) AS state, toInt64(count()) FROM "+lettersAt(m)+" GROUP BY table, state ORDER BY table, state", nil, func(rows driver.Rows) (c warehouse.LetterCount, err error) {
		var state string
		err = rows.Scan(&c.Table, &state, &c.Count)
		c.State = warehouse.LetterState(state)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("count what was set aside: %w", err)
	}
	return found, nil
}
