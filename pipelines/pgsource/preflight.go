package pgsource

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sharepartner/sharepartner/warehouse"
)

// SetupError says what is wrong with the server or the database, and what to do. All faults are listed at once.
type SetupError struct {
	Faults []string
	// Gap says that changes may have been left out of the stream while it was so.
	Gap bool
}

func (e *SetupError) Error() string {
	return "the database is not ready for replication: " + strings.Join(e.Faults, "; ")
}

func (e *SetupError) add(format string, args ...any) {
	e.Faults = append(e.Faults, fmt.Sprintf(format, args...))
}

// gap is add for what leaves changes out.
func (e *SetupError) gap(format string, args ...any) {
	e.Gap = true
	e.add(format, args...)
}

// Server is the server as it is now.
type Server struct {
	SystemID   string
	Timeline   int
	LSN        uint64 // what is flushed
	Database   string
	Deployment string // whose data it is: it stays the same on another server, and in a copy that is restored
	Slot       Slot
	Shape      Shape
	At         time.Time // its clock
	Started    string    // when it was started: files of it are put back while it is not running
}

// Shape is how the tables are published.
type Shape struct {
	Version   int64             // of the last migration that changed it
	Altered   []string          // what is otherwise than that migration said: somebody has altered it by hand
	Published map[string]string // by table: what is another one as soon as the table was out of the publication
}

// Slot is our replication slot as it is now.
type Slot struct {
	Exists    bool
	Active    bool
	Lost      bool // the server gave up what the slot needed
	Confirmed uint64
}

const settingsSQL = `
select current_setting('wal_level'), current_setting('server_version_num'), current_setting('max_slot_wal_keep_size'),
       current_user, (select rolreplication or rolsuper from pg_roles where rolname = current_user),
       current_setting('max_replication_slots')::int - (select count(*) from pg_replication_slots), pg_postmaster_start_time()`

const publicationSQL = `select pubinsert and pubupdate and pubdelete and pubtruncate from pg_publication where pubname = $1`

const columnsSQL = `
select pt.schemaname, pt.tablename, a.attname, a.atttypid,
       has_schema_privilege(n.oid, 'usage') and has_column_privilege(c.oid, a.attnum, 'select') and has_column_privilege(c.oid, 'ctid', 'select') as readable,
       coalesce(a.attnum = any (i.indkey), false) as in_key,
       c.relreplident in ('d', 'f') as identified,
       pt.rowfilter is not null as filtered,
       row_security_active(c.oid) and not exists (
         select from pg_policy p
         where p.polrelid = c.oid and p.polpermissive and p.polcmd in ('r', '*') and pg_get_expr(p.polqual, p.polrelid) = 'true'
           and (0 = any (p.polroles) or exists (select from pg_roles r where r.oid = any (p.polroles) and pg_has_role(r.oid, 'usage')))) as hidden,
       format_type(a.atttypid, a.atttypmod)
from pg_publication_tables pt
join pg_namespace n on n.nspname = pt.schemaname
join pg_class c on c.relnamespace = n.oid and c.relname = pt.tablename
join pg_attribute a on a.attrelid = c.oid and a.attname = any (pt.attnames)
left join pg_index i on i.indrelid = c.oid and i.indisprimary
where pt.pubname = $1`

// Preflight says whether replication can work. The error is a SetupError when somebody has to change something first.
func (s *Source) Preflight(ctx context.Context) (Server, error) {
	l, err := s.connect(ctx, false)
	if err != nil {
		return Server{}, err
	}
	defer l.close()
	slot, err := s.findSlot(ctx, l)
	if err != nil {
		return Server{}, err
	}
	fault := &SetupError{}
	started, err := s.checkSettings(ctx, l, slot, fault)
	if err != nil {
		return Server{}, fmt.Errorf("read settings of Postgres: %w", err)
	}
	shape, err := s.checkPublication(ctx, l, fault)
	if err != nil {
		return Server{}, fmt.Errorf("read publication: %w", err)
	}
	if len(fault.Faults) > 0 {
		return Server{Shape: shape}, fault
	}
	server, err := s.identify(ctx)
	if err != nil {
		return server, err
	}
	server.Slot, server.Shape, server.Started = slot, shape, started
	if server.At, err = clockOf(ctx, l); err != nil {
		return server, err
	}
	server.Deployment, err = s.deployment(ctx, l)
	return server, err
}

func (s *Source) checkSettings(ctx context.Context, l *link, slot Slot, fault *SetupError) (started string, err error) {
	rows, err := l.rows(ctx, settingsSQL)
	if err != nil {
		return "", err
	}
	r := rows[0]
	if r[0] != "logical" {
		fault.add("wal_level is %s: set wal_level = logical in postgresql.conf and restart the server", r[0])
	}
	if v, _ := strconv.Atoi(r[1]); v < 150000 {
		fault.add("the server is older than PostgreSQL 15: column lists of publications need 15 or newer")
	}
	if r[4] != "t" {
		fault.add("login %s may not replicate: let an administrator run `alter role %s replication`", r[3], r[3])
	}
	if free, _ := strconv.Atoi(r[5]); free <= 0 && !slot.Exists {
		fault.add("all replication slots are taken: raise max_replication_slots and restart, or drop one that nobody needs (select * from pg_replication_slots)")
	}
	if r[2] == "-1" {
		s.o.Log.WarnContext(ctx, "max_slot_wal_keep_size is not set: a pipeline that stands still can fill the server's disk")
	}
	return r[6], nil
}

func (s *Source) checkPublication(ctx context.Context, l *link, fault *SetupError) (Shape, error) {
	rows, err := l.rows(ctx, publicationSQL, s.o.Publication)
	if err != nil {
		return Shape{}, err
	}
	if len(rows) == 0 {
		fault.gap("publication %s does not exist in this database: run `sharepartner migrate`", s.o.Publication)
		return Shape{}, nil
	}
	if rows[0][0] != "t" {
		fault.gap("publication %s leaves out some kinds of changes: alter publication %s set (publish = 'insert, update, delete, truncate')", s.o.Publication, s.o.Publication)
	}
	rows, err = l.rows(ctx, columnsSQL, s.o.Publication)
	if err != nil {
		return Shape{}, err
	}
	last, err := announced(ctx, l)
	if err != nil {
		return Shape{}, err
	}
	published, kinds := map[string][][]string{}, map[string]map[string]string{}
	for _, r := range rows {
		name := r[0] + "." + r[1]
		published[name] = append(published[name], r)
		if kinds[name] == nil {
			kinds[name] = map[string]string{}
		}
		kinds[name][r[2]] = r[9]
	}
	advice := func(table string) string { return last.advice(table, kinds[table], s.o.Version) }
	for _, t := range s.o.Tables {
		name := t.Schema + "." + t.Name
		checkTable(t, published[name], advice(name), fault)
		delete(published, name)
	}
	for name := range published {
		fault.gap("%v", &SchemaError{Table: name, Advice: advice(name)})
	}
	shape := Shape{Altered: last.altered(kinds)}
	if last != nil {
		shape.Version = last.Version
	}
	shape.Published, err = s.published(ctx, l)
	return shape, err
}

func checkTable(t *warehouse.Table, columns [][]string, advice string, fault *SetupError) {
	name := t.Schema + "." + t.Name
	if len(columns) == 0 {
		fault.gap("table %s is not published: %s", name, advice)
		return
	}
	shape := &SchemaError{Table: name, Advice: advice}
	var key, unreadable, sent []string
	for _, r := range columns {
		column, at := r[2], t.IndexFrom(r[2])
		typeID, _ := strconv.ParseUint(r[3], 10, 32)
		sent = append(sent, column)
		switch {
		case at < 0:
			shape.Extra = append(shape.Extra, column)
		case !slices.Contains(typesOf[t.Columns[at].Kind], uint32(typeID)):
			shape.Types = append(shape.Types, column)
		}
		if r[4] != "t" {
			unreadable = append(unreadable, column)
		}
		if r[5] == "t" {
			key = append(key, column)
		}
	}
	for _, c := range t.Columns {
		if !c.Gone && !slices.Contains(sent, c.From()) {
			shape.Missing = append(shape.Missing, c.From())
		}
	}
	if len(shape.Missing)+len(shape.Extra)+len(shape.Types) > 0 {
		fault.gap("%v", shape)
	}
	if len(unreadable) > 0 {
		fault.add("the login may not read %s (%s): run `sharepartner migrate`, or grant select on these columns and on ctid to it", name, strings.Join(unreadable, ", "))
	}
	want := slices.Sorted(slices.Values(t.Key))
	if slices.Sort(key); !slices.Equal(want, key) || columns[0][6] != "t" {
		fault.add("table %s must have the primary key (%s) as its replica identity", name, strings.Join(t.Key, ", "))
	}
	if columns[0][7] == "t" {
		fault.gap("the publication leaves out rows of %s: drop its row filter", name)
	}
	if columns[0][8] == "t" {
		fault.add("row security hides rows of %s from the login: run `sharepartner migrate`, or create a policy for select using (true)", name)
	}
}

// deployment asks whose data it is.
func (s *Source) deployment(ctx context.Context, l *link) (string, error) {
	rows, err := l.rows(ctx, `select crm.deployment()`)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "42883" || pg.Code == "42501") {
		return "", &SetupError{Faults: []string{"the database does not say which deployment it belongs to: run `sharepartner migrate`"}}
	}
	if err != nil {
		return "", fmt.Errorf("ask which deployment it is: %w", err)
	}
	return rows[0][0], nil
}

// identify asks who the server is. The role may exist and yet be refused here.
func (s *Source) identify(ctx context.Context) (Server, error) {
	l, err := s.connect(ctx, true)
	if err != nil {
		return Server{}, err
	}
	defer l.close()
	rows, err := l.command(ctx, "IDENTIFY_SYSTEM")
	if err != nil {
		return Server{}, fmt.Errorf("identify server: %w", err)
	}
	server := Server{SystemID: rows[0][0], Database: rows[0][3]}
	if server.Timeline, err = strconv.Atoi(rows[0][1]); err != nil {
		return Server{}, fmt.Errorf("identify server: %w", err)
	}
	server.LSN, err = ParseLSN(rows[0][2])
	return server, err
}
