package opportunities_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// Numbers are counted for each connection, and for each company alone: none skips because somebody else has made one.
func TestNumbersTellNothingOfOthers(t *testing.T) {
	w := newWorld(t)
	process := w.ownProcess()
	last := map[string]int{}
	for range 3 {
		for name, create := range map[string]func() opportunities.Opportunity{
			"A with one": func() opportunities.Opportunity {
				return w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "x", VendorNet: ptr(usd("1"))})
			},
			"A with two": func() opportunities.Opportunity {
				return w.create(w.P2, opportunities.NewOpportunity{ConnectionID: &w.AP2, Name: "x", VendorNet: ptr(usd("1"))})
			},
			"B with one": func() opportunities.Opportunity {
				return w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.BP1, Name: "x", VendorNet: ptr(usd("1"))})
			},
			"A itself": func() opportunities.Opportunity {
				return w.create(w.A, opportunities.NewOpportunity{Name: "x", VendorNet: ptr(usd("1"))})
			},
			"one alone": func() opportunities.Opportunity {
				return w.create(w.P1, opportunities.NewOpportunity{Name: "x", ProcessID: &process, VendorNet: ptr(usd("1"))})
			},
		} {
			o := create()
			last[name]++
			require.Regexp(t, fmt.Sprintf("^[A-Z-]*0*%d$", last[name]), o.Number, name)
		}
	}
}

// A search has no index of its own under the wall, where only comparisons that leak nothing use one. It reads the rows of
// one company, along that company's index, and never those of all.
func TestASearchReadsTheRowsOfOneCompany(t *testing.T) {
	w := newWorld(t)
	_, err := w.bring(w.A, w.many(1500)...)
	require.NoError(t, err)
	for range 5 {
		w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.BP1, Name: "Needle", VendorNet: ptr(usd("1"))})
	}
	w.exec(`analyze`)
	filter, err := operational.ParseFilter("name contains 'Needle'", w.listing(w.B).Filters)
	require.NoError(t, err)
	text := w.plan(w.B, operational.Query{Filter: filter})
	require.NotContains(t, text, "Seq Scan on opportunity", text)
	require.Contains(t, text, "vendor_org_id = ", text)
	require.NotContains(t, text, "Rows Removed by Filter: 1", "others' rows are not even looked at: %s", text)
	require.Equal(t, 5, len(w.list(w.B, "name contains 'Needle'", "name")))
	require.Empty(t, w.list(w.P2, "name contains 'Needle'", "name"))
}
