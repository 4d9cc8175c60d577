package opportunities_test

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Two vendors share a partner. Each sees its own rows only, whatever it asks; a partner sees its own with both.
func TestNobodySeesAnothersOpportunities(t *testing.T) {
	w := newWorld(t)
	line := func(vendor string) []opportunities.NewLine {
		return []opportunities.NewLine{{ProductID: w.gtx[vendor].ID, Quantity: decimal.NewFromInt(1)}}
	}
	deals := map[string]opportunities.Opportunity{
		"A-P1": w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "A-P1", CustomerName: "secret of A-P1", Lines: line("A")}),
		"A-P2": w.create(w.P2, opportunities.NewOpportunity{ConnectionID: &w.AP2, Name: "A-P2", CustomerName: "secret of A-P2", Lines: line("A")}),
		"B-P1": w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.BP1, Name: "B-P1", CustomerName: "secret of B-P1", Lines: line("B")}),
		"A":    w.create(w.A, opportunities.NewOpportunity{Name: "A", CustomerName: "secret of A", Lines: line("A")}),
		// In the middle of two tiers: above, below, sold directly as a vendor, and of its own as a partner.
		"B-M": w.create(w.M, opportunities.NewOpportunity{ConnectionID: &w.BM, Name: "B-M", CustomerName: "secret of B-M", Lines: line("B")}),
		"M-R": w.create(w.R, opportunities.NewOpportunity{ConnectionID: &w.MR, Name: "M-R", CustomerName: "secret of M-R", Lines: line("MV")}),
		"MV":  w.create(w.MV, opportunities.NewOpportunity{Name: "MV", CustomerName: "secret of MV", Lines: line("MV")}),
		"M":   w.create(w.M, opportunities.NewOpportunity{Name: "M", CustomerName: "secret of M"}),
	}
	sees := map[string][]string{
		"A": {"A-P1", "A-P2", "A"}, "B": {"B-P1", "B-M"}, "P1": {"A-P1", "B-P1"}, "P2": {"A-P2"}, "M": {"B-M", "M"}, "MV": {"M-R", "MV"}, "R": {"M-R"},
	}
	for name, actor := range w.Actors() {
		for deal, o := range deals {
			if contains(sees[name], deal) {
				_, err := w.s.Get(t.Context(), actor, o.ID)
				require.NoError(t, err, "%s reads %s", name, deal)
				continue
			}
			requireSameAsNothing(t, w, actor, o)
		}
		listed, err := w.s.List(t.Context(), actor, operational.Query{Page: operational.Page{Count: true}})
		require.NoError(t, err)
		require.EqualValues(t, len(sees[name]), *listed.Total)
		text, err := json.Marshal(listed.Items)
		require.NoError(t, err)
		for deal := range deals {
			if !contains(sees[name], deal) {
				require.NotContains(t, string(text), "secret of "+deal+`"`, "%s lists", name)
			}
		}
	}
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

// requireSameAsNothing asks for another's opportunity in every way there is, and for one that does not exist.
func requireSameAsNothing(t *testing.T, w *world, actor operational.Actor, o opportunities.Opportunity) {
	t.Helper()
	ways := map[string]func(id uuid.UUID) error{
		"get":     func(id uuid.UUID) error { _, err := w.s.Get(t.Context(), actor, id); return err },
		"history": func(id uuid.UUID) error { _, err := w.s.History(t.Context(), actor, id); return err },
		"private": func(id uuid.UUID) error { _, err := w.s.Private(t.Context(), actor, id); return err },
		"update": func(id uuid.UUID) error {
			_, err := w.s.Update(t.Context(), actor, id, o.Version, opportunities.Update{Name: operational.Set("mine")})
			return err
		},
		"move": func(id uuid.UUID) error {
			_, err := w.s.MoveStage(t.Context(), actor, id, o.Version, opportunities.MoveStage{StageID: w.stage("A", "Won")})
			return err
		},
		"reopen": func(id uuid.UUID) error {
			_, err := w.s.Reopen(t.Context(), actor, id, o.Version, opportunities.Reopen{})
			return err
		},
		"update private": func(id uuid.UUID) error {
			_, err := w.s.UpdatePrivate(t.Context(), actor, id, 0, opportunities.UpdatePrivate{Note: operational.Set("mine")})
			return err
		},
	}
	for way, ask := range ways {
		err, strange := ask(o.ID), ask(uuid.New())
		require.Equal(t, operational.KindNotFound, kind(err), way)
		require.Equal(t, fault(t, strange), fault(t, err), "%s: another's and none at all are told apart", way)
	}
}

func fault(t *testing.T, err error) operational.Error {
	t.Helper()
	var f *operational.Error
	require.ErrorAs(t, err, &f)
	return operational.Error{Kind: f.Kind, Code: f.Code, Message: f.Message, Fields: f.Fields}
}

func TestThePartnersHalf(t *testing.T) {
	w := newWorld(t)
	o := w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "x"})
	p, err := w.s.Private(t.Context(), w.P1, o.ID)
	require.NoError(t, err)
	require.Equal(t, opportunities.Private{OpportunityID: o.ID}, p, "nothing noted yet")
	change := opportunities.UpdatePrivate{
		AccountID: operational.Set(w.account["P1"].ID), EndCustomerAmount: operational.Set(usd("99.5")), Note: operational.Set("they would pay more"),
	}
	p, err = w.s.UpdatePrivate(t.Context(), w.P1, o.ID, 0, change)
	require.NoError(t, err)
	require.EqualValues(t, 1, p.Version)
	same, err := w.s.UpdatePrivate(t.Context(), w.P1, o.ID, 1, change)
	require.NoError(t, err)
	require.EqualValues(t, 1, same.Version, "nothing changed")
	_, err = w.s.UpdatePrivate(t.Context(), w.P1, o.ID, 0, change)
	require.Equal(t, operational.KindStale, kind(err))
	p, err = w.s.UpdatePrivate(t.Context(), w.P1, o.ID, 1, opportunities.UpdatePrivate{AccountID: operational.Opt[uuid.UUID]{Given: true}})
	require.NoError(t, err)
	require.EqualValues(t, 2, p.Version)
	got, err := w.s.Private(t.Context(), w.P1, o.ID)
	require.NoError(t, err)
	require.Nil(t, got.AccountID)
	require.Equal(t, "99.50 USD", got.EndCustomerAmount.String())
	require.Equal(t, "they would pay more", got.Note)

	shared, err := w.s.Get(t.Context(), w.A, o.ID)
	require.NoError(t, err)
	require.Equal(t, o, shared, "nothing of it shows on the shared row, not even that something changed")
	for name, patch := range map[string]opportunities.UpdatePrivate{
		"another's account": {AccountID: operational.Set(w.account["A"].ID)},
		"no account":        {AccountID: operational.Set(uuid.New())},
		"another currency":  {EndCustomerAmount: operational.Set(operational.Money{Currency: "EUR"})},
		"below zero":        {EndCustomerAmount: operational.Set(usd("-1"))},
		"long note":         {Note: operational.Set(string(make([]byte, 4001)))},
	} {
		_, err := w.s.UpdatePrivate(t.Context(), w.P1, o.ID, 2, patch)
		require.Equal(t, operational.KindInvalid, kind(err), name)
	}
	_, err = w.s.Private(t.Context(), w.A, o.ID)
	_, strange := w.s.Private(t.Context(), w.A, uuid.New())
	require.Equal(t, strange, err, "to the vendor there is no such thing")
}

// What the service never does, the database refuses all the same.
func TestTheDatabaseHoldsTheLastLine(t *testing.T) {
	w := newWorld(t)
	o := w.create(w.A, opportunities.NewOpportunity{Name: "direct"})
	shared := w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "shared"})
	const insert = `insert into crm.opportunity (id, connection_id, vendor_org_id, partner_org_id, number, name, process_org_id, process_id, process_version, stage_id, stage_type, vendor_net_amount, amount_source, currency, created_at, updated_at)
		values (gen_random_uuid(), $1, $2, $3, 99, 'x', $4, $5, 1, $6, 'active', 1, 'entered', 'USD', now(), now())`
	a, b := w.process["A"], w.process["B"]
	for name, c := range map[string]struct {
		actor operational.Actor
		sql   string
		args  []any
	}{
		"a direct deal in the process of a stranger": {w.A, insert, []any{nil, w.A.Org, nil, w.B.Org, b.ID, b.First().ID}},
		"a deal in the name of a stranger":           {w.A, insert, []any{nil, w.B.Org, nil, w.B.Org, b.ID, b.First().ID}},
		"a connection with the wrong partner":        {w.A, insert, []any{w.AP1, w.A.Org, w.P2.Org, w.A.Org, a.ID, a.First().ID}},
		"a deal without history":                     {w.A, insert, []any{w.AP1, w.A.Org, w.P1.Org, w.A.Org, a.ID, a.First().ID}},
		"a change without history":                   {w.A, `update crm.opportunity set name = 'y', version = version + 1 where id = $1`, []any{o.ID}},
		"a change without a version":                 {w.A, `update crm.opportunity set name = 'y' where id = $1`, []any{o.ID}},
		"moving a deal to another connection":        {w.P1, `update crm.opportunity set connection_id = $2 where id = $1`, []any{shared.ID, w.BP1}},
		"the vendor's field from the partner":        {w.P1, `update crm.opportunity set vendor_account_id = null, version = version + 1 where id = $1`, []any{shared.ID}},
		"reading the vendor's field":                 {w.P1, `select vendor_account_id from crm.opportunity where id = $1`, []any{shared.ID}},
		"reading the partner's half":                 {w.A, `select note from crm.opportunity_private where opportunity_id = $1`, []any{shared.ID}},
		"rewriting history":                          {w.A, `update crm.opportunity_history set reason = 'no' where opportunity_id = $1`, []any{o.ID}},
		"deleting history":                           {w.A, `delete from crm.opportunity_history where opportunity_id = $1`, []any{o.ID}},
		"deleting a deal":                            {w.A, `delete from crm.opportunity where id = $1`, []any{o.ID}},
	} {
		err := w.db.API.InTx(t.Context(), c.actor, func(tx *postgres.Tx) error {
			_, err := tx.Exec(t.Context(), c.sql, c.args...)
			return err
		})
		require.Contains(t, []operational.Kind{operational.KindInvalid, operational.KindForbidden}, kind(err), "%s: %v", name, err)
	}
}
