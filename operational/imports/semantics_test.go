package imports

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// historyMapping is the default mapping with stage history, direct sales and tiers.
var historyMapping = []byte(strings.NewReplacer(
	"direct_sales: false", "direct_sales: true",
	"      # tier: tier\n", "      tier: tier\n",
	"      # region: region ", "      region: region ",
	"\nstages:", `
  stage_history:
    name: stage_history.csv
    columns: {opportunity_id: id, stage: stage, entered_at: entered_at, amount: amount, close_date: close_date, recorded_at: recorded_at}

stages:`,
).Replace(string(defaultMapping)))

const (
	tieredTeams   = "sales_agent,manager,regional_office,tier\nAda Osei,Mark Ebert,North,Gold\nBo Lindqvist,,South,\n"
	wideHeader    = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value,region\n"
	historyHeader = "id,stage,entered_at,amount,close_date,recorded_at\n"
)

func withHistory(pipeline, history string) NewImport {
	return NewImport{Mapping: historyMapping, Files: small("sales_teams.csv", tieredTeams, "sales_pipeline.csv", wideHeader+pipeline, "stage_history.csv", historyHeader+history)}
}

func TestEveryStepOfAHistoryIsKept(t *testing.T) {
	c := newChannel(t)
	in := withHistory(
		"H1,Ada Osei,Valve A,Northwind Mills,Won,2024-01-05,2024-05-30,900,\n"+
			"H2,,Press 200,,Engaging,2024-02-01,2024-09-30,,West\n",
		`H1,Prospecting,2024-01-05T09:00:00Z,,2024-03-31,
H1,Engaging,2024-02-01,1000,2024-03-31,2024-02-04T08:00:00Z
H1,Engaging,2024-03-29T10:00:00Z,1000,2024-05-31,
H1,Lost,2024-04-10T10:00:00Z,1000,2024-04-10,
H1,Engaging,2024-05-02T10:00:00Z,950,2024-06-30,
H1,Prospecting,2024-05-10T10:00:00Z,950,2024-06-30,
H1,Won,2024-05-30T15:00:00Z,900,2024-05-30,
H2,Engaging,2024-02-01T12:00:00+02:00,2500,2024-09-30,
`)
	done := c.run(t, in)
	require.Empty(t, done.Summary.Quarantined)
	type change struct {
		Change, Stage, At, Known, Close string
		Amount                          float64
	}
	var got []change
	require.NoError(t, json.Unmarshal([]byte(one[string](t, c, `
		select json_agg(json_build_object('change', change, 'stage', s.name, 'at', to_char(effective_at, 'MM-DD HH24'), 'known', to_char(recorded_at, 'MM-DD HH24'),
			'close', to_char(h.close_date, 'MM-DD'), 'amount', h.vendor_net_amount) order by version)::text
		from crm.opportunity_history h join crm.stage s on s.id = h.stage_id where partner_org_id is not null`)), &got))
	require.Equal(t, []change{
		{"created", "Prospecting", "01-05 09", "01-05 09", "03-31", 150.5},
		{"stage_moved", "Engaging", "02-01 05", "02-04 08", "03-31", 1000},
		{"edited", "Engaging", "03-29 10", "03-29 10", "05-31", 1000},
		{"stage_moved", "Lost", "04-10 10", "04-10 10", "04-10", 1000},
		{"reopened", "Engaging", "05-02 10", "05-02 10", "06-30", 950},
		{"stage_moved", "Prospecting", "05-10 10", "05-10 10", "06-30", 950},
		{"stage_moved", "Won", "05-30 15", "05-30 15", "05-30", 900},
	}, got)
	require.Equal(t, "North/Gold", one[string](t, c, `select region || '/' || tier from crm.opportunity where external_ref = 'H1'`))
	require.Equal(t, "West", one[string](t, c, `select region from crm.opportunity where external_ref = 'H2' and connection_id is null and amount_source = 'imported'`))

	before := one[string](t, c, everything)
	require.Equal(t, Tally{Unchanged: 2}, c.run(t, in).Summary.Opportunities)
	require.Equal(t, before, one[string](t, c, everything))
}

func TestAHistoryThatDoesNotFitPutsItsOpportunityIntoQuarantine(t *testing.T) {
	row := "H1,Ada Osei,Valve A,Northwind Mills,Engaging,2024-01-05,,100,\n"
	for name, c := range map[string]struct {
		history string
		want    []finding
	}{
		"another stage":  {"H1,Prospecting,2024-01-05,100,,\n", []finding{{2, "deal_stage", ruleHistory, "Engaging", "", "left out"}}},
		"another amount": {"H1,Engaging,2024-01-05,99,,\n", []finding{{2, "close_value", ruleHistory, "100", "", "left out"}}},
		"wrong order": {"H1,Prospecting,2024-01-05,100,,\nH1,Engaging,2024-01-04,100,,\n", []finding{
			{2, "opportunity_id", ruleHistory, "H1", "", "left out"}, {3, "entered_at", ruleHistory, "2024-01-04", "", "left out"},
		}},
		"a step to nowhere": {"H1,Dreaming,2024-01-05,100,,\nH1,Engaging,2024-01-06,100,,\n", []finding{
			{2, "opportunity_id", ruleHistory, "H1", "", "left out"}, {2, "stage", ruleUnknownStage, "Dreaming", "", "left out"},
		}},
		"no time and an odd amount": {"H1,Engaging,,-1,,\n", []finding{
			{2, "opportunity_id", ruleHistory, "H1", "", "left out"}, {2, "entered_at", ruleMissingValue, "", "", "left out"}, {2, "amount", ruleAmount, "-1", "", "left out"},
		}},
		"steps of nobody": {"H1,Engaging,2024-01-05,100,,\nX9,Engaging,2024-01-05,100,,\n", []finding{{3, "id", ruleHistory, "X9", "", "left out"}}},
		"in the future":   {"H1,Engaging,2124-01-05,100,,\n", []finding{{2, "opportunity_id", ruleHistory, "H1", "", "left out"}, {2, "entered_at", ruleDateRange, "2124-01-05", "", "left out"}}},
	} {
		t.Run(name, func(t *testing.T) {
			in := withHistory(row, c.history)
			x, err := readExport(t, string(in.Mapping), in.Files)
			require.NoError(t, err)
			var got []finding
			for _, f := range x.findings {
				if !f.Kept {
					got = append(got, brief(f))
				}
			}
			require.Equal(t, c.want, got)
			require.Len(t, x.opportunities, map[bool]int{true: 1, false: 0}[name == "steps of nobody"])
		})
	}
}

func TestANewerExportAddsWhatIsNew(t *testing.T) {
	c := newChannel(t)
	c.run(t, NewImport{Files: small()})
	newer := strings.Replace(smallPipeline, "A3,Bo Lindqvist,Press 200,,Engaging,2017-02-11,,", "A3,Bo Lindqvist,Press 200,Northwind Mills,Won,2017-02-11,2017-06-01,1800", 1) +
		"A5,Cem Aydin,Press 200,Northwind Mills,Prospecting,2017-06-10,,\n"
	done := c.run(t, NewImport{Files: small("sales_pipeline.csv", newer, "products.csv", strings.Replace(smallProducts, "2000", "2100", 1))})
	require.Equal(t, Tally{Created: 1, Updated: 1, Unchanged: 3}, done.Summary.Opportunities)
	require.Equal(t, Tally{Updated: 1, Unchanged: 1}, done.Summary.Products)
	require.Equal(t, "created/2000.00,stage_moved/1800.00", one[string](t, c, `select string_agg(change || '/' || h.vendor_net_amount, ',' order by h.version)
		from crm.opportunity_history h join crm.opportunity o on o.id = h.opportunity_id where o.external_ref = 'A3'`), "what was known stays known")
}

func TestAGuessedBeginningStaysAsItWasFirstGuessed(t *testing.T) {
	c := newChannel(t)
	undated := smallPipeline + "A9,Bo Lindqvist,Press 200,,Prospecting,,,\n"
	c.run(t, NewImport{Files: small("sales_pipeline.csv", undated)})
	newer := undated + "B1,Bo Lindqvist,Press 200,,Engaging,2017-09-30,,7\n"
	done := c.run(t, NewImport{Files: small("sales_pipeline.csv", newer, "products.csv", strings.Replace(smallProducts, "2000", "2100", 1))})
	require.Equal(t, Tally{Created: 1, Unchanged: 5}, done.Summary.Opportunities)
	require.Equal(t, "2017-03-01 00:00:00 2000.00", one[string](t, c, `select (h.effective_at at time zone 'America/New_York') || ' ' || h.vendor_net_amount
		from crm.opportunity_history h join crm.opportunity o on o.id = h.opportunity_id where o.external_ref = 'A9'`))
	moved := strings.Replace(newer, "A9,Bo Lindqvist,Press 200,,Prospecting", "A9,Bo Lindqvist,Press 200,,Engaging", 1)
	require.Equal(t, 1, c.run(t, NewImport{Files: small("sales_pipeline.csv", moved)}).Summary.Opportunities.Updated)
	require.Equal(t, "Prospecting 2017-03-01, Engaging 2017-09-30", one[string](t, c, `select string_agg(s.name || ' ' || (h.effective_at at time zone 'America/New_York')::date, ', ' order by h.version)
		from crm.opportunity_history h join crm.opportunity o on o.id = h.opportunity_id join crm.stage s on s.id = h.stage_id where o.external_ref = 'A9'`))
}

func TestWhoseAnOpportunityIsNeverChanges(t *testing.T) {
	c := newChannel(t)
	c.run(t, NewImport{Files: small()})
	before := one[string](t, c, everything)
	done := c.run(t, NewImport{Files: small("sales_pipeline.csv", strings.Replace(smallPipeline, "A1,Ada Osei", "A1,Bo Lindqvist", 1))})
	require.Equal(t, map[string]int{ruleOtherPartner: 1}, done.Summary.Quarantined)
	require.Equal(t, Tally{Unchanged: 3, Quarantined: 1}, done.Summary.Opportunities)
	// Bo has a copy of that customer now, for which he is named; nothing else is there.
	require.JSONEq(t, strings.NewReplacer(`"links": 2`, `"links": 3`, `"accounts": [4, 4]`, `"accounts": [5, 5]`).Replace(before), one[string](t, c, everything))
}

func TestAConnectionKeepsItsRegion(t *testing.T) {
	c := newChannel(t)
	c.run(t, NewImport{Files: small()})
	done := c.run(t, NewImport{Files: small("sales_teams.csv", strings.Replace(smallTeams, "Ada Osei,Mark Ebert,North", "Ada Osei,Mark Ebert,East", 1))})
	require.Equal(t, 1, done.Summary.Cleansed[ruleConnectionKept])
	require.Equal(t, "North", one[string](t, c, `select n.region from crm.connection n join crm.organisation o on o.id = n.partner_org_id where o.name = 'Ada Osei'`))
}

func TestTwoVendorsOfOnePartnerNeverTouchTheSameAccount(t *testing.T) {
	c := newChannel(t)
	c.run(t, NewImport{Files: small()})
	ctx, other := t.Context(), c.newVendor(t, "Other")
	ada := one[uuid.UUID](t, c, `select id from crm.organisation where name = 'Ada Osei'`)
	_, err := identity.NewAdmin(c.Jobs).Connect(ctx, identity.NewConnection{Vendor: other.Org, Partner: ada, PartnerNumber: "X1", Region: "North"})
	require.NoError(t, err)
	accounts := strings.ReplaceAll(smallAccounts, "Northwind Mills,technolgy", "Northwind Mills,milling")
	_, err = c.runner.Import(ctx, other, NewImport{Files: small("accounts.csv", accounts)}, nil)
	require.NoError(t, err)
	require.Equal(t, 1, one[int](t, c, `select count(*) from crm.organisation where name = 'Ada Osei'`), "the connected partner is found, not made again")
	require.Equal(t, "milling,technology", one[string](t, c, `select string_agg(industry, ',' order by industry) from crm.account where org_id = $1 and name = 'Northwind Mills'`, ada))
	require.Equal(t, 2, one[int](t, c, `select count(distinct connection_id) from crm.account_link where partner_org_id = $1`, ada))
}

func TestAPartnersOwnChangesToACopyStay(t *testing.T) {
	c := newChannel(t)
	c.run(t, NewImport{Files: small()})
	owner := c.Owner(t)
	_, err := owner.Exec(t.Context(), `update crm.account set name = 'My customer' where org_id <> $1`, c.vendor.Org)
	require.NoError(t, err)
	c.run(t, NewImport{Files: small()})
	require.Equal(t, 2, one[int](t, c, `select count(*) from crm.account where org_id <> $1 and name = 'My customer'`, c.vendor.Org))
	require.Equal(t, 2, one[int](t, c, `select count(*) from crm.account where org_id <> $1`, c.vendor.Org))
}

func TestAProcessOfAnotherShapeIsNotOverwritten(t *testing.T) {
	c := newChannel(t)
	c.run(t, NewImport{Files: small()})
	mapping := strings.Replace(string(DefaultMapping()), "name: Prospecting", "name: First talks", 1)
	before := one[string](t, c, everything)
	_, err := c.runner.Import(t.Context(), c.vendor, NewImport{Files: small(), Mapping: []byte(mapping)}, nil)
	require.Equal(t, operational.KindConflict, operational.KindOf(err), err)
	require.Equal(t, before, one[string](t, c, everything))
	queued := c.start(t, NewImport{Files: small(), Mapping: []byte(mapping)})
	require.NoError(t, c.runner.Run(t.Context(), c.vendor, queued.ID, nil))
	failed := c.get(t, queued.ID)
	require.Equal(t, StateFailed, failed.State)
	require.NotEmpty(t, *failed.Fault)
}
