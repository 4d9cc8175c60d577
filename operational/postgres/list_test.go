package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

var probes = postgres.List{
	From: "crm.probe p", ID: "p.id", Order: []operational.Sort{{Field: "at", Desc: true}},
	Field: map[string]postgres.Column{
		"name":   {SQL: "p.name", Type: postgres.Text},
		"note":   {SQL: "p.note", Type: postgres.Text, Nullable: true},
		"count":  {SQL: "p.count", Type: postgres.Int, Nullable: true},
		"amount": {SQL: "p.amount", Type: postgres.Decimal},
		"day":    {SQL: "p.day", Type: postgres.Date, Nullable: true},
		"at":     {SQL: "p.at", Type: postgres.Time},
		"open":   {SQL: "p.open", Type: postgres.Bool, Nullable: true},
		"kind":   {SQL: "p.kind", Type: postgres.Text, Enum: []string{"a", "b"}},
		"other":  {SQL: "x.name", Type: postgres.Text, Within: "exists (select from crm.probe x where x.amount = p.amount and %s)"},
	},
}

const probeTable = `
create table crm.probe (id uuid primary key, name text not null, note text, count bigint, amount numeric(18,2) not null, day date, at timestamptz not null, open boolean, kind text not null);
grant select on crm.probe to sharepartner_vendor;
insert into crm.probe select gen_random_uuid(), (array['', 'Ä', 'b', 'B', '=', 'o''clock'])[1 + i % 6], (array['x', '', null])[1 + i % 3],
  nullif(i % 5, 0), (i % 7) * 1.25, case when i % 4 > 0 then date '2017-01-31' + i % 4 end, timestamptz '2017-03-01 00:00:00.000001Z' + (i % 9) * interval '1 microsecond',
  (array[true, false, null])[1 + i % 3], (array['a', 'b'])[1 + i % 2] from generate_series(1, 90) i`

const probeSelect = `select p.id, p.name, {keys} as sort_keys from crm.probe p where {where} order by {order} limit {limit}`

type probeRow struct {
	postgres.Keyed
	ID   uuid.UUID
	Name string
}

func probeID(r probeRow) uuid.UUID { return r.ID }

func probing(t *testing.T) (*pgtest.Database, operational.Actor) {
	t.Helper()
	db := pgtest.New(t)
	_, err := db.Owner(t).Exec(t.Context(), probeTable)
	require.NoError(t, err)
	return db, operational.Actor{Org: uuid.New(), Side: operational.SideVendor}
}

// Paging through a list gives each matching row once, in the order that one big sort gives.
func TestPagesHoldEachRowOnceInOrder(t *testing.T) {
	db, actor := probing(t)
	owner := db.Owner(t)
	ctx := t.Context()
	listing := probes.Listing()
	rapid.Check(t, func(t *rapid.T) {
		var q operational.Query
		q.Count = true
		q.Limit = rapid.IntRange(1, 40).Draw(t, "limit")
		for _, field := range rapid.SliceOfNDistinct(rapid.SampledFrom(listing.Sorts), 0, 4, rapid.ID[string]).Draw(t, "sort") {
			q.Sort = append(q.Sort, operational.Sort{Field: field, Desc: rapid.Bool().Draw(t, "desc")})
		}
		if text := rapid.SampledFrom(probeFilters).Draw(t, "filter"); text != "" {
			f, err := operational.ParseFilter(text, listing.Filters)
			require.NoError(t, err)
			q.Filter = f
		}
		s, err := probes.Slice(operational.Query{Filter: q.Filter, Sort: q.Sort})
		require.NoError(t, err)
		rows, err := owner.Query(ctx, fmt.Sprintf("select p.id from crm.probe p where %s order by %s", s.Match, s.Order), s.Args...)
		require.NoError(t, err)
		var want []uuid.UUID
		for rows.Next() {
			var id uuid.UUID
			require.NoError(t, rows.Scan(&id))
			want = append(want, id)
		}
		require.NoError(t, rows.Err())

		var got []uuid.UUID
		for {
			page, err := postgres.Page(ctx, db.API, actor, probes, q, probeSelect, probeID)
			require.NoError(t, err)
			require.LessOrEqual(t, len(page.Items), q.Limit)
			require.EqualValues(t, len(want), *page.Total, "the count is of all pages")
			got = append(got, page.Items...)
			if page.Next == nil {
				break
			}
			require.Len(t, page.Items, q.Limit, "only the last page may be short")
			q.After = page.Next
		}
		require.Equal(t, want, got)
	})
}

var probeFilters = []string{
	"", "note is_null or count gt 2", "name in ('b', 'B', 'o''clock') and open ne true", "day ge '2017-02-01' or day is_null",
	"at le '2017-03-01T00:00:00.000004Z'", "name contains 'B' or note eq ''", "kind eq 'a' and (amount lt 3.75 or open eq false)",
	"other eq 'Ä'", "other ne 'Ä' or other is_null", "count in (1, 2) and amount ge 0", "note ne 'x'", "kind eq 'a' and kind eq 'b'",
}

// What each filter lets through, counted by hand from how the table is made.
func TestFiltersMeanWhatTheySay(t *testing.T) {
	db, actor := probing(t)
	for text, want := range map[string]int64{
		"name eq 'o''clock'":                       15,
		"name contains 'B'":                        30, // without regard to case
		"note is_null":                             30,
		"note ne 'x'":                              60, // null is not x
		"count ge 2 and count lt 4":                36,
		"day in ('2017-02-01')":                    23,
		"at eq '2017-03-01T00:00:00.000001Z'":      10,
		"at eq '2017-03-01T01:00:00.000001+01:00'": 10,
		"amount eq 1.25":                           13,
		"open eq true or open is_null":             60,
		"kind in ('a', 'b')":                       90,
		"other is_null":                            0,
	} {
		f, err := operational.ParseFilter(text, probes.Listing().Filters)
		require.NoError(t, err, text)
		page, err := postgres.Page(t.Context(), db.API, actor, probes, operational.Query{Page: operational.Page{Count: true}, Filter: f}, probeSelect, probeID)
		require.NoError(t, err, text)
		require.Equal(t, want, *page.Total, text)
	}
}

func TestWrongValuesAreReportedTogether(t *testing.T) {
	filter := operational.Filter{And: []operational.Filter{
		{Field: "day", Op: "eq", Values: []string{"31.1.2017"}},
		{Field: "count", Op: "eq", Values: []string{"1.5"}},
		{Field: "amount", Op: "eq", Values: []string{"1e9"}},
		{Field: "at", Op: "lt", Values: []string{"yesterday"}},
		{Field: "open", Op: "lt", Values: []string{"true"}},
		{Field: "open", Op: "eq", Values: []string{"yes"}},
		{Field: "kind", Op: "eq", Values: []string{"c"}},
		{Field: "kind", Op: "contains", Values: []string{"a"}},
		{Field: "id", Op: "eq", Values: []string{"1"}},
		{Field: "name", Op: "eq", Values: []string{"a\x00b"}},
		{Field: "name", Op: "like", Values: []string{"a"}},
		{Field: "name", Op: "eq"},
		{Field: "count", Op: "in"},
		{Field: "secret", Op: "eq", Values: []string{"a"}},
	}}
	_, err := probes.Slice(operational.Query{Filter: &filter, Sort: []operational.Sort{{Field: "secret"}, {Field: "other"}}})
	var fault *operational.Error
	require.ErrorAs(t, err, &fault)
	require.Equal(t, operational.KindInvalid, fault.Kind)
	require.Len(t, fault.Fields, len(filter.And)+2)
	for _, f := range fault.Fields {
		require.NotContains(t, f.Message, "\x00")
	}
}

func TestCursorsOfOtherListsAreRefused(t *testing.T) {
	sorts := []operational.Sort{{Field: "note"}, {Field: "at", Desc: true}}
	id := "=" + uuid.NewString()
	good := []string{"", "=2017-03-01T00:00:00Z", id}
	_, err := probes.Slice(operational.Query{Sort: sorts, Page: operational.Page{After: good}})
	require.NoError(t, err)
	for _, after := range [][]string{{}, {id}, {"=a", "", id}, {"=a", "=x", id}, {"=a", "=2017-03-01T00:00:00Z", ""}, {"a", "2017", "b"}, append(slices.Clone(good), id)} {
		_, err := probes.Slice(operational.Query{Sort: sorts, Page: operational.Page{After: after}})
		require.Equal(t, operational.KindInvalid, operational.KindOf(err), "%q", after)
	}
}

// Nothing that a caller gives becomes part of a statement.
func TestValuesStayOutOfTheStatement(t *testing.T) {
	evil := "'; drop table crm.probe; --"
	s, err := probes.Slice(operational.Query{
		Filter: &operational.Filter{Or: []operational.Filter{{Field: "name", Op: "contains", Values: []string{evil}}, {Field: "note", Op: "in", Values: []string{evil}}}},
		Page:   operational.Page{After: []string{"=2017-03-01T00:00:00Z", "=" + uuid.NewString()}},
	})
	require.NoError(t, err)
	require.NotContains(t, strings.Join([]string{s.Match, s.Where, s.Order, s.Keys}, " "), "drop")
	require.Contains(t, s.Args, evil)
}

func TestLimitsOfPages(t *testing.T) {
	for asked, rows := range map[int]int{0: 51, -3: 51, 1: 2, 200: 201, 5000: 501} {
		s, err := probes.Slice(operational.Query{Page: operational.Page{Limit: asked}})
		require.NoError(t, err)
		require.Equal(t, rows, s.Limit)
	}
}
