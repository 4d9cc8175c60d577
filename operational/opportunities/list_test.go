package opportunities_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

func (w *world) listing(actor operational.Actor, asked ...string) operational.Listing {
	w.t.Helper()
	listing, err := w.s.Listing(w.t.Context(), actor, asked...)
	require.NoError(w.t, err)
	return listing
}

func (w *world) list(actor operational.Actor, filter, sort string) []string {
	w.t.Helper()
	listing := w.listing(actor, filter, sort)
	f, err := operational.ParseFilter(filter, listing.Filters)
	require.NoError(w.t, err)
	s, err := operational.ParseSort(sort, listing.Sorts)
	require.NoError(w.t, err)
	var all []string
	q := operational.Query{Filter: f, Sort: s, Page: operational.Page{Limit: 2}}
	for {
		page, err := w.s.List(w.t.Context(), actor, q)
		require.NoError(w.t, err, filter)
		for _, o := range page.Items {
			all = append(all, o.Name)
		}
		if page.Next == nil {
			return all
		}
		q.After = page.Next
	}
}

func TestListFiltersAndSorts(t *testing.T) {
	w := newWorld(t)
	day := func(d int) *operational.Date { date := operational.NewDate(2030, 1, d); return &date }
	lines := func(p string, n int64) []opportunities.NewLine {
		id := w.gtx["A"].ID
		if p == "MG" {
			id = w.mg["A"].ID
		}
		return []opportunities.NewLine{{ProductID: id, Quantity: decimal.NewFromInt(n)}}
	}
	one := w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "one", CustomerName: "Acme", CloseDate: day(3), Lines: lines("GTX", 1)})
	w.clock.pass(time.Minute)
	two := w.create(w.P2, opportunities.NewOpportunity{ConnectionID: &w.AP2, Name: "two", CloseDate: day(1), Lines: lines("MG", 1)})
	w.clock.pass(time.Minute)
	w.create(w.A, opportunities.NewOpportunity{Name: "three", CustomerName: "Betatech", VendorNet: ptr(usd("100")), VendorAccountID: ptr(w.account["A"].ID)})
	w.clock.pass(time.Minute)
	one = w.move(w.P1, one, "Won")
	for _, c := range []struct{ filter, sort, want string }{
		{"", "", "one three two"},
		{"", "updated_at", "two three one"},
		{"", "-amount", "one three two"},
		{"", "close_date", "two one three"},
		{"", "-close_date", "one two three"},
		{"", "customer_name,-created_at", "one three two"},
		{"", "name", "one three two"},
		{"stage eq '" + w.stage("A", "Won").String() + "'", "", "one"},
		{"stage_type eq 'active'", "name", "three two"},
		{"partner eq '" + w.P2.Org.String() + "'", "", "two"},
		{"partner is_null", "", "three"},
		{"connection eq '" + w.AP1.String() + "'", "", "one"},
		{"owner eq '" + w.ContactAP2.String() + "'", "", "two"},
		{"region eq 'West' or tier eq 'silver'", "name", "one two"},
		{"product eq '" + w.gtx["A"].ID.String() + "'", "", "one"},
		{"product is_null", "", "three"},
		{"family in ('GTX', 'MG')", "name", "one two"},
		{"close_date ge '2030-01-02'", "", "one"},
		{"amount le 100 and currency eq 'USD'", "name", "three two"},
		{"amount_source eq 'entered'", "", "three"},
		{"name contains 'T'", "name", "three two"},
		{"customer_name contains 'acme'", "", "one"},
		{"number eq 'OPP-1'", "name", "one three two"},
		{"number gt 1", "", ""},
		{"closed_at is_null", "name", "three two"},
		{"created_at lt '" + two.CreatedAt.Format(time.RFC3339Nano) + "'", "", "one"},
		{"updated_at ge '" + one.UpdatedAt.Format(time.RFC3339Nano) + "'", "", "one"},
		{"vendor_account eq '" + w.account["A"].ID.String() + "'", "", "three"},
		{"id eq '" + two.ID.String() + "'", "", "two"},
	} {
		require.Equal(t, c.want, strings.Join(w.list(w.A, c.filter, c.sort), " "), "filter %s, sort %s", c.filter, c.sort)
	}
	require.Equal(t, []string{"one"}, w.list(w.P1, "vendor eq '"+w.A.Org.String()+"'", ""))
}

// What a side cannot read, it cannot ask for either; the answer is that of a field that does not exist.
func TestHiddenFieldsDoNotExist(t *testing.T) {
	w := newWorld(t)
	fields := w.listing(w.P1).Filters
	require.NotContains(t, fields, "vendor_account")
	require.NotContains(t, w.listing(w.A).Sorts, "product")
	_, err := operational.ParseFilter("vendor_account is_null", fields)
	require.Contains(t, fmt.Sprint(err), `there is no field "vendor_account" to filter by`)
}
