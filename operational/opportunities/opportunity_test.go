package opportunities_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

func TestCreateAsPartner(t *testing.T) {
	w := newWorld(t)
	day := operational.NewDate(2030, time.March, 1)
	o := w.create(w.P1, opportunities.NewOpportunity{
		ConnectionID: &w.AP1, Name: "Forty seats", CustomerName: "Acme", CloseDate: &day,
		Lines: []opportunities.NewLine{{ProductID: w.gtx["A"].ID, Quantity: decimal.NewFromInt(2)}, {ProductID: w.mg["A"].ID, Quantity: decimal.RequireFromString("1.5")}},
	})
	require.Equal(t, "OPP-1", o.Number)
	require.Equal(t, &opportunities.Ref{ID: w.A.Org, Name: "Vendor A"}, o.Vendor)
	require.Equal(t, &opportunities.Ref{ID: w.P1.Org, Name: "Partner One"}, o.Partner)
	require.Equal(t, &opportunities.Ref{ID: w.ContactAP1, Name: "Person of Partner One"}, o.Owner, "whoever creates it owns it, under the identity of this connection")
	require.Equal(t, "Prospecting", o.Stage.Name)
	require.Equal(t, "9724.50 USD", o.VendorNet.String())
	require.Equal(t, opportunities.AmountListPrice, o.AmountSource)
	require.Equal(t, []string{"West", "gold"}, []string{o.Region, o.Tier}, "the connection says both")
	require.Len(t, o.Lines, 2)
	require.Equal(t, "GTX Pro", o.Lines[0].Product.Name)
	require.Equal(t, &day, o.CloseDate)

	for _, actor := range []operational.Actor{w.A, w.P1} {
		got, err := w.s.Get(t.Context(), actor, o.ID)
		require.NoError(t, err)
		require.Equal(t, o, got, "both sides see the same")
	}
	changes := w.history(w.A, o)
	require.Equal(t, opportunities.ChangeCreated, changes[0].Kind)
	require.Equal(t, "partner", changes[0].Side)
	require.Equal(t, o.Owner, changes[0].ChangedBy)
	require.True(t, changes[0].EffectiveAt.Equal(o.CreatedAt))
	require.False(t, changes[0].Imported)
	second := w.create(w.A, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "Next"})
	require.Equal(t, "OPP-2", second.Number)
	other := w.create(w.A, opportunities.NewOpportunity{ConnectionID: &w.AP2, Name: "Elsewhere"})
	require.Equal(t, "OPP-1", other.Number, "numbers are counted per connection, so that gaps tell nothing")
}

func TestCreateAsVendor(t *testing.T) {
	w := newWorld(t)
	account := w.account["A"].ID
	o := w.create(w.A, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "Deal", VendorAccountID: &account, OwnerContactID: &w.ContactAP1, VendorNet: ptr(usd("10"))})
	require.Equal(t, &account, o.VendorAccountID)
	require.Equal(t, opportunities.AmountEntered, o.AmountSource)
	require.Equal(t, "Person of Partner One", o.Owner.Name)
	changes := w.history(w.A, o)
	require.Equal(t, "vendor", changes[0].Side)
	require.Nil(t, changes[0].ChangedBy, "the vendor's people have no identity in the connection")

	seen, err := w.s.Get(t.Context(), w.P1, o.ID)
	require.NoError(t, err)
	text, err := json.Marshal(seen)
	require.NoError(t, err)
	require.NotContains(t, string(text), "vendor_account_id", "the field is absent, not null")
	require.Contains(t, string(text), `"vendor_net":{"amount":"10.00","currency":"USD"}`)

	direct := w.create(w.A, opportunities.NewOpportunity{Name: "House account", Region: "West", StageID: ptr(w.stage("A", "Won")), EffectiveAt: ptr(w.clock.read().Add(-time.Hour))})
	require.Nil(t, direct.Partner)
	require.Nil(t, direct.ConnectionID)
	require.Equal(t, "Person of Vendor A", direct.Owner.Name)
	require.Equal(t, "0.00 USD", direct.VendorNet.String(), "without amount and lines it is worth nothing yet, in the own currency")
	require.NotNil(t, direct.ClosedAt)
	require.True(t, direct.ClosedAt.Equal(direct.CreatedAt))
	w.history(w.A, direct)
	_, err = w.s.Get(t.Context(), w.P1, direct.ID)
	require.Equal(t, operational.KindNotFound, kind(err))
}

func TestPartnersOwnBusiness(t *testing.T) {
	w := newWorld(t)
	_, err := w.s.Create(t.Context(), w.P1, opportunities.NewOpportunity{Name: "Own"})
	require.Equal(t, operational.KindConflict, kind(err), "it has no sales process yet")
	own, err := catalog.New(w.db.API).CreateProcess(t.Context(), w.P1, catalog.NewProcess{Name: "Ours", Default: true, Stages: []catalog.NewStage{
		{Name: "Open", Type: catalog.StageActive}, {Name: "Won", Type: catalog.StageWon}, {Name: "Lost", Type: catalog.StageLost},
	}})
	require.NoError(t, err)
	o := w.create(w.P1, opportunities.NewOpportunity{Name: "Own"})
	require.Nil(t, o.Vendor)
	require.Equal(t, own.ID, o.Process.ID)
	require.Equal(t, "Person of Partner One", o.Owner.Name)
	for _, stranger := range []operational.Actor{w.A, w.B, w.P2} {
		_, err := w.s.Get(t.Context(), stranger, o.ID)
		require.Equal(t, operational.KindNotFound, kind(err))
	}
	_, err = w.s.Create(t.Context(), w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "Mixed", ProcessID: &own.ID})
	require.Equal(t, operational.KindInvalid, kind(err), "what both share goes through the vendor's process")
}

func TestCreateRefusesWhatIsNotTheCallers(t *testing.T) {
	w := newWorld(t)
	random := uuid.New()
	line := func(id uuid.UUID) []opportunities.NewLine {
		return []opportunities.NewLine{{ProductID: id, Quantity: decimal.NewFromInt(1)}}
	}
	ap1 := opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "x"}
	with := func(change func(*opportunities.NewOpportunity)) opportunities.NewOpportunity {
		in := ap1
		change(&in)
		return in
	}
	for name, c := range map[string]struct {
		actor         operational.Actor
		others, none_ opportunities.NewOpportunity
	}{
		"connection":          {w.P2, ap1, opportunities.NewOpportunity{ConnectionID: &random, Name: "x"}},
		"vendor's connection": {w.B, ap1, opportunities.NewOpportunity{ConnectionID: &random, Name: "x"}},
		"account": {
			w.A, with(func(in *opportunities.NewOpportunity) { in.VendorAccountID = ptr(w.account["B"].ID) }),
			with(func(in *opportunities.NewOpportunity) { in.VendorAccountID = &random }),
		},
		"product": {
			w.P1, with(func(in *opportunities.NewOpportunity) { in.Lines = line(w.gtx["B"].ID) }),
			with(func(in *opportunities.NewOpportunity) { in.Lines = line(random) }),
		},
		"process": {
			w.P1, with(func(in *opportunities.NewOpportunity) { in.ProcessID = ptr(w.process["B"].ID) }),
			with(func(in *opportunities.NewOpportunity) { in.ProcessID = &random }),
		},
		"stage": {
			w.P1, with(func(in *opportunities.NewOpportunity) { in.StageID = ptr(w.stage("B", "Won")) }),
			with(func(in *opportunities.NewOpportunity) { in.StageID = &random }),
		},
		"owner": {
			w.A, with(func(in *opportunities.NewOpportunity) { in.OwnerContactID = &w.ContactBP1 }),
			with(func(in *opportunities.NewOpportunity) { in.OwnerContactID = &random }),
		},
		"member": {
			w.A, opportunities.NewOpportunity{Name: "x", OwnerMemberID: &w.P1.Membership}, opportunities.NewOpportunity{Name: "x", OwnerMemberID: &random},
		},
	} {
		_, err := w.s.Create(t.Context(), c.actor, c.others)
		_, strange := w.s.Create(t.Context(), c.actor, c.none_)
		require.Equal(t, operational.KindInvalid, kind(err), name)
		require.Equal(t, withoutValues(t, strange), withoutValues(t, err), "%s: another's record and none at all are told apart", name)
	}
	for name, in := range map[string]opportunities.NewOpportunity{
		"account of a vendor":        with(func(in *opportunities.NewOpportunity) { in.VendorAccountID = ptr(w.account["A"].ID) }),
		"region beside a connection": with(func(in *opportunities.NewOpportunity) { in.Region = "East" }),
		"no name":                    with(func(in *opportunities.NewOpportunity) { in.Name = " " }),
		"amount below zero":          with(func(in *opportunities.NewOpportunity) { in.VendorNet = ptr(usd("-1")) }),
		"another currency": with(func(in *opportunities.NewOpportunity) {
			in.VendorNet = &operational.Money{Currency: "EUR"}
			in.Lines = line(w.gtx["A"].ID)
		}),
		"no quantity": with(func(in *opportunities.NewOpportunity) { in.Lines = []opportunities.NewLine{{ProductID: w.gtx["A"].ID}} }),
		"future":      with(func(in *opportunities.NewOpportunity) { in.EffectiveAt = ptr(w.clock.read().Add(time.Hour)) }),
		"absurd past": with(func(in *opportunities.NewOpportunity) { in.EffectiveAt = &time.Time{} }),
	} {
		_, err := w.s.Create(t.Context(), w.P1, in)
		require.Equal(t, operational.KindInvalid, kind(err), name)
	}
	var rows int
	require.NoError(t, w.db.Owner(t).QueryRow(t.Context(), `select (select count(*) from crm.opportunity) + (select count(*) from crm.opportunity_line) + (select count(*) from crm.outbox where event_type like 'opportunity%')`).Scan(&rows))
	require.Zero(t, rows, "nothing half done")
}

func withoutValues(t *testing.T, err error) []operational.FieldFault {
	t.Helper()
	var fault *operational.Error
	require.ErrorAs(t, err, &fault)
	for i := range fault.Fields {
		fault.Fields[i].Value = nil
	}
	return fault.Fields
}

func TestEndedConnectionsAreFrozen(t *testing.T) {
	w := newWorld(t)
	o := w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "x"})
	_, err := w.db.Owner(t).Exec(t.Context(), `update crm.connection set status = 'ended', ended_at = now() where id = $1`, w.AP1)
	require.NoError(t, err)
	for _, actor := range []operational.Actor{w.A, w.P1} {
		_, err = w.s.Get(t.Context(), actor, o.ID)
		require.NoError(t, err)
		_, err = w.s.Create(t.Context(), actor, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "x"})
		require.Equal(t, operational.KindConflict, kind(err))
		_, err = w.s.Update(t.Context(), actor, o.ID, 1, opportunities.Update{Name: operational.Set("y")})
		require.Equal(t, operational.KindConflict, kind(err))
	}
}
