package pgsource

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/warehouse"
)

var update = flag.Bool("update", false, "record the messages of a real server anew, and what they decode to")

// sample has a column of every kind, and other is a second table.
var (
	sample = &warehouse.Table{Name: "sample", Schema: "crm", Key: []string{"id"}, Columns: []warehouse.Column{
		{Name: "price", Kind: warehouse.KindDecimal, Scale: 2}, // not in the order of Postgres
		{Name: "id", Kind: warehouse.KindUUID},
		{Name: "name", Kind: warehouse.KindText},
		{Name: "code", Kind: warehouse.KindText},
		{Name: "big", Kind: warehouse.KindInt},
		{Name: "mid", Kind: warehouse.KindInt},
		{Name: "small", Kind: warehouse.KindInt},
		{Name: "at", Kind: warehouse.KindTime},
		{Name: "day", Kind: warehouse.KindDate},
		{Name: "flag", Kind: warehouse.KindBool},
	}}
	other = &warehouse.Table{Name: "other", Schema: "crm", Key: []string{"a", "b"}, Columns: []warehouse.Column{{Name: "a", Kind: warehouse.KindInt}, {Name: "b", Kind: warehouse.KindInt}}}
	// kinds has every type that the mirrored schema has or may come to have, each as narrow as it may be there.
	kinds = &warehouse.Table{Name: "kinds", Schema: "crm", Key: []string{"id"}, Columns: []warehouse.Column{
		{Name: "id", Kind: warehouse.KindUUID},
		{Name: "fixed", Kind: warehouse.KindText},
		{Name: "short", Kind: warehouse.KindText},
		{Name: "free", Kind: warehouse.KindText},
		{Name: "two", Kind: warehouse.KindInt},
		{Name: "four", Kind: warehouse.KindInt},
		{Name: "eight", Kind: warehouse.KindInt},
		{Name: "money", Kind: warehouse.KindDecimal, Scale: 2},
		{Name: "quantity", Kind: warehouse.KindDecimal, Scale: 4},
		{Name: "at", Kind: warehouse.KindTime},
		{Name: "day", Kind: warehouse.KindDate},
		{Name: "flag", Kind: warehouse.KindBool},
	}}
	samples = []*warehouse.Table{sample, other, kinds}
)

const sampleSQL = `
create table crm.sample (id uuid primary key, name text, code varchar(10), big bigint, mid int, small smallint, price numeric(18,2), at timestamptz, day date, flag bool);
create table crm.other (a int, b bigint, primary key (a, b));
create table crm.kinds (id uuid primary key, fixed char(5), short varchar(3), free text, two smallint, four int, eight bigint, money numeric(18,2), quantity numeric(18,4), at timestamptz, day date, flag bool);
create domain crm.short as text;
create table crm.strange (id uuid primary key, name crm.short);
alter table crm.sample alter column name set storage external;
create publication sample for table crm.sample, crm.other, crm.strange, crm.kinds;
insert into crm.sample (id, name) values ('00000000-0000-7000-8000-000000000009', repeat('long ', 1000)), ('00000000-0000-7000-8000-00000000000a', repeat('long ', 1000)), ('00000000-0000-7000-8000-00000000000b', 'short');
insert into crm.other values (1, 1)`

const fullRow = `insert into crm.sample values ('00000000-0000-7000-8000-000000000001', 'Zoë', 'X1', 9007199254740993, -5, 7, 1234567890123456.78, '2026-03-01 12:34:56.789012+02', '1969-12-31', true)`

const farTimes = `insert into crm.sample (id, at, day) values
	('00000000-0000-7000-8000-00000000@0E0', '4713-11-24 00:00:00+00 BC', '4713-11-24 BC'), ('00000000-0000-7000-8000-00000000@0E1', '0001-12-31 23:59:59.999999+00 BC', '0001-12-31 BC'),
	('00000000-0000-7000-8000-00000000@0E2', '1899-02-28 12:00:00+00', '1900-03-01'), ('00000000-0000-7000-8000-00000000@0E3', '2300-02-28 23:00:00.000001+00', '2400-02-29'),
	('00000000-0000-7000-8000-00000000@0E4', '12026-01-01 00:00:00+00', '12026-12-31'), ('00000000-0000-7000-8000-00000000@0E5', '294246-12-31 23:59:59+00', '5874897-12-31')`

// extremes are the ends of every type, and what lies next to zero and to nothing.
func extremes(first string) string {
	key := func(i int) string { return fmt.Sprintf("'00000000-0000-7000-8000-0000000%s%02d'", first, i) }
	return "insert into crm.kinds values " + strings.Join([]string{
		"(" + key(1) + ", 'ab', 'abc', E'\\u0001 \\U0001F600 \\uFFFD', 32767, 2147483647, 9223372036854775807, 9999999999999999.99, 99999999999999.9999, '294246-12-31 23:59:59.999999+00', '5874897-12-31', true)",
		"(" + key(2) + ", '     ', '', '', -32768, -2147483648, -9223372036854775808, -9999999999999999.99, -99999999999999.9999, '4714-11-24 00:00:00+00 BC', '4714-11-24 BC', false)",
		"(" + key(3) + ", 'äöüßé', ' ä ', repeat('ß', 2000), 0, 0, 0, 0.00, 0.0000, '1970-01-01 00:00:00+00', '1970-01-01', null)",
		"(" + key(4) + ", '', 'a', E'line\\nline\\ttab \\\\ \"quoted\"', -1, -1, -1, 0.01, 0.0001, '1969-12-31 23:59:59.999999+00', '1969-12-31', true)",
		"(" + key(5) + ", 'x', null, null, 1, 1, 1, -0.01, -0.0001, '2000-01-01 00:00:00.000001+00', '2000-02-29', false)",
	}, ", ")
}

// wideNumbers inserts numbers that are longer than any column of ours should hold.
func wideNumbers(ids ...string) string {
	action := "alter table crm.sample alter price type numeric"
	for i, number := range []string{"'-infinity'", "repeat('9', 200)::numeric", "('0.' || repeat('0', 199) || '1')::numeric", "1.50000000000000000000"} {
		action += "; insert into crm.sample (id, price) values ('00000000-0000-7000-8000-0000000000" + ids[i] + "', " + number + ")"
	}
	return action + "; alter table crm.sample alter price type numeric(18,2) using 0"
}

// recordings are what is done to a server, one file each. Each is a transaction of its own unless it says otherwise.
var recordings = []struct {
	name   string
	text   bool // ask for text forms
	super  bool // needs more rights than the owner has
	stays  bool // the transaction is not wrapped
	action string
}{
	{name: "insert", action: fullRow},
	{name: "insert_text", text: true, action: strings.Replace(fullRow, "0001'", "00f1'", 1)},
	{name: "insert_nulls", action: `insert into crm.sample (id) values ('00000000-0000-7000-8000-000000000002')`},
	{name: "insert_edges", action: `insert into crm.sample (id, name, big, price, at, day, flag) values ('ffffffff-ffff-ffff-ffff-ffffffffffff', '', -9223372036854775808, -9999999999999999.99, '0001-01-01 00:00:00+00', '9999-12-31', false)`},
	{name: "insert_edges_text", text: true, action: `insert into crm.sample (id, name, big, price, at, day, flag) values ('ffffffff-ffff-ffff-ffff-fffffffffffe', '', -9223372036854775808, -9999999999999999.99, '0001-01-01 00:00:00+00', '9999-12-31', false)`},
	{name: "update", action: `update crm.sample set mid = 8, flag = null where id = '00000000-0000-7000-8000-00000000000b'`},
	{name: "update_unchanged", action: `update crm.sample set mid = 9 where id = '00000000-0000-7000-8000-000000000009'`},
	{name: "update_key", action: `update crm.sample set id = '00000000-0000-7000-8000-0000000000ff' where id = '00000000-0000-7000-8000-00000000000a'; update crm.other set b = 2 where a = 1`},
	{name: "update_full_identity", action: `alter table crm.sample replica identity full; update crm.sample set mid = 10 where id = '00000000-0000-7000-8000-000000000009'; alter table crm.sample replica identity default`},
	{name: "delete", action: `delete from crm.sample where id = '00000000-0000-7000-8000-00000000000b'`},
	{name: "delete_full_identity", action: `alter table crm.other replica identity full; delete from crm.other; alter table crm.other replica identity default`},
	{name: "truncate", action: `insert into crm.other values (3, 3); truncate crm.sample, crm.other; insert into crm.other values (4, 4)`},
	{name: "savepoint", action: `insert into crm.other values (5, 5); savepoint a; insert into crm.other values (6, 6); rollback to a; insert into crm.other values (7, 7)`},
	{name: "message", action: `select pg_logical_emit_message(true, 'prefix', 'content'); insert into crm.other values (8, 8)`},
	{name: "message_alone", stays: true, action: `select pg_logical_emit_message(false, 'prefix', 'content'); insert into crm.other values (11, 11)`},
	{name: "origin", super: true, action: `select pg_replication_origin_create('elsewhere'); select pg_replication_origin_session_setup('elsewhere'); insert into crm.other values (9, 9)`},
	{name: "times", action: strings.ReplaceAll(farTimes, "@", "0")},
	{name: "times_text", text: true, action: strings.ReplaceAll(farTimes, "@", "1")},
	{name: "time_beyond", action: `insert into crm.sample (id, at) values ('00000000-0000-7000-8000-00000000000c', '294276-12-31 23:59:59+00')`},
	{name: "time_beyond_text", text: true, action: `insert into crm.sample (id, at) values ('00000000-0000-7000-8000-00000000000d', '294276-12-31 23:59:59+00')`},
	{name: "infinity_text", text: true, action: `insert into crm.sample (id, at, day) values ('00000000-0000-7000-8000-0000000000d1', '-infinity', 'infinity')`},
	{name: "integers", action: `insert into crm.sample (id, big, mid, small) values ('00000000-0000-7000-8000-0000000000d2', 9223372036854775807, 2147483647, 32767), ('00000000-0000-7000-8000-0000000000d3', -9223372036854775808, -2147483648, -32768)`},
	{name: "integers_text", text: true, action: `insert into crm.sample (id, big, mid, small) values ('00000000-0000-7000-8000-0000000000d4', 9223372036854775807, 2147483647, 32767), ('00000000-0000-7000-8000-0000000000d5', -9223372036854775808, -2147483648, -32768)`},
	{name: "numbers", action: wideNumbers("d6", "d7", "d8", "d9")},
	{name: "numbers_text", text: true, action: wideNumbers("da", "db", "dc", "dd")},
	{name: "aside_then_unchanged", action: `alter table crm.sample alter price type numeric;
		insert into crm.sample (id, name) values ('00000000-0000-7000-8000-0000000000c9', repeat('long ', 1000));
		update crm.sample set price = 'NaN', name = repeat('other ', 1000) where id = '00000000-0000-7000-8000-0000000000c9';
		update crm.sample set price = 1, mid = 11 where id = '00000000-0000-7000-8000-0000000000c9';
		update crm.sample set mid = 12 where id = '00000000-0000-7000-8000-0000000000c9';
		insert into crm.sample (id, name, price) values ('00000000-0000-7000-8000-0000000000de', repeat('third ', 1000), 'Infinity');
		update crm.sample set price = '-Infinity', id = '00000000-0000-7000-8000-0000000000df' where id = '00000000-0000-7000-8000-0000000000de';
		update crm.sample set price = 2 where id = '00000000-0000-7000-8000-0000000000df';
		delete from crm.sample where price in ('Infinity', '-Infinity'); alter table crm.sample alter price type numeric(18,2) using 0`},
	{name: "delete_of_nan", action: `alter table crm.sample alter price type numeric; alter table crm.sample replica identity full; insert into crm.sample (id, price) values ('00000000-0000-7000-8000-0000000000c8', 'NaN');
		delete from crm.sample where price = 'NaN'; alter table crm.sample replica identity default; alter table crm.sample alter price type numeric(18,2)`},
	{name: "nan", action: `alter table crm.sample alter price type numeric; insert into crm.sample (id, price) values ('00000000-0000-7000-8000-000000000003', 'NaN'); alter table crm.sample alter price type numeric(18,2) using null`},
	{name: "infinity", action: `insert into crm.sample (id, at) values ('00000000-0000-7000-8000-000000000004', 'infinity')`},
	{name: "extremes", action: extremes("e00")},
	{name: "extremes_text", text: true, action: extremes("e01")},
	{name: "foreign_type", action: `insert into crm.strange values ('00000000-0000-7000-8000-000000000005', 'x')`},
	{name: "column_renamed", action: `alter table crm.other rename column b to c; insert into crm.other values (10, 10); alter table crm.other rename column c to b`},
}

func TestRecordedMessages(t *testing.T) {
	if *update {
		record(t)
	}
	for _, r := range recordings {
		t.Run(r.name, func(t *testing.T) {
			got := decodeAll(readMessages(t, r.name))
			golden := filepath.Join("testdata", r.name+".golden")
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

// record does what the recordings say on a real server and keeps the messages as lines of hexadecimal digits.
func record(t *testing.T) {
	url := pgtest.NewURL(t)
	ctx := context.Background()
	owner := dial(t, url)
	_, err := owner.Exec(ctx, sampleSQL)
	require.NoError(t, err)
	for _, r := range recordings {
		conn := dial(t, url)
		if r.super {
			cfg := owner.Config().Copy()
			super, err := pgx.ParseConfig(pgtest.Server(t).SuperURL)
			require.NoError(t, err)
			cfg.User, cfg.Password = super.User, super.Password
			conn, err = pgx.ConnectConfig(ctx, cfg)
			require.NoError(t, err)
		}
		_, err := conn.Exec(ctx, `select pg_create_logical_replication_slot('recording', 'pgoutput')`)
		require.NoError(t, err)
		action := "begin; " + r.action + "; commit"
		if r.stays {
			action = r.action
		}
		_, err = conn.Exec(ctx, `set synchronous_commit = on; `+action)
		require.NoError(t, err, r.name)
		writeMessages(t, owner, r.name, !r.text)
		_, err = owner.Exec(ctx, `select pg_drop_replication_slot('recording')`)
		require.NoError(t, err)
		require.NoError(t, conn.Close(ctx))
	}
}

func dial(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func writeMessages(t *testing.T, conn *pgx.Conn, name string, binaryForms bool) {
	rows, err := conn.Query(context.Background(), `select (lsn - '0/0')::bigint, data from pg_logical_slot_get_binary_changes('recording', null, null,
		'proto_version', '2', 'publication_names', 'sample', 'messages', 'true', 'binary', $1::bool::text)`, binaryForms)
	require.NoError(t, err)
	var file bytes.Buffer
	var lsn int64
	var data []byte
	_, err = pgx.ForEachRow(rows, []any{&lsn, &data}, func() error {
		m := binary.BigEndian.AppendUint64([]byte{'w'}, uint64(lsn))
		m = append(m, make([]byte, 16)...)
		fmt.Fprintf(&file, "%x\n", append(m, data...))
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join("testdata", name+".hex"), file.Bytes(), 0o600))
}

func readMessages(t testing.TB, name string) [][]byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".hex"))
	require.NoError(t, err)
	var messages [][]byte
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		m, err := hex.DecodeString(lines.Text())
		require.NoError(t, err)
		messages = append(messages, m)
	}
	require.NoError(t, lines.Err())
	return messages
}

// decodeAll writes what messages mean, one line for each event and each row.
func decodeAll(messages [][]byte) string {
	var out strings.Builder
	d := NewDecoder(samples, 0)
	for _, m := range messages {
		into := NewChanges(samples)
		e, err := d.Decode(m, into)
		kind := "?"
		if len(m) > 25 {
			kind = string(m[25])
		}
		if err != nil {
			fmt.Fprintf(&out, "%s fault: %v\n", kind, err)
			break
		}
		at := ""
		if e.At != 0 {
			at = " at " + time.UnixMicro(e.At).UTC().Format(time.RFC3339Nano)
		}
		lsn := ""
		if e.LSN != 0 {
			lsn = " " + FormatLSN(e.LSN)
		}
		fmt.Fprintf(&out, "%s %s%s%s\n", kind, [...]string{"-", "begin", "row", "commit", "keepalive", "schema"}[e.Kind], lsn, at)
		for _, b := range into.Batches() {
			writeRows(&out, b)
		}
		for _, l := range into.Aside {
			fmt.Fprintf(&out, "    %s aside %c commit %s record %s seq %d key %s %s: %s\n", l.Table, l.Op, FormatLSN(l.CommitLSN), FormatLSN(l.RecordLSN), l.Seq-FirstSeq, l.Key, l.Column, l.Reason)
		}
	}
	return out.String()
}

func writeRows(out *strings.Builder, b *warehouse.Batch) {
	for i := range b.Len() {
		fmt.Fprintf(out, "    %s %c commit %s record %s seq %d", b.Table.Name, b.Ops[i], FormatLSN(b.CommitLSN[i]), FormatLSN(b.RecordLSN[i]), b.Seq[i]-FirstSeq)
		for j := range b.Columns {
			fmt.Fprintf(out, " %s=%s", b.Table.Columns[j].Name, valueText(&b.Columns[j], i))
		}
		out.WriteString("\n")
	}
}

func valueText(c *warehouse.ColumnData, i int) string {
	switch {
	case c.State[i] == warehouse.Null:
		return "null"
	case c.State[i] == warehouse.Unchanged:
		return "unchanged"
	case c.Kind == warehouse.KindUUID:
		return uuid.UUID(c.UUIDs[i]).String()
	case c.Kind == warehouse.KindText:
		text := string(c.Text(i))
		if len(text) > 40 {
			text = fmt.Sprintf("%s... (%d bytes)", text[:20], len(text))
		}
		return fmt.Sprintf("%q", text)
	case c.Kind == warehouse.KindTime:
		return time.UnixMicro(c.Ints[i]).UTC().Format(time.RFC3339Nano)
	case c.Kind == warehouse.KindDate:
		return time.Unix(c.Ints[i]*86400, 0).UTC().Format(time.DateOnly)
	default:
		return fmt.Sprint(c.Ints[i])
	}
}
