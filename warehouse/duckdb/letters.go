package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/sharepartner/sharepartner/warehouse"
)

// SetAside keeps changes that cannot be loaded. Those of a transaction that was loaded before are left out.
func (l *load) SetAside(ctx context.Context, letters []warehouse.DeadLetter) error {
	if l.tx == nil || l.failed {
		return errLoadOver
	}
	if err := l.setAside(ctx, letters); err != nil {
		l.failed = true
		return fmt.Errorf("set rows aside: %w", err)
	}
	return nil
}

func (l *load) setAside(ctx context.Context, letters []warehouse.DeadLetter) error {
	var last int64
	if err := l.tx.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM dead_letter").Scan(&last); err != nil {
		return err
	}
	for _, d := range letters {
		if d.Op != warehouse.OpSnapshot && d.CommitLSN < l.from.LSN {
			continue
		}
		if news, err := l.newest(ctx, d); err != nil {
			return err
		} else if !news {
			continue
		}
		last++
		l.letters = true
		_, err := l.tx.ExecContext(ctx, "INSERT INTO dead_letter VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', NULL)",
			last, d.CommitLSN, d.RecordLSN, d.Seq, d.CommitAt.UTC(), uint8(d.Op), d.Table, d.Key, d.Column, d.Reason, d.Raw, d.Relation, d.NotedAt.UTC())
		if err != nil {
			return err
		}
	}
	return nil
}

// newest says whether a letter tells something new. All rows of a table are read again now and then: one that is as it was
// then is set aside already, and one that is otherwise takes the place of what came before it.
func (l *load) newest(ctx context.Context, d warehouse.DeadLetter) (bool, error) {
	if d.Op != warehouse.OpSnapshot || d.Key == "" {
		return true, nil
	}
	var same bool
	const open = ` FROM dead_letter WHERE state = 'open' AND "table" = ? AND key = ?`
	if err := l.tx.QueryRowContext(ctx, "SELECT count(*) > 0"+open+" AND op = 83 AND raw = ? AND relation = ?", d.Table, d.Key, d.Raw, d.Relation).Scan(&same); err != nil || same {
		return false, err
	}
	_, err := l.tx.ExecContext(ctx, `UPDATE dead_letter SET state = 'superseded', settled_at = ? WHERE state = 'open' AND "table" = ? AND key = ?`, d.NotedAt.UTC(), d.Table, d.Key)
	return true, err
}

// Replayed marks open letters whose rows this load holds.
func (l *load) Replayed(ctx context.Context, ids []int64, at time.Time) error {
	if l.tx == nil || l.failed {
		return errLoadOver
	}
	if len(ids) == 0 {
		return nil
	}
	if _, err := l.tx.ExecContext(ctx, "UPDATE dead_letter SET state = 'replayed', settled_at = ? WHERE state = 'open' AND id IN ("+numbers(ids)+")", at.UTC()); err != nil {
		return fmt.Errorf("mark what was replayed: %w", err)
	}
	return nil
}

// supersede settles the letters whose rows have come in a later version, while those are staged. A row of a comparison is as
// Postgres has it by then, whatever version it takes the place of.
func (l *load) supersede(ctx context.Context, t *warehouse.Table, c *changes) error {
	if !l.letters {
		return nil
	}
	replace := strings.NewReplacer("{name}", t.Schema+"."+t.Name, "{stage}", "stage_"+t.Name, "{key}", keyExpression(t))
	const settle = "UPDATE dead_letter SET state = 'superseded', settled_at = make_timestamp(s.at) FROM "
	query := settle + `(SELECT {key} AS key, max(_rec) AS rec, max(_commit_at) AS at, bool_or(_op IN (82, 88)) AS compared FROM {stage} WHERE _op <> 84 GROUP BY 1) s
		WHERE dead_letter.state = 'open' AND dead_letter."table" = '{name}' AND dead_letter.key = s.key AND (dead_letter.record_lsn < s.rec OR s.compared)`
	if c.truncate {
		query += "; " + settle + `(SELECT max(_rec) AS rec, max(_commit_at) AS at FROM {stage} WHERE _op = 84) s
			WHERE dead_letter.state = 'open' AND dead_letter."table" = '{name}' AND dead_letter.record_lsn < s.rec`
	}
	return l.exec(ctx, "settle what was set aside of "+t.Name, replace.Replace(query))
}

// keyExpression writes the key as Batch.KeyText does.
func keyExpression(t *warehouse.Table) string {
	parts := make([]string, len(t.Key))
	for i, name := range t.Key {
		parts[i] = ident(name) + "::VARCHAR"
	}
	return strings.Join(parts, " || ',' || ")
}

// countLetters says whether letters are open, so that loads without any need not look for them.
func countLetters(ctx context.Context, q queryer) (open bool, err error) {
	err = q.QueryRowContext(ctx, "SELECT count(*) > 0 FROM dead_letter WHERE state = 'open'").Scan(&open)
	if err != nil {
		return false, fmt.Errorf("count what was set aside: %w", err)
	}
	return open, nil
}

// DeadLetters lists what was set aside.
func (s *Store) DeadLetters(ctx context.Context, f warehouse.LetterFilter) ([]warehouse.DeadLetter, error) {
	var found []warehouse.DeadLetter
	err := s.read(ctx, func(tx *sql.Tx) error {
		query, args := letterQuery(f)
		rows, err := tx.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			d, err := scanLetter(rows)
			if err != nil {
				return err
			}
			found = append(found, d)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list what was set aside: %w", err)
	}
	return found, nil
}

func letterQuery(f warehouse.LetterFilter) (query string, args []any) {
	where := []string{"id > ?"}
	args = append(args, f.After)
	if f.State != "" {
		where, args = append(where, "state = ?"), append(args, string(f.State))
	}
	if f.Table != "" {
		where, args = append(where, `"table" = ?`), append(args, f.Table)
	}
	if f.IDs != nil {
		where = append(where, "id IN ("+numbers(append([]int64{0}, f.IDs...))+")")
	}
	large := "NULL::BLOB, NULL::BLOB"
	if f.Raw {
		large = "raw, relation"
	}
	query = `SELECT id, commit_lsn, record_lsn, seq, commit_at, op, "table", key, "column", reason, ` + large + `, noted_at, state, settled_at
		FROM dead_letter WHERE ` + strings.Join(where, " AND ") + " ORDER BY id"
	if f.Limit > 0 {
		query += fmt.Sprintf(" LIMIT %d", f.Limit)
	}
	return query, args
}

func scanLetter(rows *sql.Rows) (d warehouse.DeadLetter, err error) {
	var op uint8
	var state string
	var settled sql.NullTime
	err = rows.Scan(&d.ID, &d.CommitLSN, &d.RecordLSN, &d.Seq, &d.CommitAt, &op, &d.Table, &d.Key, &d.Column, &d.Reason, &d.Raw, &d.Relation, &d.NotedAt, &state, &settled)
	d.Op, d.State, d.CommitAt, d.NotedAt = warehouse.Op(op), warehouse.LetterState(state), d.CommitAt.UTC(), d.NotedAt.UTC()
	if settled.Valid {
		d.SettledAt = settled.Time.UTC()
	}
	return d, err
}

// LetterCounts counts what was set aside.
func (s *Store) LetterCounts(ctx context.Context) ([]warehouse.LetterCount, error) {
	var found []warehouse.LetterCount
	err := s.read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT "table", state, count(*) FROM dead_letter GROUP BY 1, 2 ORDER BY 1, 2`)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var c warehouse.LetterCount
			if err := rows.Scan(&c.Table, &c.State, &c.Count); err != nil {
				return err
			}
			found = append(found, c)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("count what was set aside: %w", err)
	}
	return found, nil
}

func numbers(ids []int64) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(ids), " ", ", "), "[]")
}
