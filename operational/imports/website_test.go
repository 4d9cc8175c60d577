package imports

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWebsitesBecomeLinksOrAreLeftOut(t *testing.T) {
	mapping := strings.Replace(string(defaultMapping), "      # website: website", "      website: website", 1)
	in := NewImport{Mapping: []byte(mapping), Files: small("accounts.csv", `account,sector,year_established,revenue,employees,office_location,subsidiary_of,website
Northwind Mills,technolgy,1996,1100.04,2822,Philipines,,WWW.Northwind.Example
Zażółć Sp. z o.o.,retail,2001,-12.5,-40,Poland,Northwind Mills,javascript:alert(1)
Third,retail,2001,,,Poland,,https://third.example
`)}
	c := newChannel(t)
	done := c.run(t, in)
	require.Equal(t, Tally{Created: 3}, done.Summary.Accounts)
	require.Equal(t, 1, done.Summary.Cleansed[ruleWebsite])
	require.Equal(t, 3, done.Summary.Cleansed[ruleValueDropped], "a script, a revenue and a number of people below zero")
	require.Equal(t, "-|https://third.example|https://www.northwind.example", one[string](t, c,
		`select string_agg(coalesce(website, '-'), '|' order by coalesce(website, '-') collate "C") from crm.account where org_id = $1`, c.vendor.Org))
	require.Equal(t, "WWW.Northwind.Example -> https://www.northwind.example", one[string](t, c, `select was || ' -> ' || became from crm.import_finding where import_id = $1 and rule = 'website'`, done.ID))
	before := one[string](t, c, everything)
	require.Equal(t, Tally{Unchanged: 3}, c.run(t, in).Summary.Accounts)
	require.Equal(t, before, one[string](t, c, everything))
}
