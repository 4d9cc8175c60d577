package pgsource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// schemaPrefix marks the messages that our migrations write into the log.
const schemaPrefix = "sharepartner.schema"

// Announcement is what a migration says of the tables that are published from its commit on.
type Announcement struct {
	Version int64                        `json:"version"` // of the migration
	Tables  map[string]map[string]string `json:"tables"`  // columns with their types
	Empty   map[string][]string          `json:"empty"`   // new columns in which all rows hold null at its commit

	Earlier map[int64]map[string][]string `json:"earlier"` // Empty of each migration before; only the database says so

	xid uint32 // of the transaction that it came in
}

// message reads an M message: flags, place, prefix, content. Anybody who may sign in to the database can write one: see
// Genuine. What cannot be read is of no migration.
func (d *Decoder) message(c *cursor) (Event, error) {
	c.u8()
	c.u64()
	prefix := c.text()
	content := c.take(int(int32(c.u32())))
	if c.short {
		return Event{}, errShort('M')
	}
	if prefix != schemaPrefix || !d.open || d.skip {
		return Event{}, nil
	}
	a := &Announcement{}
	if err := json.Unmarshal(content, a); err != nil {
		a = &Announcement{}
	}
	a.xid = d.xid
	return Event{Kind: EventSchema, Schema: a}, nil
}

// Genuine says whether a message of the log is that of a migration which the database knows, and takes what that has said
// from there. The log tells of a commit a moment before others see it, so the question waits for that.
func (s *Source) Genuine(ctx context.Context, a *Announcement) (bool, error) {
	if a.Version == 0 {
		return false, nil
	}
	l, err := s.connect(ctx, false)
	if err != nil {
		return false, err
	}
	defer l.close()
	if err := l.seen(ctx, a.xid); err != nil {
		return false, fmt.Errorf("wait until transaction %d is seen: %w", a.xid, err)
	}
	known, err := announced(ctx, l)
	if err != nil || known == nil {
		return false, err
	}
	var ok bool
	if a.Empty, ok = known.Empty, known.Version == a.Version; !ok {
		a.Empty, ok = known.Earlier[a.Version]
	}
	return ok, nil
}

// seen waits until a transaction that has committed is seen by others. Numbers of transactions in the log have 32 bits:
// the one that is meant is the nearest to now.
func (l *link) seen(ctx context.Context, xid uint32) error {
	for {
		rows, err := l.rows(ctx, `select pg_snapshot_xmax(pg_current_snapshot())`)
		if err != nil {
			return err
		}
		next, err := strconv.ParseUint(rows[0][0], 10, 64)
		if err != nil {
			return err
		}
		whole := uint64(int64(next) + int64(int32(xid-uint32(next))))
		rows, err = l.rows(ctx, `select pg_visible_in_snapshot($1::text::xid8, pg_current_snapshot())`, strconv.FormatUint(whole, 10))
		if err != nil || rows[0][0] == "t" {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// announced asks the database what was last announced; nil when nothing ever was.
func announced(ctx context.Context, l *link) (*Announcement, error) {
	rows, err := l.rows(ctx, `select crm.announced()`)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "42883" || pg.Code == "42501" || pg.Code == "3F000") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ask what was announced: %w", err)
	}
	a := &Announcement{}
	if err := json.Unmarshal([]byte(rows[0][0]), a); err != nil {
		return nil, fmt.Errorf("read what was announced: %w", err)
	}
	return a, nil
}

const anyVersion = "bring the publication and this program to the same version (sharepartner migrate)"

// advice says how a table came to be published otherwise than this program keeps it, and what to do. Migrations say what
// they change, so whatever else is changed was changed by hand.
func (a *Announcement) advice(table string, columns map[string]string, program int64) string {
	switch {
	case a == nil:
		return anyVersion
	case !maps.Equal(columns, a.Tables[table]):
		return fmt.Sprintf("it was altered by hand since migration %d: %s. Undo that, or let a migration of the program do it", a.Version, strings.Join(differences(a.Tables[table], columns), ", "))
	case program > 0 && a.Version > program:
		return fmt.Sprintf("migration %d changed it and this program knows those up to %d: start the new version of the program", a.Version, program)
	case program > 0 && a.Version < program:
		return "this program brings migrations that have not run on this database: run `sharepartner migrate`"
	}
	return anyVersion
}

// altered lists the tables that are not as it was announced, also where this program keeps them all the same.
func (a *Announcement) altered(tables map[string]map[string]string) []string {
	if a == nil {
		return nil
	}
	var found []string
	for table, columns := range a.Tables {
		if d := differences(columns, tables[table]); len(d) > 0 {
			found = append(found, table+": "+strings.Join(d, ", "))
		}
	}
	for table := range tables {
		if a.Tables[table] == nil {
			found = append(found, table+": is published")
		}
	}
	slices.Sort(found)
	return found
}

// differences says in words what was changed.
func differences(before, now map[string]string) []string {
	if len(now) == 0 && len(before) > 0 {
		return []string{"is published no more"}
	}
	var words []string
	for _, column := range slices.Sorted(maps.Keys(before)) {
		switch kind, there := now[column]; {
		case !there:
			words = append(words, column+" is gone")
		case kind != before[column]:
			words = append(words, fmt.Sprintf("%s is %s and was %s", column, kind, before[column]))
		}
	}
	for _, column := range slices.Sorted(maps.Keys(now)) {
		if _, there := before[column]; !there {
			words = append(words, column+" has come")
		}
	}
	return words
}
