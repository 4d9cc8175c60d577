package imports

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A connection that is not active takes nothing; the export's other rows do not wait for it.
func TestRowsOfAConnectionThatIsNotActiveAreLeftOutAndTheOthersKept(t *testing.T) {
	for _, status := range []string{"suspended", "ended"} {
		t.Run(status, func(t *testing.T) {
			c := newChannel(t)
			c.run(t, NewImport{Files: small()})
			_, err := c.Owner(t).Exec(t.Context(), `update crm.connection set status = $1, ended_at = case when $1 = 'ended' then now() end where external_ref = 'ada osei'`, status)
			require.NoError(t, err)
			_, err = c.Owner(t).Exec(t.Context(), `insert into crm.former_organisation (known_to, org_id, name)
				select n.vendor_org_id, o.id, o.name from crm.connection n join crm.organisation o on o.id = n.partner_org_id where n.status = 'ended'`)
			require.NoError(t, err, "what an end leaves the vendor")
			adas := `select count(*) || '/' || sum(o.version) from crm.opportunity o join crm.connection n on n.id = o.connection_id where n.external_ref = 'ada osei'`
			before := one[string](t, c, adas)

			files := small("sales_pipeline.csv", strings.Replace(smallPipeline, "2017-03-01,1900", "2017-03-01,1950", 1)+
				"A5,Ada Osei,Valve A,Northwind Mills,Won,2017-01-10,2017-03-01,10\nA6,Bo Lindqvist,Valve A,Northwind Mills,Won,2017-01-10,2017-03-01,20\n")
			done := c.run(t, NewImport{Files: files})

			require.Equal(t, Tally{Created: 1, Unchanged: 3, Quarantined: 2}, done.Summary.Opportunities)
			require.Equal(t, map[string]int{ruleNotActive: 2}, done.Summary.Quarantined)
			require.Equal(t, before, one[string](t, c, adas), "what is there stays as it was")
			require.Equal(t, "2/6 1", one[string](t, c, `select string_agg(line::text, '/' order by line) || ' ' || count(distinct reason) from crm.import_finding
				where import_id = $1 and not kept and reason like '%Ada Osei is `+status+`%'`, done.ID))
			require.Equal(t, Tally{Unchanged: 3}, done.Summary.Partners, "nobody is made anew")

			if status == "ended" {
				return // for good: connected again, the two have another connection
			}
			_, err = c.Owner(t).Exec(t.Context(), `update crm.connection set status = 'active' where external_ref = 'ada osei'`)
			require.NoError(t, err)
			done = c.run(t, NewImport{Files: files})
			require.Equal(t, Tally{Created: 1, Updated: 1, Unchanged: 4}, done.Summary.Opportunities)
			require.Empty(t, done.Summary.Quarantined)
		})
	}
}
