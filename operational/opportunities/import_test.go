package opportunities_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

func (w *world) bring(actor operational.Actor, wanted ...opportunities.Imported) (counts opportunities.Counts, err error) {
	err = w.db.Jobs.InTx(w.t.Context(), actor.As(actor.Org, actor.Side, "import"), func(tx *postgres.Tx) (err error) {
		counts, err = opportunities.New(w.db.Jobs).Import(w.t.Context(), tx, wanted)
		return err
	})
	return counts, err
}

// brought gives the opportunity that an import made under a reference.
func (w *world) brought(ref string) opportunities.Opportunity {
	w.t.Helper()
	var id uuid.UUID
	require.NoError(w.t, w.db.Owner(w.t).QueryRow(w.t.Context(), `select id from crm.opportunity where external_ref = $1`, ref).Scan(&id))
	o, err := w.s.Get(w.t.Context(), w.A, id)
	require.NoError(w.t, err)
	return o
}

func day(text string) time.Time {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return at
}

func (w *world) deal(ref string, states ...opportunities.ImportedState) opportunities.Imported {
	return opportunities.Imported{
		ExternalRef: ref, ConnectionID: &w.AP1, Name: "Deal " + ref, CustomerName: "Acme", VendorAccountID: ptr(w.account["A"].ID), OwnerContactID: &w.ContactAP1,
		ProcessID: w.process["A"].ID, AmountSource: opportunities.AmountImported, Currency: "USD", Region: "Central", Tier: "gold",
		Lines:  []opportunities.ImportedLine{{ProductID: w.gtx["A"].ID, Quantity: decimal.NewFromInt(1), UnitPrice: decimal.NewFromInt(1054)}},
		States: states,
	}
}

func (w *world) at(kind opportunities.ChangeKind, on, stage string, amount int64) opportunities.ImportedState {
	return opportunities.ImportedState{EffectiveAt: day(on), Kind: kind, StageID: w.stage("A", stage), Amount: decimal.NewFromInt(amount)}
}

func TestImportKeepsWhatTheSourceKnew(t *testing.T) {
	w := newWorld(t)
	won := w.deal("1C1I7A6R", w.at("created", "2016-10-20", "Engaging", 1054), w.at("stage_moved", "2017-03-01", "Won", 1054))
	open := w.deal("open", w.at("created", "2017-01-01", "Engaging", 4821))
	open.AmountSource = opportunities.AmountListPrice
	direct := w.deal("1C1I7A6R", w.at("created", "2017-01-01", "Prospecting", 1))
	direct.ConnectionID, direct.OwnerContactID = nil, nil
	counts, err := w.bring(w.A, won, open, direct)
	require.NoError(t, err, "one reference may be there once in each connection")
	require.Equal(t, opportunities.Counts{Created: 3}, plain(counts))

	var id uuid.UUID
	require.NoError(t, w.db.Owner(t).QueryRow(t.Context(), `select id from crm.opportunity where external_ref = $1 and connection_id = $2`, "1C1I7A6R", w.AP1).Scan(&id))
	o, err := w.s.Get(t.Context(), w.P1, id)
	require.NoError(t, err)
	require.Equal(t, "OPP-1", o.Number)
	require.EqualValues(t, 2, o.Version)
	require.True(t, o.CreatedAt.Equal(day("2016-10-20")))
	require.True(t, o.ClosedAt.Equal(day("2017-03-01")))
	require.Equal(t, "1054.00 USD", o.VendorNet.String())
	require.Equal(t, "Won", o.Stage.Name)
	require.Equal(t, "Central", o.Region)
	require.Len(t, o.Lines, 1)
	changes := w.history(w.P1, o)
	require.Equal(t, []opportunities.ChangeKind{"created", "stage_moved"}, kinds(changes))
	require.Equal(t, []string{"system", "system"}, sides(changes))
	require.True(t, changes[1].Imported)
	require.True(t, changes[1].RecordedAt.Equal(day("2017-03-01")), "the source knew it then")

	counts, err = w.bring(w.A, won, open, direct)
	require.NoError(t, err)
	require.Equal(t, opportunities.Counts{Unchanged: 3}, plain(counts))
	require.Equal(t, "OPP-2", w.brought("open").Number)
	next := w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "after"})
	require.Equal(t, "OPP-3", next.Number)
}

func TestImportAddsWhatTheSourceLearned(t *testing.T) {
	w := newWorld(t)
	engaged := w.at("created", "2017-01-01", "Engaging", 100)
	_, err := w.bring(w.A, w.deal("x", engaged), w.deal("y", engaged))
	require.NoError(t, err)

	// The deal went on, over several states; the other one did not.
	counts, err := w.bring(w.A, w.deal("x", engaged, w.at("edited", "2017-02-01", "Engaging", 120), w.at("stage_moved", "2017-03-01", "Won", 130)), w.deal("y", engaged))
	require.NoError(t, err)
	require.Equal(t, opportunities.Counts{Changed: 1, Unchanged: 1}, plain(counts))
	o := w.brought("x")
	require.EqualValues(t, 3, o.Version)
	require.Equal(t, "130.00 USD", o.VendorNet.String())
	changes := w.history(w.A, o)
	require.True(t, changes[2].RecordedAt.Equal(day("2017-03-01")))

	// The source corrects the amount of a moment that it had told before: recorded now, true since then.
	before := w.clock.pass(time.Hour)
	_, err = w.bring(w.A, w.deal("x", engaged, w.at("edited", "2017-02-01", "Engaging", 120), w.at("stage_moved", "2017-03-01", "Won", 131)))
	require.NoError(t, err)
	o = w.brought("x")
	require.Equal(t, "131.00 USD", o.VendorNet.String())
	changes = w.history(w.A, o)
	require.Len(t, changes, 4)
	require.True(t, changes[3].EffectiveAt.Equal(day("2017-03-01")))
	require.True(t, changes[3].RecordedAt.Equal(before), "nobody knew it earlier")

	// The source takes the win back.
	_, err = w.bring(w.A, w.deal("x", engaged))
	require.NoError(t, err)
	o = w.brought("x")
	require.Equal(t, "Engaging", o.Stage.Name)
	require.Nil(t, o.ClosedAt)
	w.history(w.A, o)

	// Only a name is new.
	renamed := w.deal("x", engaged)
	renamed.Name, renamed.Lines = "Another name", nil
	counts, err = w.bring(w.A, renamed)
	require.NoError(t, err)
	require.Equal(t, opportunities.Counts{Changed: 1}, plain(counts))
	o = w.brought("x")
	require.Equal(t, "Another name", o.Name)
	require.Empty(t, o.Lines)
	require.Equal(t, "edited", string(w.history(w.A, o)[o.Version-1].Kind))
	counts, err = w.bring(w.A, renamed)
	require.NoError(t, err)
	require.Equal(t, opportunities.Counts{Unchanged: 1}, plain(counts))
}

func TestImportLeavesLaterChangesOfPeopleAlone(t *testing.T) {
	w := newWorld(t)
	engaged := w.at("created", "2017-01-01", "Engaging", 100)
	_, err := w.bring(w.A, w.deal("x", engaged))
	require.NoError(t, err)
	o := w.move(w.P1, w.brought("x"), "Negotiating")
	counts, err := w.bring(w.A, w.deal("x", engaged))
	require.NoError(t, err)
	require.Equal(t, opportunities.Counts{Unchanged: 1}, plain(counts))

	renamed := w.deal("x", engaged)
	renamed.Name = "Another name"
	for range 2 {
		renamed.CustomerName += "!"
		_, err = w.bring(w.A, renamed)
		require.NoError(t, err)
		now := w.brought("x")
		require.Equal(t, "Another name", now.Name)
		require.Equal(t, o.Stage, now.Stage, "the source does not know of the move, which came later")
		w.history(w.A, now)
	}
	late := w.deal("x", engaged, opportunities.ImportedState{EffectiveAt: w.clock.pass(time.Hour), Kind: "stage_moved", StageID: w.stage("A", "Lost"), Amount: decimal.Zero})
	_, err = w.bring(w.A, late)
	require.NoError(t, err)
	now := w.brought("x")
	require.Equal(t, "Lost", now.Stage.Name, "what came later still is the truth")
	w.history(w.A, now)
}

func TestImportIsAllOrNothing(t *testing.T) {
	w := newWorld(t)
	good := w.at("created", "2017-01-01", "Engaging", 100)
	future := good
	future.EffectiveAt = w.clock.read().Add(time.Hour)
	with := func(change func(*opportunities.Imported)) opportunities.Imported {
		in := w.deal("bad", good)
		change(&in)
		return in
	}
	for name, bad := range map[string]opportunities.Imported{
		"no states":          w.deal("bad"),
		"future":             w.deal("bad", future),
		"out of order":       w.deal("bad", good, w.at("edited", "2016-01-01", "Engaging", 1)),
		"another's stage":    w.deal("bad", opportunities.ImportedState{EffectiveAt: day("2017-01-01"), Kind: "created", StageID: w.stage("B", "Won")}),
		"another's link":     with(func(in *opportunities.Imported) { in.ConnectionID = &w.BP1 }),
		"no such connection": with(func(in *opportunities.Imported) { in.ConnectionID = ptr(uuid.New()) }),
		"another's account":  with(func(in *opportunities.Imported) { in.VendorAccountID = ptr(w.account["P1"].ID) }),
		"another's owner":    with(func(in *opportunities.Imported) { in.OwnerContactID = &w.ContactAP2 }),
		"another's product":  with(func(in *opportunities.Imported) { in.Lines[0].ProductID = w.gtx["B"].ID }),
		"no name":            with(func(in *opportunities.Imported) { in.Name = "" }),
		"twice":              with(func(in *opportunities.Imported) { in.ExternalRef = "good" }),
	} {
		_, err := w.bring(w.A, w.deal("good", good), bad)
		require.Equal(t, operational.KindInvalid, kind(err), "%s: %v", name, err)
	}
	_, err := w.bring(w.A, with(func(in *opportunities.Imported) { in.ProcessID = w.process["B"].ID }))
	require.Equal(t, operational.KindNotFound, kind(err))
	_, err = w.bring(w.P1, w.deal("good", good))
	require.Equal(t, operational.KindForbidden, kind(err))
	var rows int
	require.NoError(t, w.db.Owner(t).QueryRow(t.Context(), `select count(*) from crm.opportunity`).Scan(&rows))
	require.Zero(t, rows)
}

// many is an export like the public one: thousands of deals, most of them closed.
func (w *world) many(n int) []opportunities.Imported {
	var all []opportunities.Imported
	for i := range n {
		states := []opportunities.ImportedState{w.at("created", "2016-10-20", "Engaging", int64(i))}
		if i%3 > 0 {
			states = append(states, w.at("stage_moved", "2017-03-01", []string{"Won", "Lost"}[i%2], int64(i)))
		}
		in := w.deal(fmt.Sprintf("ref-%d", i), states...)
		if i%2 == 0 {
			in.ConnectionID, in.OwnerContactID = &w.AP2, &w.ContactAP2
		}
		all = append(all, in)
	}
	return all
}

// plain are the counts without where they are.
func plain(c opportunities.Counts) opportunities.Counts {
	c.Touched = nil
	return c
}
